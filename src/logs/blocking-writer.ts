/**
 * Mode `blocking`: what was read is in the file before more is read, so the container waits for the disk. When the disk
 * refuses (full), reading rests for at most `holdMs`, trying again; after that output is dropped and counted, so that a full
 * disk does not stop the container for good, and one record says how much is missing once there is space again.
 */

import type { Clock, Timer } from "../base/clock.ts";
import { errnoName } from "../base/libc.ts";
import type { Log } from "../base/log.ts";
import { backoffMs } from "../base/retry.ts";
import type { LogFile } from "./log-file.ts";
import { countLines, dropNotice, type LogWriter, type OutputLosses } from "./log-writer.ts";

const HOLD_MS = 30_000;
const TRY_AGAIN = { firstMs: 100, capMs: 2000, jitter: 0.2 };
/** While dropping, the disk is asked at most this often. */
const PROBE_MS = 1000;

export interface BlockingWriterParts {
  readonly file: Pick<LogFile, "append" | "path">;
  readonly clock: Clock;
  readonly log: Log;
  readonly holdMs?: number;
}

/** Records that wait, and those who wait for them. */
interface Hold {
  readonly untilMs: number;
  readonly records: Uint8Array[];
  readonly over: Promise<void>;
  readonly resolve: () => void;
  attempt: number;
  timer: Timer | undefined;
}

export class BlockingWriter implements LogWriter {
  #hold: Hold | undefined;
  /** Lines dropped since the last notice; over 0 means that the disk refused to the end. */
  #dropped = 0;
  #lost = 0;
  #refusal: string | undefined;
  #reason = "";
  #probeMs = 0;
  #probeTimer: Timer | undefined;
  #hurried = false;

  constructor(private readonly parts: BlockingWriterParts) {}

  get losses(): OutputLosses {
    return { lines: this.#lost, refusal: this.#refusal };
  }

  write(records: Uint8Array): Promise<void> | undefined {
    if (this.#hold !== undefined) {
      this.#hold.records.push(records.slice());
      return this.#hold.over;
    }
    if (this.#dropped > 0 && !this.#probe()) {
      this.#drop(records);
      return undefined;
    }
    const { written, refused } = this.parts.file.append(records, this.parts.clock.stamp());
    if (refused === undefined) return undefined;
    return this.#startHold(records.slice(written), refused);
  }

  hurry(): void {
    this.#hurried = true;
    this.#probeTimer?.cancel();
    if (this.#hold !== undefined) this.#tryAgain(this.#hold);
  }

  async flush(): Promise<void> {
    await this.#hold?.over;
    if (this.#dropped > 0) {
      this.#probeMs = 0;
      this.#probe();
    }
  }

  #startHold(rest: Uint8Array, refused: unknown): Promise<void> {
    const { clock, log, file } = this.parts;
    const holdMs = this.#hurried ? 0 : (this.parts.holdMs ?? HOLD_MS);
    this.#refusal = errnoName(refused) ?? String(refused);
    this.#reason = `the log could not be written (${this.#refusal})`;
    log.warn("the log cannot be written, the container's output waits", {
      file: file.path,
      error: String(refused),
      dropAfterMs: holdMs,
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    const hold: Hold = {
      untilMs: clock.nowMs() + holdMs,
      records: [rest],
      over: promise,
      resolve,
      attempt: 0,
      timer: undefined,
    };
    this.#hold = hold;
    this.#wait(hold);
    return promise;
  }

  #wait(hold: Hold): void {
    const leftMs = hold.untilMs - this.parts.clock.nowMs();
    if (this.#hurried || leftMs <= 0) {
      this.#giveUp(hold);
      return;
    }
    hold.attempt++;
    const pauseMs = Math.min(leftMs, backoffMs(TRY_AGAIN, hold.attempt));
    hold.timer = this.parts.clock.after(pauseMs, () => this.#tryAgain(hold));
  }

  #tryAgain(hold: Hold): void {
    hold.timer?.cancel();
    for (let first = hold.records[0]; first !== undefined; first = hold.records[0]) {
      const { written, refused } = this.parts.file.append(first, this.parts.clock.stamp());
      if (refused !== undefined) {
        hold.records[0] = first.subarray(written);
        this.#wait(hold);
        return;
      }
      hold.records.shift();
    }
    this.#refusal = undefined;
    this.parts.log.info("the log can be written again, nothing was lost", { file: this.parts.file.path });
    this.#end(hold);
  }

  /** The end of it is noticed although the container writes nothing more. */
  #probeLater(): void {
    this.#probeTimer?.cancel();
    this.#probeTimer = this.parts.clock.after(PROBE_MS, () => {
      if (this.#hurried || this.#dropped === 0) return;
      if (this.#hold !== undefined || !this.#probe()) this.#probeLater();
    });
  }

  #giveUp(hold: Hold): void {
    for (const records of hold.records) this.#drop(records);
    this.#probeMs = this.parts.clock.nowMs() + PROBE_MS;
    if (!this.#hurried) this.#probeLater();
    this.parts.log.warn("the log still cannot be written, output is dropped so that the container goes on", {
      file: this.parts.file.path,
      reason: this.#reason,
    });
    this.#end(hold);
  }

  #end(hold: Hold): void {
    this.#hold = undefined;
    hold.resolve();
  }

  /** Tries to write the notice; true when it is in the file and lines can follow. */
  #probe(): boolean {
    const { clock, file, log } = this.parts;
    if (clock.nowMs() < this.#probeMs) return false;
    const stamp = clock.stamp();
    if (file.append(dropNotice(this.#dropped, this.#reason, stamp), stamp).refused !== undefined) {
      this.#probeMs = clock.nowMs() + PROBE_MS;
      return false;
    }
    log.warn("the log can be written again, output is missing", { file: file.path, lines: this.#dropped });
    this.#dropped = 0;
    this.#refusal = undefined;
    return true;
  }

  #drop(records: Uint8Array): void {
    const lines = countLines(records);
    this.#dropped += lines;
    this.#lost += lines;
  }
}
