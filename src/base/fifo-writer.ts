/** The writing end of a FIFO that never blocks: a full one is waited for by the event loop, not by asking again and again. */

import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { SupercargoError } from "../errors/error.ts";
import { errnoName } from "./libc.ts";

/** Handed to the runtime when the FIFO is full; the kernel takes up to this much whole (PIPE_BUF). */
const PARKED_BYTES = 4096;
/** Writers that may wait for their turn. */
const WAITING_LIMIT = 64;

/** Opened for reading too, so that opening needs no partner and a partner's end is no error. */
export class FifoWriter {
  readonly #descriptor: number;
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #parked: Promise<void> | undefined;
  #closed = false;

  constructor(readonly path: string) {
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  }

  /**
   * Writes all of `data`, after all earlier writes; resolves when it is in the FIFO. When the signal aborts it rejects with
   * its reason; up to 4096 bytes may have been taken more than was written by then.
   */
  async write(data: Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.#waiting >= WAITING_LIMIT)
      throw new SupercargoError("SC_INPUT_LIMIT", `too many writes wait for ${this.path}`);
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    this.#waiting++;
    try {
      await before;
      await this.#writeAll(data, signal);
    } finally {
      this.#waiting--;
      resolve();
    }
  }

  /** Closes our side. Input that nobody has read is thrown away when `discard`. Writes that wait are refused. */
  close(discard: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    if (discard) this.#discard();
    closeSync(this.#descriptor);
  }

  async #writeAll(data: Uint8Array, signal: AbortSignal): Promise<void> {
    let written = 0;
    while (written < data.length) {
      signal.throwIfAborted();
      if (this.#parked !== undefined) await whenDone(this.#parked, signal);
      if (this.#closed) throw new SupercargoError("SC_INPUT_CLOSED", `input ${this.path} has ended`);
      const taken = this.#writeNow(data.subarray(written));
      if (taken > 0) {
        written += taken;
        continue;
      }
      const piece = data.slice(written, written + PARKED_BYTES);
      this.#park(piece);
      written += piece.length;
    }
    if (this.#parked !== undefined) await whenDone(this.#parked, signal);
  }

  #writeNow(data: Uint8Array): number {
    try {
      return writeSync(this.#descriptor, data);
    } catch (thrown) {
      if (errnoName(thrown) === "EAGAIN") return 0;
      throw thrown;
    }
  }

  /** The runtime's sink waits for room in its event loop; it keeps the descriptor open. */
  #park(piece: Uint8Array): void {
    const sink = Bun.file(this.#descriptor).writer();
    sink.write(piece);
    const flush = async (): Promise<void> => {
      await sink.flush();
      await sink.end();
      this.#parked = undefined;
    };
    this.#parked = flush();
  }

  #discard(): void {
    const buffer = new Uint8Array(64 * 1024);
    try {
      // At most the largest pipe; a parked piece then finds room and its sink ends.
      for (let round = 0; round < 32 && readSync(this.#descriptor, buffer) > 0; round++);
    } catch (thrown) {
      if (errnoName(thrown) !== "EAGAIN") throw thrown;
    }
  }
}

function whenDone(job: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    job.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
