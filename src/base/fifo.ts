/** The reading end of a FIFO that never blocks: chunks as they come, back-pressure by not asking, and reading what a gone writer left. */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { SupercargoError } from "../errors/error.ts";
import { errnoName, setPipeSize } from "./libc.ts";

/** What a drain found at its end: a writer still has the FIFO open, none has, or the limit was reached first. */
export type DrainEnd = "writer" | "no-writer" | "limit";

const DRAIN_CHUNK_BYTES = 32 * 1024;

/**
 * Facts (pitfalls §2, §9, tried again here): the runtime's stream on a non-blocking descriptor reads only when asked, waits
 * for a first writer, ends when the last one closes, loses nothing when cancelled, and works on a copy of the descriptor
 * that it closes itself. It never ends when all writers were gone before the FIFO was opened: use `drain` there.
 */
export class FifoReader {
  readonly descriptor: number;
  #chunks: ReturnType<typeof chunksOf> | undefined;
  #stopped = false;
  #closed = false;

  /** Opens an existing FIFO; `pipeBytes` is the wanted kernel buffer, kept smaller when the kernel refuses. Throws SC_IO when it is no FIFO. */
  constructor(
    readonly path: string,
    pipeBytes: number,
  ) {
    this.descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      if (!fstatSync(this.descriptor).isFIFO()) throw new SupercargoError("SC_IO", `${path} is no FIFO`);
      enlarge(this.descriptor, pipeBytes);
    } catch (thrown) {
      closeSync(this.descriptor);
      throw thrown;
    }
  }

  /** The next chunk, never empty; undefined when the writers are gone or `stop` was called. One call at a time. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#stopped) return undefined;
    this.#chunks ??= chunksOf(this.descriptor);
    for (;;) {
      const { value, done } = await this.#chunks.read();
      if (done) return undefined;
      if (value.length > 0) return value;
    }
  }

  /** Ends a waiting `next`; what has not been read stays in the FIFO. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.#chunks?.cancel();
  }

  /**
   * Hands out what is in the FIFO now, without waiting for writers, up to about `limitBytes`. Not while a stream reads:
   * before the first `next` or after `stop`. Each chunk is the taker's own.
   */
  async drain(take: (chunk: Uint8Array) => Promise<void> | undefined, limitBytes: number): Promise<DrainEnd> {
    let taken = 0;
    while (taken < limitBytes) {
      const buffer = new Uint8Array(DRAIN_CHUNK_BYTES);
      const length = this.#readNow(buffer);
      if (length === undefined) return "writer";
      if (length === 0) return "no-writer";
      taken += length;
      const waiting = take(buffer.subarray(0, length));
      if (waiting !== undefined) await waiting;
    }
    return "limit";
  }

  /** Gives the descriptor back. `stop` must have been awaited if `next` was used. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopped = true;
    closeSync(this.descriptor);
  }

  #readNow(buffer: Uint8Array): number | undefined {
    try {
      return readSync(this.descriptor, buffer);
    } catch (thrown) {
      if (errnoName(thrown) === "EAGAIN") return undefined;
      throw thrown;
    }
  }
}

function chunksOf(descriptor: number) {
  return Bun.file(descriptor).stream().getReader();
}

function enlarge(descriptor: number, bytes: number): void {
  try {
    setPipeSize(descriptor, bytes);
  } catch (thrown) {
    // EPERM: over the user's share; EBUSY: more than that is in it; EINVAL: no room in the kernel's table. The default does.
    const name = errnoName(thrown);
    if (name !== "EPERM" && name !== "EBUSY" && name !== "EINVAL" && name !== "ENOMEM") throw thrown;
  }
}
