/** What a stream has to send and flow control has not let go yet: data in order, then its end. */

interface Waiter {
  /** Value of `takenBytes` at which it may go on. */
  readonly at: number;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** How a stream ends: with its last DATA frame, or with trailers. */
export type SendEnding = "data" | readonly string[];

export class SendQueue {
  /** Bytes that wait. */
  bytes = 0;
  ending: SendEnding | undefined;
  readonly #chunks: Uint8Array[] = [];
  #offset = 0;
  #takenBytes = 0;
  readonly #waiters: Waiter[] = [];

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
  }

  /** Hands the next `count` bytes (at most `bytes`) to `write`, piece by piece. */
  take(count: number, write: (piece: Uint8Array) => void): void {
    let left = count;
    while (left > 0) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      const size = Math.min(left, chunk.length - this.#offset);
      write(
        this.#offset === 0 && size === chunk.length
          ? chunk
          : chunk.subarray(this.#offset, this.#offset + size),
      );
      left -= size;
      this.#offset += size;
      if (this.#offset === chunk.length) {
        this.#chunks.shift();
        this.#offset = 0;
      }
    }
    this.bytes -= count;
    this.#takenBytes += count;
  }

  /** Resolves when all that is in the queue now has been taken; rejects when it is thrown away. */
  whenTaken(): Promise<void> {
    if (this.bytes === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ at: this.#takenBytes + this.bytes, resolve, reject });
    });
  }

  /** Wakes those whose bytes are gone. */
  notify(): void {
    while (this.#waiters[0] !== undefined && this.#waiters[0].at <= this.#takenBytes) {
      this.#waiters.shift()?.resolve();
    }
  }

  /** Throws everything away; returns how many bytes that were. */
  discard(reason: Error): number {
    const dropped = this.bytes;
    this.#chunks.length = 0;
    this.bytes = 0;
    this.ending = undefined;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
    return dropped;
  }
}
