/** The reading end of a FIFO that never blocks: bytes as they come, back-pressure by not asking, nothing read ahead. */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { SupercargoError } from "../errors/error.ts";
import type { FifoBell } from "./fifo-bell.ts";
import { errnoName, setPipeSize } from "./libc.ts";

/** What a drain found at its end: a writer still has the FIFO open, none has, or the limit was reached first. */
export type DrainEnd = "writer" | "no-writer" | "limit";

/** Read at a time. */
const CHUNK_BYTES = 32 * 1024;
/** After the FIFO was emptied it is looked at once more after this time before the bell is asked: many small writes become one chunk. */
const GATHER_MS = 2;
/** Bytes are copied out of it at once. */
const SCRATCH = new Uint8Array(CHUNK_BYTES);

export interface FifoReaderOptions {
  /** Wanted kernel buffer; smaller when the kernel refuses. */
  readonly pipeBytes: number;
  readonly bell: FifoBell;
  /** No first writer is waited for: without one the FIFO is at its end. */
  readonly hadWriter?: boolean;
}

/**
 * Reading by hand gives bytes, nothing without a writer, or EAGAIN with one. All bytes that left the FIFO are in the taker's
 * hands before the event loop goes on: neither stopping nor being killed while waiting loses any.
 */
export class FifoReader {
  readonly descriptor: number;
  #hadWriter: boolean;
  /** The last read has emptied the FIFO. */
  #isPauseDue = false;
  #isStopped = false;
  #isClosed = false;
  #wake: () => void = () => {};

  /** Opens an existing FIFO. Throws SC_IO when it is none. */
  constructor(
    readonly path: string,
    private readonly options: FifoReaderOptions,
  ) {
    this.#hadWriter = options.hadWriter ?? false;
    this.descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      if (!fstatSync(this.descriptor).isFIFO()) throw new SupercargoError("SC_IO", `${path} is no FIFO`);
      enlarge(this.descriptor, options.pipeBytes);
    } catch (thrown) {
      closeSync(this.descriptor);
      throw thrown;
    }
  }

  /**
   * The next bytes, never none, the taker's own; undefined when the writers are gone or `stop` was called. One call at a
   * time. Resolves without a turn of the event loop while there are bytes.
   */
  async next(): Promise<Uint8Array | undefined> {
    while (!this.#isStopped) {
      if (this.#isPauseDue) await this.#pause();
      if (this.#isStopped) break;
      const chunk = this.#read();
      if (chunk !== "empty") return chunk === "end" ? undefined : chunk;
      const late = await this.#waitForBell();
      if (late !== "empty") return late === "end" ? undefined : late;
    }
    return undefined;
  }

  /** Ends a waiting `next`; what has not been read stays in the FIFO. */
  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  /** Hands out what is in the FIFO now, without waiting for writers, up to about `limitBytes`. Not while `next` waits. */
  async drain(take: (chunk: Uint8Array) => Promise<void> | undefined, limitBytes: number): Promise<DrainEnd> {
    let taken = 0;
    while (taken < limitBytes) {
      const chunk = this.#readNow();
      if (chunk === undefined) return "writer";
      if (chunk.length === 0) return "no-writer";
      taken += chunk.length;
      const waiting = take(chunk);
      if (waiting !== undefined) await waiting;
    }
    return "limit";
  }

  /** Gives the descriptor back. */
  close(): void {
    if (this.#isClosed) return;
    this.stop();
    this.#isClosed = true;
    closeSync(this.descriptor);
  }

  #read(): Uint8Array | "empty" | "end" {
    const chunk = this.#readNow();
    if (chunk === undefined) return "empty";
    if (chunk.length === 0) return this.#hadWriter ? "end" : "empty";
    this.#isPauseDue = chunk.length < CHUNK_BYTES;
    return chunk;
  }

  /** Undefined when empty with a writer, no bytes when empty without one. */
  #readNow(): Uint8Array | undefined {
    try {
      const length = readSync(this.descriptor, SCRATCH);
      if (length > 0) this.#hadWriter = true;
      return SCRATCH.slice(0, length);
    } catch (thrown) {
      if (errnoName(thrown) !== "EAGAIN") throw thrown;
      this.#hadWriter = true;
      return undefined;
    }
  }

  #pause(): Promise<void> {
    this.#isPauseDue = false;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Waits for the bell; answers what came just before it was set. */
  async #waitForBell(): Promise<Uint8Array | "empty" | "end"> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const takeBack = this.options.bell.next(this.descriptor, (wasClosed) => {
      if (wasClosed) this.#hadWriter = true;
      resolve();
    });
    const late = this.#read();
    if (late === "empty" && !this.#isStopped) await promise;
    takeBack();
    return late;
  }
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
