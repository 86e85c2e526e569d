/**
 * Mode `non-blocking`: the container does not wait for the disk. Records wait in a queue of at most `max_buffer_size` bytes
 * while others are being written. When it is full, reading rests for moments (the FIFO takes the burst meanwhile), a tenth of
 * the time at most; then the newest are dropped until the queue is half empty. One record says how many lines are missing
 * at that place.
 */

import { type Clock, delay } from "../base/clock.ts";
import { errnoName } from "../base/libc.ts";
import type { Log } from "../base/log.ts";
import { backoffMs } from "../base/retry.ts";
import type { LogFile } from "./log-file.ts";
import { countLines, dropNotice, type LogWriter, type OutputLosses } from "./log-writer.ts";

const TRY_AGAIN = { firstMs: 100, capMs: 2000, jitter: 0.2 };
/** Written at a time. */
const BATCH_BYTES = 256 * 1024;
const WARN_EVERY_MS = 60_000;
/** Reading may rest this long at once, and comes back to it by a tenth of the time that passes. */
const REST_MS = 100;
const REST_SHARE = 0.1;
const LF = 10;

export interface NonBlockingWriterParts {
  readonly file: Pick<LogFile, "appendBehind" | "path">;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes that wait or are being written. */
  readonly limitBytes: number;
}

export class NonBlockingWriter implements LogWriter {
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #dropped = 0;
  #lost = 0;
  #refusal: string | undefined;
  #unreported = 0;
  #warnAgainMs = Number.NEGATIVE_INFINITY;
  #isRefusing = false;
  #reason: string;
  #restMs = REST_MS;
  #restAtMs: number;
  #writing: Promise<void> | undefined;
  #written = Promise.withResolvers<void>();
  readonly #hurried = new AbortController();

  constructor(private readonly parts: NonBlockingWriterParts) {
    this.#reason = this.#fullReason();
    this.#restAtMs = parts.clock.nowMs();
  }

  /** Bytes in memory; over the limit by a notice at most. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get losses(): OutputLosses {
    return { lines: this.#lost, refusal: this.#refusal };
  }

  write(records: Uint8Array): Promise<void> | undefined {
    if (this.#isRefusing && this.#queuedBytes > this.parts.limitBytes / 2) {
      this.#drop(countLines(records));
      return undefined;
    }
    this.#isRefusing = false;
    this.#reportDropped();
    const taken = this.#enqueue(records);
    return taken === records.length ? undefined : this.#enqueueRest(records.slice(taken));
  }

  hurry(): void {
    this.#hurried.abort(new Error("no more waiting for the disk"));
  }

  async flush(): Promise<void> {
    await this.#writing;
    this.#reportDropped();
    if (this.#queue.length > 0) {
      this.#writing = this.#writeQueue();
      await this.#writing;
    }
  }

  /** Takes whole records as far as there is room; answers their bytes. A record that never has room is dropped. */
  #enqueue(records: Uint8Array): number {
    const room = this.parts.limitBytes - this.#queuedBytes;
    let taken = records.length <= room ? records.length : 0;
    if (taken === 0 && room > 0) taken = records.lastIndexOf(LF, room - 1) + 1;
    if (taken > 0) {
      this.#queue.push(records.slice(0, taken));
      this.#queuedBytes += taken;
    } else if (this.#queuedBytes === 0) {
      this.#drop(1);
      taken = records.indexOf(LF) + 1;
    }
    if (this.#queue.length > 0) this.#writing ??= this.#writeQueue();
    return taken;
  }

  async #enqueueRest(records: Uint8Array): Promise<void> {
    let rest = records;
    while (rest.length > 0) {
      const taken = this.#enqueue(rest);
      rest = rest.subarray(taken);
      if (taken === 0 && !(await this.#isRoomMade())) break;
    }
    if (rest.length === 0) return;
    this.#isRefusing = true;
    this.#drop(countLines(rest));
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#lost += lines;
  }

  /** Rests until something has been written; false when reading has rested enough. An end waits for the disk alone. */
  async #isRoomMade(): Promise<boolean> {
    const { clock } = this.parts;
    const written = this.#written.promise;
    if (this.#hurried.signal.aborted) {
      await written;
      return true;
    }
    const startMs = clock.nowMs();
    this.#restMs = Math.min(REST_MS, this.#restMs + (startMs - this.#restAtMs) * REST_SHARE);
    this.#restAtMs = startMs;
    if (this.#restMs <= 0) return false;
    const isMade = await new Promise<boolean>((resolve) => {
      const timer = clock.after(this.#restMs, () => resolve(false));
      written.then(() => {
        timer.cancel();
        resolve(true);
      });
    });
    this.#restMs -= clock.nowMs() - startMs;
    return isMade;
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return;
    const notice = dropNotice(this.#dropped, this.#reason, this.parts.clock.stamp());
    this.#queue.push(notice);
    this.#queuedBytes += notice.length;
    this.#warn();
    this.#dropped = 0;
    this.#reason = this.#fullReason();
  }

  /** Each gap stands in the container's log; the daemon's log has a sum now and then. */
  #warn(): void {
    const { clock, log, file } = this.parts;
    this.#unreported += this.#dropped;
    if (clock.nowMs() < this.#warnAgainMs) return;
    log.warn("output was dropped", { file: file.path, lines: this.#unreported, reason: this.#reason });
    this.#unreported = 0;
    this.#warnAgainMs = clock.nowMs() + WARN_EVERY_MS;
  }

  #fullReason(): string {
    return `the log buffer of ${this.parts.limitBytes} bytes was full`;
  }

  async #writeQueue(): Promise<void> {
    // What arrives at once is gathered.
    await Promise.resolve();
    for (let batch = this.#nextBatch(); batch !== undefined; batch = this.#nextBatch()) {
      await this.#writeBatch(batch);
      const { resolve } = this.#written;
      this.#written = Promise.withResolvers<void>();
      resolve();
    }
    this.#writing = undefined;
  }

  #nextBatch(): Uint8Array | undefined {
    const first = this.#queue.shift();
    if (first === undefined) return undefined;
    const parts = [first];
    let bytes = first.length;
    for (let next = this.#queue[0]; next !== undefined && bytes + next.length <= BATCH_BYTES; ) {
      parts.push(next);
      bytes += next.length;
      this.#queue.shift();
      next = this.#queue[0];
    }
    return parts.length === 1 ? first : Buffer.concat(parts);
  }

  async #writeBatch(batch: Uint8Array): Promise<void> {
    const { file, clock, log } = this.parts;
    let rest = batch;
    for (let attempt = 1; ; attempt++) {
      const { written, refused } = await file.appendBehind(rest, clock.stamp());
      this.#queuedBytes -= written;
      rest = rest.subarray(written);
      this.#refusal = refused === undefined ? undefined : (errnoName(refused) ?? String(refused));
      if (refused === undefined) return;
      if (attempt === 1) {
        log.warn("the log cannot be written, output waits in memory", {
          file: file.path,
          error: String(refused),
        });
        this.#reason = `the log could not be written (${this.#refusal})`;
      }
      if (!(await this.#pause(attempt))) {
        this.#drop(countLines(rest));
        this.#queuedBytes -= rest.length;
        return;
      }
    }
  }

  /** False when nobody wants to wait. */
  async #pause(attempt: number): Promise<boolean> {
    const { signal } = this.#hurried;
    if (signal.aborted) return false;
    try {
      await delay(this.parts.clock, backoffMs(TRY_AGAIN, attempt), signal);
      return true;
    } catch (thrown) {
      // Hurried: one more try.
      if (signal.aborted) return true;
      throw thrown;
    }
  }
}
