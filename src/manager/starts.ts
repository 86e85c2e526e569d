/** Starts that somebody asked for, and starts that the restart policy asks for; what follows when one fails. */

import { isKind } from "../errors/error.ts";
import type { Context } from "./context.ts";
import { type Entry, withValue } from "./entry.ts";
import { repairFileSystem } from "./file-system-repair.ts";
import { RESTART_VALUE, type Restarter, startFailureReason } from "./restarter.ts";
import { checkStartable, type Starter } from "./starter.ts";

export class Starts {
  constructor(
    private readonly ctx: Context,
    private readonly starter: Starter,
    private readonly restarter: Restarter,
  ) {}

  /**
   * A request; inside a job of the id. Throws what the start throws.
   * @param ranBefore it ran until now: when it does not start, its restart policy goes on trying
   */
  async asked(entry: Entry, ranBefore = false): Promise<void> {
    checkStartable(entry.container);
    const hadRestart = ranBefore || entry.restart !== undefined;
    this.restarter.cancel(entry);
    entry.previousWaitMs = undefined;
    this.#noteWanted(entry);
    try {
      await this.starter.start(entry);
    } catch (thrown) {
      // A request that fails must not end the tries that were already due without it.
      if (hadRestart) this.#again(entry, thrown);
      throw thrown;
    }
  }

  /** Inside a job of the id. Never throws: a failure is planned again. */
  async byItself(entry: Entry): Promise<void> {
    const { engine } = this.ctx.parts;
    if (entry.run !== undefined || entry.blocked !== undefined) return;
    if (engine.connection === "away") {
      this.restarter.again(entry, "the engine is away");
      return;
    }
    try {
      await repairFileSystem(this.ctx, entry);
      await this.starter.start(entry);
    } catch (thrown) {
      this.#again(entry, thrown);
    }
  }

  /** Saved before anything is done: after a power cut the request holds. */
  #noteWanted(entry: Entry): void {
    const { container, additions } = entry;
    const isNoted = !container.manuallyStopped && container.restartCount === 0;
    if (isNoted && additions.values[RESTART_VALUE] === undefined) return;
    this.ctx.roster.wish(entry, {
      container: { ...container, manuallyStopped: false, restartCount: 0 },
      additions: withValue(additions, RESTART_VALUE, undefined),
    });
  }

  /** After a start that failed, as the restart policy says. */
  #again(entry: Entry, thrown: unknown): void {
    const reason = startFailureReason(thrown);
    const { exitCode } = entry.container.state;
    if (isKind(thrown, "unavailable")) this.restarter.again(entry, reason);
    else this.restarter.consider(entry, { exitCode, runMs: 0, startFailed: true, reason });
  }
}
