/**
 * What an unhealthy container gets: within a probation its predecessor comes back; with `restart` it is stopped and its
 * restart policy starts it again. One that the policy would not start again goes on: unhealthy is better than gone.
 */

import type { HealthReport } from "../model/health.ts";
import { decideRestart } from "../model/restart.ts";
import { toExited } from "../model/state.ts";
import type { Context } from "./context.ts";
import { haltOptions } from "./ending.ts";
import type { Entry, Run } from "./entry.ts";
import type { Restarter } from "./restarter.ts";
import { withoutNetwork } from "./starter.ts";
import { clearEnded, factsOf } from "./task-end.ts";
import { halt } from "./task-halt.ts";

/** As a user's stop without options, forced: a container that hangs ignores signals. */
const STOP = { timeoutSeconds: 0, force: true, signal: "" };

export interface UnhealthyNews {
  readonly report: HealthReport;
  /** It became unhealthy just now. */
  readonly isNews: boolean;
  /** It was healthy in this run. */
  readonly wasHealthy: boolean;
}

export class Unhealthy {
  constructor(
    private readonly ctx: Context,
    private readonly restarter: Restarter,
  ) {}

  /** Inside a job of the id. */
  async follow(entry: Entry, run: Run, { report, isNews, wasHealthy }: UnhealthyNews): Promise<void> {
    const reason = `unhealthy: ${report.lastProbe?.output ?? "its probes fail"}`;
    if (entry.blocked !== undefined) return;
    const { probation } = entry;
    if (probation !== undefined && !probation.isOver) {
      probation.fail(`it became ${reason}`);
      entry.blocked = "its predecessor comes back";
      return;
    }
    if (entry.container.extras?.healthcheck?.onUnhealthy !== "restart") return;
    if (!this.#wouldStartAgain(entry)) {
      if (isNews) {
        this.ctx.parts.log.warn("unhealthy container is not stopped: its restart policy would not start it", {
          container: entry.id,
          policy: entry.container.hostConfig.restartPolicy.type,
        });
      }
      return;
    }
    await this.#restart(entry, run, reason, wasHealthy);
  }

  #wouldStartAgain({ container }: Entry): boolean {
    const decision = decideRestart({
      policy: container.hostConfig.restartPolicy,
      exitCode: 1,
      startFailed: true,
      restartCount: container.restartCount,
      manuallyStopped: false,
      runMs: 0,
    });
    return decision.kind === "after";
  }

  async #restart(entry: Entry, run: Run, reason: string, wasHealthy: boolean): Promise<void> {
    const { ctx } = this;
    ctx.parts.log.warn("unhealthy container is stopped to be started again", { container: entry.id, reason });
    const end = await halt(ctx, entry.id, run, haltOptions(ctx, STOP));
    const facts = factsOf(ctx, entry.id, run, end);
    const { container } = entry;
    const exited = withoutNetwork({
      ...container,
      state: toExited(container.state, { ...facts, error: reason }),
    });
    ctx.roster.foretell(entry, exited);
    await clearEnded(ctx, entry, run);
    ctx.roster.fact(entry, { container: exited, action: "exited" });
    // A run without health counts for nothing: the next one is waited for longer and longer.
    const runMs = wasHealthy ? facts.runMs : 0;
    this.restarter.consider(entry, { exitCode: facts.exitCode, runMs, startFailed: true, reason });
  }
}
