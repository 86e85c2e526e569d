/** The reading end of a FIFO that never blocks: chunks as they come, back-pressure by not asking, and reading what a gone writer left. */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { SupercargoError } from "../errors/error.ts";
import { errnoName, setPipeSize } from "./libc.ts";

/** What a drain found at its end: a writer still has the FIFO open, none has, or the limit was reached first. */
export type DrainEnd = "writer" | "no-writer" | "limit";

const DRAIN_CHUNK_BYTES = 32 * 1024;

/** More than is ever read ahead; a writer that never pauses is left after this much. */
const READ_AHEAD_BYTES = 4 * 1024 * 1024;
/** Steps of promises, without a turn of the event loop, in which the runtime hands out what it has. */
const STEPS_OF_AN_ANSWER = 100;

/**
 * Facts (pitfalls §2, §9, tried again here): the runtime's stream on a non-blocking descriptor waits for a first writer,
 * ends when the last one closes, and works on a copy of the descriptor that it closes itself. While nobody asks it reads
 * ahead, up to some 800 KiB, and forgets that when cancelled: so after `stop` it is asked until it would wait. From a writer
 * that never pauses it always has 64 KiB ahead, and those are lost. It never ends when all writers were gone before the
 * FIFO was opened: use `drain` there.
 */
export class FifoReader {
  readonly descriptor: number;
  #chunks: ReturnType<typeof chunksOf> | undefined;
  #stopped = false;
  #isWaiting = false;
  #isOver = false;
  #readAheadBytes = 0;
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

  /**
   * The next chunk, never empty; undefined when the writers are gone, and after `stop` when what had been read ahead is
   * given out. One call at a time.
   */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#stopped ? await this.#nextReadAhead() : await this.#nextChunk();
      if (chunk === undefined || chunk.length > 0) return chunk;
    }
  }

  /** Ends a waiting `next`; what has not been read stays in the FIFO. Call `next` until it answers undefined. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    // A chunk may be on its way to the one who waits, with more behind it.
    await nextTurn();
    if (this.#isWaiting) await this.#chunks?.cancel();
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

  async #nextChunk(): Promise<Uint8Array | undefined> {
    if (this.#isOver) return undefined;
    this.#chunks ??= chunksOf(this.descriptor);
    this.#isWaiting = true;
    try {
      return this.#taken(await this.#chunks.read());
    } finally {
      this.#isWaiting = false;
    }
  }

  /** What has been read ahead is answered at once; who waits longer gets nothing more. */
  async #nextReadAhead(): Promise<Uint8Array | undefined> {
    const chunks = this.#chunks;
    if (chunks === undefined || this.#isOver) return undefined;
    if (this.#readAheadBytes >= READ_AHEAD_BYTES) {
      this.#isOver = true;
      await chunks.cancel();
      return undefined;
    }
    let isThere = false;
    const reading = chunks.read().finally(() => {
      isThere = true;
    });
    // No turn of the event loop: in one more would be read ahead.
    for (let step = 0; step < STEPS_OF_AN_ANSWER && !isThere; step++) await undefined;
    if (!isThere) await chunks.cancel();
    const chunk = this.#taken(await reading);
    this.#readAheadBytes += chunk?.length ?? 0;
    return chunk;
  }

  #taken({ value, done }: { readonly value?: Uint8Array | undefined; readonly done: boolean }) {
    if (done) this.#isOver = true;
    return done ? undefined : value;
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

/** Everything that is ready in the event loop has had its turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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
