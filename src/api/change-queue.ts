/** Changes between the hub that pushes them and a stream that is read at its own pace; bounded. */

import type { ContainerChange } from "./keeper.ts";

/** Changes that may wait for one slow reader; then they are dropped and the reader is told to look anew. */
export const CHANGES_LIMIT = 1000;

export class ChangeQueue implements AsyncIterable<ContainerChange | "overflowed"> {
  #waiting: (ContainerChange | "overflowed")[] = [];
  #wake: () => void = () => {};

  /** Ends when the signal aborts. */
  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  push(change: ContainerChange | "overflowed"): void {
    if (this.#waiting.length >= CHANGES_LIMIT) this.#waiting = ["overflowed"];
    else this.#waiting.push(change);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<ContainerChange | "overflowed"> {
    while (!this.signal.aborted) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (this.signal.aborted) resolve();
      });
    }
  }
}
