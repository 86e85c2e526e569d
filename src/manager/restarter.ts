/**
 * Starts containers again that ended: when and whether is decided in model/restart.ts, here it is waited and done.
 * Invariants: at most one restart of a container is planned; who starts, stops or removes it cancels the plan; a start that
 * fails is planned again with a longer wait, and reason and next try can be seen; while the engine is away no try is counted.
 */

import { describeError } from "../errors/error.ts";
import { decideRestart } from "../model/restart.ts";
import type { Context } from "./context.ts";
import { type Entry, type PendingRestart, withValue } from "./entry.ts";

/** Name in the additions of what waits: `{reason, waitMs, since, attempt}`. There as long as the restart is due. */
export const RESTART_VALUE = "restart";

export interface EndedRun {
  readonly exitCode: number;
  readonly runMs: number;
  /** The start itself failed. */
  readonly startFailed?: boolean;
  /** Why, in words, for people. */
  readonly reason: string;
}

export class Restarter {
  #isResting = false;

  constructor(
    private readonly ctx: Context,
    /** Starts the entry; runs inside a job of its id; failures are its own business. */
    private readonly start: (entry: Entry) => Promise<void>,
  ) {}

  /** Decides what follows the end of a container and plans it. Inside a job of its id. */
  consider(entry: Entry, ended: EndedRun): void {
    this.cancel(entry);
    if (this.#isResting) return;
    const { container } = entry;
    const decision = decideRestart({
      policy: container.hostConfig.restartPolicy,
      exitCode: ended.exitCode,
      ...(ended.startFailed === undefined ? {} : { startFailed: ended.startFailed }),
      restartCount: container.restartCount,
      manuallyStopped: container.manuallyStopped,
      runMs: ended.runMs,
      previousWaitMs: entry.previousWaitMs,
    });
    if (decision.kind === "none") {
      if (entry.additions.values[RESTART_VALUE] !== undefined) {
        this.ctx.roster.fact(entry, { additions: withValue(entry.additions, RESTART_VALUE, undefined) });
      }
      return;
    }
    this.#plan(entry, decision.waitMs, ended.reason, true);
  }

  /** Starts it in its turn, without a wait and without counting (daemon start, end of an outage). */
  soon(entry: Entry, reason: string): void {
    this.cancel(entry);
    this.#plan(entry, 0, reason, false);
  }

  /** The same wait again, not counted: the engine was away. */
  again(entry: Entry, reason: string): void {
    this.cancel(entry);
    this.#plan(entry, entry.previousWaitMs ?? 1000, reason, false);
  }

  cancel(entry: Entry): void {
    entry.restart?.timer?.cancel();
    entry.restart = undefined;
  }

  /** After an outage: what would still wait is tried at once. */
  hurry(): void {
    for (const entry of this.ctx.roster.entries()) {
      const pending = entry.restart;
      if (pending?.timer === undefined) continue;
      pending.timer.cancel();
      this.#due(entry, pending);
    }
  }

  /** Nothing is started again from now on; the next daemon decides anew about what has ended. */
  close(): void {
    this.#isResting = true;
    for (const entry of this.ctx.roster.entries()) this.cancel(entry);
  }

  #plan(entry: Entry, waitMs: number, reason: string, isCounted: boolean): void {
    if (this.#isResting) return;
    const { clock, log } = this.ctx.parts;
    const pending: PendingRestart = { waitMs, dueAtMs: clock.nowMs() + waitMs, reason, timer: undefined };
    entry.restart = pending;
    const restartCount = entry.container.restartCount + (isCounted ? 1 : 0);
    if (isCounted) {
      const note = { reason, waitMs, since: clock.stamp(), attempt: restartCount };
      this.ctx.roster.fact(entry, {
        container: { ...entry.container, restartCount },
        additions: withValue(entry.additions, RESTART_VALUE, note),
      });
      log.info("container will be started again", {
        container: entry.id,
        reason,
        inMs: waitMs,
        restartCount,
      });
    }
    pending.timer = clock.after(waitMs, () => this.#due(entry, pending));
  }

  #due(entry: Entry, pending: PendingRestart): void {
    pending.timer = undefined;
    this.ctx.work.background(
      `restart of container ${entry.id}`,
      this.ctx.work.follow(entry.id, async () => {
        if (entry.restart !== pending) return;
        entry.restart = undefined;
        entry.previousWaitMs = pending.waitMs;
        await this.start(entry);
      }),
    );
  }
}

/** In a line: why it ended. */
export function endReason(exitCode: number, error: string): string {
  return error === "" ? `ended with exit code ${exitCode}` : error;
}

export function startFailureReason(thrown: unknown): string {
  return `could not be started: ${describeError(thrown)}`;
}
