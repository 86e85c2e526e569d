/**
 * Runs jobs one at a time per key, in order, and different keys side by side up to a bound.
 * Invariants: at most one job of a key runs; jobs of a key start in the order in which they were given; a job that waits
 * leaves the queue when its signal aborts; at most `maxQueued` jobs wait per key.
 */

import { SupercargoError } from "../errors/error.ts";

interface Waiting {
  readonly start: () => void;
}

export class KeyedWorker {
  readonly #queues = new Map<string, Waiting[]>();
  readonly #active = new Set<string>();
  readonly #idle: (() => void)[] = [];

  /** @param maxQueued bound of jobs that wait per key; more are refused with SC_INTERNAL. */
  constructor(private readonly maxQueued = 1000) {}

  /** Runs `job` when all earlier jobs of `key` are done. Rejects with the signal's reason if it aborts while waiting. */
  async run<T>(key: string, job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(key, signal);
    try {
      return await job();
    } finally {
      this.#leave(key);
    }
  }

  /** Whether a job of this key runs now. */
  isBusy(key: string): boolean {
    return this.#active.has(key);
  }

  /** Resolves when no job runs or waits. */
  async whenIdle(): Promise<void> {
    if (this.#active.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #enter(key: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#active.has(key)) {
      this.#active.add(key);
      return Promise.resolve();
    }
    const queue = this.#queues.get(key) ?? [];
    if (queue.length >= this.maxQueued) {
      return Promise.reject(new SupercargoError("SC_INTERNAL", `too many requests wait for ${key}`));
    }
    this.#queues.set(key, queue);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        const at = queue.indexOf(entry);
        if (at >= 0) queue.splice(at, 1);
        reject(signal?.reason);
      };
      const entry: Waiting = {
        start: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      queue.push(entry);
    });
  }

  #leave(key: string): void {
    const queue = this.#queues.get(key);
    const next = queue?.shift();
    if (queue !== undefined && queue.length === 0) this.#queues.delete(key);
    if (next !== undefined) {
      next.start();
      return;
    }
    this.#active.delete(key);
    if (this.#active.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
