/**
 * One container's `json.log` with its rotated files (spec/engine.md §15): appended whole records at a time, rotated before the
 * write that finds it at its limit, always ending with a whole line. No sync: a power cut may cost the last seconds.
 */

import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  write,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { errnoName } from "../base/libc.ts";
import type { LogState } from "./intake-journal.ts";
import { linesBehind } from "./lines-behind.ts";
import { LogNews } from "./log-news.ts";
import { type Repair, repairEnd } from "./torn-line.ts";

export const LOG_NAME = "json.log";
const LF = 10;
/** A name taken away by somebody (the file deleted by hand) is noticed after this time. */
const LOOK_AGAIN_MS = 1000;

export interface LogLimits {
  /** A file that has reached this size is rotated before the next record. */
  readonly maxBytes: number;
  /** Files kept, the current one counted. */
  readonly maxFiles: number;
}

export interface Appended {
  readonly written: number;
  readonly refused?: unknown;
}

interface Write {
  readonly descriptor: number;
  readonly from: number;
  readonly to: number;
}

export class LogFile {
  readonly path: string;
  #written = 0;
  #descriptor: number | undefined;
  #inode = 0;
  #size = 0;
  #lookedMs = 0;

  constructor(
    private readonly folder: string,
    private readonly limits: LogLimits,
    private readonly nowMs: () => number,
    private readonly news: LogNews = new LogNews(),
  ) {
    this.path = join(folder, LOG_NAME);
  }

