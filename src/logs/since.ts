/**
 * Lines from a moment on. Where they begin is found by looking at one line in each quarter of a megabyte, so old files are not
 * read whole; not by halving, because the clock of a device can have been set back in between. From there each line is judged.
 */

import { type LogPlace, type OpenLog, readAt } from "./open-logs.ts";
import { timeKeyOfLine } from "./time-key.ts";

const STRIDE_BYTES = 256 * 1024;
/** More than the stamp at the end of a line, and often a whole line. */
const LOOK_BYTES = 2048;
const STAMP_BYTES = 64;
const LF = 10;

/** Where reading must begin so that no line from `key` on is missed, as far as the clock went forward. */
export async function findSince(
  logs: readonly OpenLog[],
  key: string,
  signal: AbortSignal,
): Promise<LogPlace> {
  let place: LogPlace = { index: 0, offset: 0 };
  for (const [index, log] of logs.entries()) {
    for (let at = 0; at < log.end; ) {
      signal.throwIfAborted();
      const line = await lineAt(log, at);
      if (line === undefined) break;
      if (line.key !== undefined && line.key >= key) return place;
      if (line.key !== undefined) place = { index, offset: line.end };
      // The very last line is looked at, too.
      at = Math.max(line.end, Math.min(at + STRIDE_BYTES, log.end - 1));
    }
  }
  return place;
}

/** End (behind the line feed) and stamp of the line in which `at` lies. */
async function lineAt(
  log: OpenLog,
  at: number,
): Promise<{ readonly end: number; readonly key: string | undefined } | undefined> {
  const from = Math.max(0, at - STAMP_BYTES);
  for (let size = LOOK_BYTES; ; size *= 4) {
    const data = Buffer.allocUnsafe(Math.min(size, log.end - from));
    const length = await readAt(log.descriptor, data, data.length, from);
    const end = data.subarray(0, length).indexOf(LF, at - from);
    if (end >= 0) return { end: from + end + 1, key: timeKeyOfLine(data, 0, end) };
    if (length < data.length || from + length >= log.end) return undefined;
  }
}

/** Keeps lines from a moment on; a line without a stamp stays with the one before it. */
export class SinceFilter {
  #isKeeping = true;

  constructor(private readonly key: string) {}

  /** The kept ones of whole lines; the same memory when all are. */
  keep(block: Buffer): Buffer {
    const runs: Buffer[] = [];
    let runStart = 0;
    for (let start = 0; start < block.length; ) {
      const feed = block.indexOf(LF, start);
      const end = feed < 0 ? block.length : feed + 1;
      const key = timeKeyOfLine(block, start, feed < 0 ? block.length : feed);
      const keeps = key === undefined ? this.#isKeeping : key >= this.key;
      if (keeps !== this.#isKeeping) {
        if (this.#isKeeping && start > runStart) runs.push(block.subarray(runStart, start));
        runStart = start;
        this.#isKeeping = keeps;
      }
      start = end;
    }
    if (this.#isKeeping && runStart < block.length) runs.push(block.subarray(runStart));
    return runs.length === 1 && runs[0] !== undefined ? runs[0] : Buffer.concat(runs);
  }
}
