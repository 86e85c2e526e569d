/** Starts a container, by request or by itself, and takes over what becomes of its task. */

import { hasCode, SupercargoError } from "../errors/error.ts";
import type { Container } from "../model/container.ts";
import { toRunning, toStopped } from "../model/state.ts";
import type { Context } from "./context.ts";
import { withoutEndNote } from "./end-note.ts";
import { type Entry, type Run, withValue } from "./entry.ts";
import { HEALTH_VALUE } from "./health-state.ts";
import { RESTART_VALUE } from "./restarter.ts";
import { type Launched, LaunchFailure, launch, runtimeOf } from "./task-launch.ts";
import type { TaskEnd } from "./task-watch.ts";
import { applyTerminalSize } from "./terminal.ts";

/** Called once when the task of this run has ended, outside any job. */
export type EndHandler = (entry: Entry, run: Run, end: TaskEnd) => void;

export class Starter {
  constructor(
    private readonly ctx: Context,
    private readonly onEnd: EndHandler,
  ) {}

  /**
   * Makes the entry run; inside a job of its id. On failure the state says why: `Stopped` with the engine's text, or the old
   * status with the reason when it never came to a task (spec/engine.md §6). Throws what went wrong.
   */
  async start(entry: Entry): Promise<void> {
    const beginMs = this.ctx.parts.clock.nowMs();
    let launched: Launched;
    try {
      launched = await launch(this.ctx, entry);
    } catch (thrown) {
      if (thrown instanceof LaunchFailure) this.#noteFailure(entry, thrown);
      throw thrown instanceof LaunchFailure ? thrown.error : thrown;
    }
    this.follow(entry, launched.run);
    const runs = this.#runningContainer(entry.container, launched);
    this.ctx.roster.fact(entry, {
      container: runs,
      additions: additionsOf(entry, launched),
      action: "running",
    });
    for (const warning of launched.warnings) {
      this.ctx.parts.log.warn(warning, { container: entry.id });
    }
    this.ctx.parts.log.debug("container started", {
      container: entry.id,
      pid: launched.pid,
      tookMs: Math.round(this.ctx.parts.clock.nowMs() - beginMs),
      ...launched.laps,
    });
  }

  /** Takes over a run: output to those who wait for it, its end to the handler. */
  follow(entry: Entry, run: Run): void {
    entry.run = run;
    entry.offerOutput(run.output);
    entry.nextOutput = undefined;
    void applyTerminalSize(this.ctx, entry);
    void run.watch.ended.then((end) => this.onEnd(entry, run, end));
  }

  #runningContainer(container: Container, launched: Launched): Container {
    const { attachment, pid } = launched;
    const runtime = runtimeOf(container, this.ctx.parts.options.runtime);
    return {
      ...container,
      hostConfig: { ...container.hostConfig, runtime },
      hostName: attachment.hostName,
      hostsPath: attachment.files.hosts,
      hostnamePath: attachment.files.hostname,
      resolvConfPath: attachment.files.resolvConf,
      networkSettings: attachment.settings,
      startedSuccessfullyBefore: true,
      state: toRunning(container.state, pid, this.ctx.parts.clock.stamp()),
    };
  }

  #noteFailure(entry: Entry, failure: LaunchFailure): void {
    const error = failure.error.message;
    const { container } = entry;
    const stays = failure.stage === "before-task" || hasCode(failure.error, "SC_ENGINE_UNAVAILABLE");
    if (stays) {
      // It is what it was, and did not start: who follows the changes hears why.
      this.ctx.roster.fact(entry, {
        container: { ...container, state: { ...container.state, error } },
        action: "stopped",
      });
      return;
    }
    const stamp = this.ctx.parts.clock.stamp();
    this.ctx.roster.fact(entry, {
      container: withoutNetwork({
        ...container,
        state: toStopped(container.state, { exitCode: 0, error, stamp }),
      }),
      action: "stopped",
    });
  }
}

function additionsOf(entry: Entry, launched: Launched) {
  const { published } = launched.attachment;
  const restarted = withoutEndNote(withValue(entry.additions, RESTART_VALUE, undefined));
  const unprobed = withValue(restarted, HEALTH_VALUE, undefined);
  return withValue(unprobed, "published", published.length === 0 ? undefined : published);
}

/** As stored when nothing runs: no addresses, the paths stay (spec/grpc-api.md §13.7). */
export function withoutNetwork(container: Container): Container {
  const { networkSettings: _, ...rest } = container;
  return rest;
}

/** Refuses what the peer refuses, with its texts. */
export function checkStartable(container: Container): void {
  const { id, state } = container;
  const refuse = (text: string) =>
    new SupercargoError("SC_CONTAINER_STATE", text, { fields: { container: id, status: state.status } });
  if (state.status === "Paused") {
    throw refuse(`the container with id = ${id} is paused - cannot start it - try unpausing it instead`);
  }
  if (state.status === "Running") throw refuse(`the container with id = ${id} is already running`);
  if (state.status === "Dead") throw refuse(`the container with id = ${id} is dead - cannot start it`);
}
