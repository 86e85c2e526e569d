/** The reading end of a FIFO that never blocks: bytes as they come, back-pressure by not asking, nothing read ahead. */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { SupercargoError } from "../errors/error.ts";
import type { FifoBell } from "./fifo-bell.ts";
import type { FifoPeek } from "./fifo-peek.ts";
import { errnoName, setPipeSize } from "./libc.ts";

/** What a drain found at its end: a writer still has the FIFO open, none has, or the limit was reached first. */
export type DrainEnd = "writer" | "no-writer" | "limit";

/** Read at a time. */
const CHUNK_BYTES = 32 * 1024;
/** After the FIFO was emptied it is looked at once more after this time before the bell is asked: many small writes become one chunk. */
const GATHER_MS = 2;
/** Shared: what is read is taken in the same step. */
const SCRATCH = new Uint8Array(CHUNK_BYTES);
const RELEASED = new Uint8Array(CHUNK_BYTES);

export interface FifoReaderOptions {
  /** Wanted kernel buffer; smaller when the kernel refuses. */
  readonly pipeBytes: number;
  readonly bell: FifoBell;
  readonly peek: FifoPeek;
  /** No first writer is waited for: without one the FIFO is at its end. */
  readonly hadWriter?: boolean;
}

/**
 * The chunk, never empty, is the taker's only during the call. It leaves the FIFO when `release` is called, at the latest when
 * the call is over. A promise means: no more until it resolves.
 */
export type TakeChunk = (chunk: Uint8Array, release: () => void) => Promise<void> | undefined;

interface Bell {
  readonly rung: Promise<void>;
  readonly takeBack: () => void;
}

/** Reading by hand gives bytes, nothing without a writer, or EAGAIN with one; the bell only tells when to look. */
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
   * Gives all bytes to `take`, as they come, until the writers are gone or `stop` is called. A taker who keeps the bytes
   * before it calls `release` loses none by a kill at any instruction: they are still in the FIFO, or kept, or both.
   */
  async each(take: TakeChunk): Promise<void> {
    let bell: Bell | undefined;
    while (!this.#isStopped) {
      const state = this.#readInto(take);
      if (state === "empty") {
        // What came before the bell was set is not told: look once more.
        if (bell === undefined) bell = this.#setBell();
        else {
          await bell.rung;
          bell = undefined;
        }
        continue;
      }
      bell?.takeBack();
      bell = undefined;
      if (state === "end") return;
      if (state !== "more") await state;
      if (this.#isPauseDue) await this.#pause();
    }
    bell?.takeBack();
  }

  /** Ends `each`; what has not been read stays in the FIFO. */
  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  /** Gives `take` what is in the FIFO now, without waiting for writers, up to about `limitBytes`. Not while `each` runs. */
  async drain(take: TakeChunk, limitBytes: number): Promise<DrainEnd> {
    for (let taken = 0; taken < limitBytes; ) {
      const length = this.#look();
      if (length < 0) return "writer";
      if (length === 0) return "no-writer";
      taken += length;
      const waiting = this.#give(length, take);
      if (waiting !== undefined) await waiting;
    }
    return "limit";
  }

  /** Takes these bytes out of the FIFO if they are the next ones in it; false when others are. Not while `each` runs. */
  releaseIfNext(bytes: Uint8Array): boolean {
    const length = this.#look();
    if (length < bytes.length || bytes.length === 0) return false;
    for (const [index, byte] of bytes.entries()) if (SCRATCH[index] !== byte) return false;
    this.#release(bytes.length);
    return true;
  }

  /** Gives the descriptor back. */
  close(): void {
    if (this.#isClosed) return;
    this.stop();
    this.#isClosed = true;
    closeSync(this.descriptor);
  }

  #readInto(take: TakeChunk): Promise<void> | "more" | "empty" | "end" {
    const length = this.#look();
    if (length > 0) {
      this.#isPauseDue = length < CHUNK_BYTES;
      return this.#give(length, take) ?? "more";
    }
    return length === 0 && this.#hadWriter ? "end" : "empty";
  }

  /** Bytes now in SCRATCH and still in the FIFO; 0 when empty without a writer, -1 when empty with one. */
  #look(): number {
    const length = this.options.peek.look(this.descriptor, SCRATCH);
    if (length !== 0) this.#hadWriter = true;
    return length;
  }

  #give(length: number, take: TakeChunk): Promise<void> | undefined {
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      this.#release(length);
    };
    try {
      return take(length === CHUNK_BYTES ? SCRATCH : SCRATCH.subarray(0, length), release);
    } finally {
      release();
    }
  }

  #release(length: number): void {
    for (let left = length; left > 0; ) left -= readSync(this.descriptor, RELEASED, 0, left, null);
  }

  #pause(): Promise<void> {
    this.#isPauseDue = false;
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #setBell(): Bell {
    const { promise, resolve } = Promise.withResolvers<void>();
    const takeBack = this.options.bell.next(this.descriptor, (wasClosed) => {
      if (wasClosed) this.#hadWriter = true;
      resolve();
    });
    this.#wake = () => {
      takeBack();
      resolve();
    };
    return { rung: promise, takeBack };
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
