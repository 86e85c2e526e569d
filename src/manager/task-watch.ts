/**
 * Waits for the end of one task and remembers it (spec/engine.md §22.10: the peer loses one exit in ten).
 * Invariants: the wait is asked for before the task is started or killed; the end is a value that everybody can await at any
 * time, as often as wanted; a lost connection only delays it: when the engine is back the task is looked up, then waited for again.
 */

import { type Clock, delay } from "../base/clock.ts";
import { backoffMs } from "../base/retry.ts";
import type { Engine, TaskExit } from "../engine/engine.ts";
import { hasCode } from "../errors/error.ts";

/** `lost`: the engine knows nothing of the task any more and nobody saw how it ended. */
export type TaskEnd = { readonly kind: "exit"; readonly exit: TaskExit } | { readonly kind: "lost" };

const PAUSES = { firstMs: 100, capMs: 5_000, jitter: 0.2 };

export class TaskWatch {
  #end: TaskEnd | undefined;
  readonly #stop = new AbortController();
  /** Never rejects; stays open for ever when the watch is closed first. */
  readonly ended: Promise<TaskEnd>;

  constructor(
    private readonly engine: Engine,
    private readonly clock: Clock,
    private readonly id: string,
  ) {
    this.ended = new Promise((resolve) => {
      void this.#watch().then((end) => {
        if (end === undefined) return;
        this.#end = end;
        resolve(end);
      });
    });
  }

  /** The end, if it is known already. */
  get end(): TaskEnd | undefined {
    return this.#end;
  }

  close(): void {
    this.#stop.abort(new Error("watch closed"));
  }

  async #watch(): Promise<TaskEnd | undefined> {
    const signal = this.#stop.signal;
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt > 1) {
          const known = await this.#lookUp();
          if (known !== undefined) return known;
        }
        return { kind: "exit", exit: await this.engine.waitTask(this.id, signal) };
      } catch (thrown) {
        if (signal.aborted) return undefined;
        if (hasCode(thrown, "SC_ENGINE_NOT_FOUND")) return { kind: "lost" };
      }
      if (!(await this.#pause(attempt))) return undefined;
    }
  }

  /** The end as the engine's list has it; undefined while the task goes on. */
  async #lookUp(): Promise<TaskEnd | undefined> {
    const task = await this.engine.task(this.id, this.#stop.signal);
    if (task === undefined) return { kind: "lost" };
    if (task.status !== "stopped") return undefined;
    return task.exit === undefined ? undefined : { kind: "exit", exit: task.exit };
  }

  /** Waits for the connection, or a little when it is there; false when the watch was closed. */
  async #pause(attempt: number): Promise<boolean> {
    const signal = this.#stop.signal;
    try {
      if (this.engine.connection === "away") await whenConnected(this.engine, signal);
      else await delay(this.clock, backoffMs(PAUSES, attempt), signal);
      return true;
    } catch {
      return false;
    }
  }
}

/** Resolves at once when connected, else at the next connection; rejects with the signal's reason. */
export function whenConnected(engine: Engine, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    if (engine.connection === "connected") {
      resolve();
      return;
    }
    const onAbort = () => {
      forget();
      reject(signal.reason);
    };
    const forget = engine.onConnection((connection) => {
      if (connection !== "connected") return;
      forget();
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
