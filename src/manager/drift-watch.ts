/**
 * Looks at the engine now and then for what other hands took away from our containers without any event that would tell:
 * the record of a task that goes on is put back; a file system that is gone is told until it is there again (a running
 * container keeps what it has mounted, so nothing is restarted for it).
 */

import type { Timer } from "../base/clock.ts";
import type { EngineInventory } from "../engine/engine.ts";
import { describeError } from "../errors/error.ts";
import type { Context } from "./context.ts";
import { type Entry, snapshotKey } from "./entry.ts";
import { runtimeOf } from "./task-launch.ts";

/** Reliability R24: drift is repaired or told within ten seconds. */
const LOOK_EVERY_MS = 5_000;
/** A look on an engine that does not answer is given up; the next one comes in its turn. */
const LOOK_LIMIT_MS = 4_000;

export class DriftWatch {
  #timer: Timer | undefined;
  #isOpen = false;

  constructor(private readonly ctx: Context) {}

  open(): void {
    this.#isOpen = true;
    this.#plan();
  }

  close(): void {
    this.#isOpen = false;
    this.#timer?.cancel();
  }

  #plan(): void {
    this.#timer = this.ctx.parts.clock.after(LOOK_EVERY_MS, () => {
      this.ctx.work.background(
        "a look for what others changed",
        this.#look().finally(() => {
          if (this.#isOpen) this.#plan();
        }),
      );
    });
  }

  async #look(): Promise<void> {
    const { engine, log } = this.ctx.parts;
    if (engine.connection === "away" || this.ctx.roster.entries().length === 0) return;
    const limit = new AbortController();
    const timer = this.ctx.parts.clock.after(LOOK_LIMIT_MS, () =>
      limit.abort(new Error("the engine does not answer")),
    );
    const signal = AbortSignal.any([this.ctx.lifetime, limit.signal]);
    try {
      const seen = await engine.inventory(signal);
      const suspects = this.ctx.roster.entries().filter((entry) => isSuspect(entry, seen));
      await Promise.all(
        suspects.map((entry) => this.ctx.work.follow(entry.id, () => this.#examine(entry, signal))),
      );
    } catch (thrown) {
      if (!this.ctx.lifetime.aborted)
        log.debug("could not look for what others changed", { reason: describeError(thrown) });
    } finally {
      timer.cancel();
    }
  }

  /** Inside a job of its id: now nothing of ours is half done. */
  async #examine(entry: Entry, signal: AbortSignal): Promise<void> {
    const { engine, log, options } = this.ctx.parts;
    if (!this.#isOpen || this.ctx.roster.get(entry.id) !== entry || entry.blocked !== undefined) return;
    const seen = await engine.inventory(signal);
    const { id } = entry;
    const isMissing = lacksFileSystem(entry, seen);
    if (isMissing && !entry.isRobbed)
      log.error("the file system of a container was taken away by somebody else", { container: id });
    entry.isRobbed = isMissing;
    if (!lacksRecord(entry, seen)) return;
    const runtime = runtimeOf(entry.container, options.runtime);
    await engine.restoreRecord(id, { snapshotKey: snapshotKey(id), runtime }, signal);
    log.warn("the record of a running container was taken away by somebody else and is put back", {
      container: id,
    });
  }
}

/** Worth a closer look: what is missing, or was missing when it was looked at last. */
function isSuspect(entry: Entry, seen: EngineInventory): boolean {
  return entry.isRobbed || lacksFileSystem(entry, seen) || lacksRecord(entry, seen);
}

function lacksFileSystem({ id }: Entry, { snapshotKeys }: EngineInventory): boolean {
  return !snapshotKeys.includes(snapshotKey(id));
}

function lacksRecord({ id, run }: Entry, { tasks, records }: EngineInventory): boolean {
  return run !== undefined && !records.includes(id) && tasks.some((task) => task.id === id);
}
