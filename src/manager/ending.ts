/** Ways in which a running container ends: by itself, by a stop, by the daemon's own end. */

import { SupercargoError } from "../errors/error.ts";
import type { StopOptions } from "../model/container.ts";
import { isActive, OOM_ERROR, toExited, toStopped } from "../model/state.ts";
import { SIGTERM, signalNumber, stopOptionsFault, stopOptionsWithDefaults } from "../model/stop-options.ts";
import type { Additions } from "../store/store.ts";
import type { Context } from "./context.ts";
import { endedWithDaemon } from "./end-note.ts";
import { type Entry, type Run, withValue } from "./entry.ts";
import { endReason, RESTART_VALUE, type Restarter } from "./restarter.ts";
import { withoutNetwork } from "./starter.ts";
import { clearEnded, type EndFacts, factsOf, wasOomKilled } from "./task-end.ts";
import { type HaltOptions, halt } from "./task-halt.ts";
import type { TaskEnd } from "./task-watch.ts";

/** Stop options checked and filled. SC_CONTAINER_INVALID with the peer's text. */
export function haltOptions(ctx: Context, options: StopOptions): HaltOptions {
  const fault = stopOptionsFault(options);
  if (fault !== undefined) throw new SupercargoError("SC_CONTAINER_INVALID", fault);
  const filled = stopOptionsWithDefaults(options, ctx.parts.options.defaultStopTimeoutMs / 1000);
  return {
    signalNumber: signalNumber(filled.signal) ?? SIGTERM,
    timeoutMs: filled.timeoutSeconds * 1000,
    force: filled.force,
  };
}

/** No restart is due any more. */
export function withoutRestart(additions: Additions): Additions {
  return withValue(additions, RESTART_VALUE, undefined);
}

export class Endings {
  #isEndingAll = false;

  constructor(
    private readonly ctx: Context,
    private readonly restarter: Restarter,
  ) {}

  /** From now on every end is the daemon's doing: it ends, and all containers with it. */
  endAll(): void {
    this.#isEndingAll = true;
  }

  /** The end of a task that nobody asked for; told by the watch. A stop that was faster has handled it already. */
  onEnd(entry: Entry, run: Run, end: TaskEnd): void {
    this.ctx.work.background(
      `end of container ${entry.id}`,
      this.ctx.work.follow(entry.id, async () => {
        if (entry.run === run) await this.handleExit(entry, run, end);
      }),
    );
  }

  /** Inside a job of its id: state, news, then probation or restart policy. */
  async handleExit(entry: Entry, run: Run, end: TaskEnd): Promise<void> {
    const facts = factsOf(this.ctx, entry.id, run, end);
    const { container } = entry;
    const exited = withoutNetwork({ ...container, state: toExited(container.state, facts) });
    // What ends while the daemon ends all (the system sends its own signals too) is cut off, whatever its code says.
    const additions = this.#isEndingAll ? endedWithDaemon(entry.additions) : entry.additions;
    this.ctx.roster.foretell(entry, exited, additions);
    await clearEnded(this.ctx, entry, run);
    // The notice that memory ran out comes on another way than the end, and can be later by a moment.
    const known = { ...facts, oomKilled: wasOomKilled(run, facts.exitCode) };
    const told = { ...exited, state: toExited(container.state, known) };
    this.ctx.roster.fact(entry, { container: told, additions, action: "exited" });
    this.follow(entry, known);
  }

  /** What an exit leads to. */
  follow(entry: Entry, facts: EndFacts): void {
    const error = facts.oomKilled && facts.error === "" ? OOM_ERROR : facts.error;
    const { probation } = entry;
    if (probation !== undefined) {
      const goesBack = probation.ended(facts.exitCode, error);
      if (goesBack) {
        entry.blocked = "its predecessor comes back";
        return;
      }
    }
    const reason = endReason(facts.exitCode, error);
    this.restarter.consider(entry, { exitCode: facts.exitCode, runMs: facts.runMs, reason });
  }

  /** A user's stop: it holds until somebody starts the container again. */
  async stop(entry: Entry, options: StopOptions): Promise<void> {
    const { roster } = this.ctx;
    const how = haltOptions(this.ctx, options);
    const { status } = entry.container.state;
    if (entry.run === undefined || !isActive(status)) {
      this.#stopWaiting(entry);
      return;
    }
    roster.wish(entry, { container: { ...entry.container, manuallyStopped: true } });
    try {
      await this.halt(entry, entry.run, how);
    } catch (thrown) {
      // As the peer: the stop did not happen, so nothing is held down by it.
      roster.fact(entry, { container: { ...entry.container, manuallyStopped: false } });
      throw thrown;
    }
    entry.probation?.takenOver("stopped by a request");
  }

  /**
   * Stops the task and notes `Stopped`; who restarts what is up to the caller.
   * @param additions noted together with the end; by default no restart is due any more
   * @param isTold false for who tells what becomes of it himself
   */
  async halt(
    entry: Entry,
    run: Run,
    how: HaltOptions,
    additions: Additions = withoutRestart(entry.additions),
    isTold = true,
  ): Promise<void> {
    const end = await halt(this.ctx, entry.id, run, how);
    const facts = factsOf(this.ctx, entry.id, run, end);
    const { container } = entry;
    const stopped = withoutNetwork({ ...container, state: toStopped(container.state, facts) });
    this.ctx.roster.foretell(entry, stopped, additions);
    await clearEnded(this.ctx, entry, run);
    const action = "stopped";
    this.ctx.roster.fact(entry, { container: stopped, additions, ...(isTold ? { action } : {}) });
  }

  /** A container that ended and waits for its restart can be stopped too; the peer has no way to end a crash loop. */
  #stopWaiting(entry: Entry): void {
    const { container } = entry;
    if (entry.restart === undefined) {
      throw new SupercargoError(
        "SC_CONTAINER_STATE",
        `cannot perform stop operation for container: ${entry.id}, with state: ${container.state.status}`,
        { fields: { container: entry.id, status: container.state.status } },
      );
    }
    this.restarter.cancel(entry);
    entry.previousWaitMs = undefined;
    this.ctx.roster.wish(entry, {
      container: {
        ...container,
        manuallyStopped: true,
        state: { ...container.state, status: "Stopped" },
      },
      additions: withoutRestart(entry.additions),
      action: "stopped",
    });
  }
}
