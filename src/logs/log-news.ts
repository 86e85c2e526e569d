/** Tells those who follow a log that it has grown or been rotated. The daemon is the only writer, so no kernel watch is needed. */

import { SupercargoError } from "../errors/error.ts";

/** Who may follow one log. */
const FOLLOWER_LIMIT = 64;

export class LogNews {
  readonly #followed = new Map<string, Set<LogWatch>>();

  /** Watches the log of this path; the caller closes it. SC_OUTPUT_LIMIT when too many do. */
  watch(path: string): LogWatch {
    const watches = this.#followed.get(path) ?? new Set();
    if (watches.size >= FOLLOWER_LIMIT)
      throw new SupercargoError("SC_OUTPUT_LIMIT", `too many follow the log ${path}`, {
        hint: "end another one first",
      });
    const watch = new LogWatch(() => {
      watches.delete(watch);
      if (watches.size === 0) this.#followed.delete(path);
    });
    watches.add(watch);
    this.#followed.set(path, watches);
    return watch;
  }

  grew(path: string): void {
    // On the way of every write: mostly nobody follows.
    if (this.#followed.size === 0) return;
    for (const watch of this.#followed.get(path) ?? []) watch.tell();
  }

  rotated(path: string): void {
    for (const watch of this.#followed.get(path) ?? []) {
      watch.rotations++;
      watch.tell();
    }
  }
}

export class LogWatch {
  /** Of the log since the watch began. */
  rotations = 0;
  #isTold = false;
  #wake: () => void = () => {};

  constructor(readonly close: () => void) {}

  tell(): void {
    this.#isTold = true;
    this.#wake();
  }

  /** Resolves when something was told since it last resolved, or when the signal aborts. One at a time. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wake = () => {};
        this.#isTold = false;
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener("abort", done, { once: true });
      if (this.#isTold || signal.aborted) done();
    });
  }
}
