/** What the restart policy says about a container when the daemon starts (spec/engine.md §12, last column). */

import { shouldStartWithDaemon } from "../model/restart.ts";
import type { Adopted } from "./adopt.ts";
import type { Context } from "./context.ts";
import { wasEndedWithDaemon } from "./end-note.ts";
import type { Endings } from "./ending.ts";
import type { Entry } from "./entry.ts";
import { RESTART_VALUE, type Restarter } from "./restarter.ts";

export class StartPolicy {
  constructor(
    private readonly ctx: Context,
    private readonly endings: Endings,
    private readonly restarter: Restarter,
  ) {}

  /** One that ended while nobody looked is treated as if somebody had; one that is down is started if it is meant to run. */
  apply(entry: Entry, adopted: Adopted): void {
    if (adopted.kind === "running" || entry.run !== undefined) return;
    if (adopted.kind === "ended") {
      this.endings.follow(entry, adopted.facts);
      return;
    }
    if (!isWanted(entry, adopted.kind === "lost")) return;
    const { container } = entry;
    if (container.restartCount > 0 || container.manuallyStopped) {
      // The daemon's start ends a user's stop of `always`: from now on it is kept running like any other.
      this.ctx.roster.fact(entry, { container: { ...container, restartCount: 0, manuallyStopped: false } });
    }
    this.restarter.soon(entry, "the daemon starts");
  }
}

function isWanted(entry: Entry, wasLost: boolean): boolean {
  const { container, additions } = entry;
  return shouldStartWithDaemon({
    policy: container.hostConfig.restartPolicy,
    status: container.state.status,
    exitCode: container.state.exitCode,
    restartCount: container.restartCount,
    manuallyStopped: container.manuallyStopped,
    startedSuccessfullyBefore: container.startedSuccessfullyBefore,
    wasCutOff: wasLost || wasEndedWithDaemon(additions),
    isRestartDue: additions.values[RESTART_VALUE] !== undefined,
  });
}