  /**
   * Opens for appending, making folder (others may enter and read it) and file; a torn end is mended: its text is kept, or
   * cut off when `isTornKnown` (it comes again). Node's file errors pass.
   */
  open(stamp: string, isTornKnown = false): Repair | undefined {
    if (this.#descriptor !== undefined) return undefined;
    this.#makeFolder();
    const descriptor = openSync(this.path, "a+", 0o644);
    try {
      const repair = repairEnd(descriptor, stamp, isTornKnown);
      const { ino, size } = fstatSync(descriptor);
      this.#inode = ino;
      this.#size = size;
      this.#descriptor = descriptor;
      this.#lookedMs = this.nowMs();
      return repair;
    } catch (thrown) {
      closeSync(descriptor);
      throw thrown;
    }
  }

  /** Inode and size, to recognise this very state of the file later. */
  get state(): LogState {
    return { inode: this.#inode, size: this.#size };
  }

  /**
   * Appends whole records and answers how many bytes of them are in the file: all, or whole records up to where the disk
   * refused; `refused` is then its error. A half-written record is taken back.
   */
  append(records: Uint8Array, stamp: string): Appended {
    const writes = this.#writes(records, stamp);
    try {
      let next = writes.next();
      while (next.done !== true) {
        const { descriptor, from, to } = next.value;
        next = writes.next(attempt(writes, () => writeSync(descriptor, records, from, to - from)));
      }
      return { written: this.#written };
    } catch (refused) {
      return { written: this.#written, refused };
    } finally {
      this.news.grew(this.path);
    }
  }

  /** The same without making the process wait for the disk. One call at a time, and not together with `append`. */
  async appendBehind(records: Uint8Array, stamp: string): Promise<Appended> {
    const writes = this.#writes(records, stamp);
    try {
      let next = writes.next();
      while (next.done !== true) {
        const { descriptor, from, to } = next.value;
        const outcome = await writeBehind(descriptor, records, from, to - from);
        next = writes.next(attempt(writes, () => outcome()));
      }
      return { written: this.#written };
    } catch (refused) {
      return { written: this.#written, refused };
    } finally {
      this.news.grew(this.path);
    }
  }

  /** Lines written since the log was in this state, up to `limit`. */
  linesBehind(state: LogState, limit: number): number {
    return linesBehind(this.path, this.limits.maxFiles, state, limit);
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** The writes that put `records` into files within their limits; is told how much each took, or is thrown its error. */
  *#writes(records: Uint8Array, stamp: string): Generator<Write, void, number> {
    this.#written = 0;
    while (this.#written < records.length) {
      const descriptor = this.#ready(stamp);
      const end = this.#segmentEnd(records, this.#written);
      let at = this.#written;
      try {
        while (at < end) {
          const taken = yield { descriptor, from: at, to: end };
          at += taken;
          this.#size += taken;
        }
      } finally {
        this.#written = at === end ? end : this.#takeBack(records, this.#written, at);
      }
    }
  }

  /** An open file below its limit. */
  #ready(stamp: string): number {
    this.#lookAgain();
    for (;;) {
      this.open(stamp);
      const descriptor = this.#descriptor;
      if (descriptor === undefined) continue;
      // What somebody else took away does not count.
      if (this.#size >= this.limits.maxBytes) this.#size = fstatSync(descriptor).size;
      if (this.#size < this.limits.maxBytes) return descriptor;
      this.#rotate();
    }
  }

  /** Records may go into the file while its size before each is below the limit. */
  #segmentEnd(records: Uint8Array, from: number): number {
    const room = this.limits.maxBytes - this.#size;
    if (records.length - from < room) return records.length;
    // Raw line feeds are the ends of records and nothing else. The first end at or after the limit is the last that fits.
    const end = records.indexOf(LF, from + Math.max(0, room - 1));
    return end < 0 ? records.length : end + 1;
  }

  /** Cuts a half record off again; answers the end of the last whole one. */
  #takeBack(records: Uint8Array, from: number, at: number): number {
    // A place before the first byte would count from the end.
    const whole = at === 0 ? 0 : Math.max(from, records.lastIndexOf(LF, at - 1) + 1);
    const half = at - whole;
    if (half > 0 && this.#descriptor !== undefined) {
      ftruncateSync(this.#descriptor, this.#size - half);
      this.#size -= half;
    }
    return whole;
  }

  #rotate(): void {
    this.close();
    this.#size = 0;
    this.news.rotated(this.path);
    const { maxFiles } = this.limits;
    if (maxFiles < 2) {
      rmSync(this.path, { force: true });
      return;
    }
    // Left over from a larger number of files.
    for (let number = maxFiles; existsSync(`${this.path}.${number}`); number++)
      rmSync(`${this.path}.${number}`);
    // Only what is there is moved: somebody may have asked for a million files.
    let free = 1;
    while (free < maxFiles - 1 && existsSync(`${this.path}.${free}`)) free++;
    for (let number = free - 1; number >= 1; number--)
      renameIfThere(`${this.path}.${number}`, `${this.path}.${number + 1}`);
    renameIfThere(this.path, `${this.path}.1`);
  }

  #lookAgain(): void {
    const nowMs = this.nowMs();
    if (this.#descriptor === undefined || nowMs - this.#lookedMs < LOOK_AGAIN_MS) return;
    this.#lookedMs = nowMs;
    if (fstatSync(this.#descriptor).nlink === 0) this.close();
  }

  #makeFolder(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o755 });
    const mode = statSync(this.folder).mode & 0o777;
    // The peer makes <root_dir>/<id> with 0644, which nobody but root can enter.
    if ((mode & 0o111) === 0) chmodSync(this.folder, mode | 0o111);
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (thrown) {
    if (errnoName(thrown) !== "ENOENT") throw thrown;
  }
}

/** Answers what `act` does; its error goes into the generator, which cleans up and lets it pass. */
function attempt(writes: Generator<Write, void, number>, act: () => number): number {
  try {
    return act();
  } catch (thrown) {
    writes.throw(thrown);
    throw thrown;
  }
}

/** Resolves to a function that answers the bytes taken, or throws. */
function writeBehind(
  descriptor: number,
  data: Uint8Array,
  from: number,
  length: number,
): Promise<() => number> {
  return new Promise((resolve) => {
    write(descriptor, data, from, length, null, (error, written) =>
      resolve(() => {
        if (error !== null) throw error;
        return written;
      }),
    );
  });
}
