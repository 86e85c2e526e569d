/** What to do with the half record that a kill or a power cut left at the end of a log: the text that is there is kept. */

import { fstatSync, ftruncateSync, readSync, writeSync } from "node:fs";
import { recordOf, type StreamName } from "./json-lines.ts";

/** The longest record of ours: 16 KiB of `\u0000`, and its frame; no torn one is longer. */
const LOOK_BACK_BYTES = 128 * 1024;
const START = /^\{"stream":"(stdout|stderr)","log":"/;
const LF = 10;

export interface Repair {
  /** Bytes taken from the end of the file. */
  readonly cutBytes: number;
  /** Whether the text of the torn record was written again as a whole one. */
  readonly completed: boolean;
}

/** Makes the file end with a whole line; undefined when it does. `descriptor` is open for reading and appending. `cutOnly`: its text is known. */
export function repairEnd(descriptor: number, stamp: string, cutOnly: boolean): Repair | undefined {
  const size = fstatSync(descriptor).size;
  if (size === 0) return undefined;
  const from = Math.max(0, size - LOOK_BACK_BYTES);
  const block = Buffer.alloc(size - from);
  const length = readSync(descriptor, block, 0, block.length, from);
  const end = block.subarray(0, length);
  if (end[length - 1] === LF) return undefined;
  const lineStart = end.lastIndexOf(LF) + 1;
  if (lineStart === 0 && from > 0) {
    // Longer than any record of ours: somebody else's text, kept as a line.
    writeSync(descriptor, "\n");
    return { cutBytes: 0, completed: false };
  }
  const torn = end.subarray(lineStart);
  const record = cutOnly ? undefined : complete(torn, stamp);
  ftruncateSync(descriptor, size - torn.length);
  if (record !== undefined) writeSync(descriptor, record);
  return { cutBytes: torn.length, completed: record !== undefined };
}

/** A whole record of a torn one: the text up to where it breaks off. Undefined when there is no text. */
export function complete(torn: Uint8Array, stamp: string): Uint8Array | undefined {
  // A power cut can leave zeros where data was promised.
  const zero = torn.indexOf(0);
  const text = Buffer.from(zero < 0 ? torn : torn.subarray(0, zero)).toString("utf8");
  const start = START.exec(text);
  if (start === null) return undefined;
  const body = text.slice(start[0].length);
  const whole = /^(?:[^"\\]|\\u[0-9a-f]{4}|\\[^u])*/.exec(body)?.[0] ?? "";
  // A character cut in the middle has become U+FFFD at the very end.
  const log = decode(whole.length === body.length ? whole.replace(/\uFFFD$/, "") : whole);
  if (log === undefined || log === "") return undefined;
  const stream: StreamName = start[1] === "stderr" ? "stderr" : "stdout";
  return recordOf(stream, log.replace(/\n$/, ""), stamp);
}

function decode(escaped: string): string | undefined {
  try {
    return String(JSON.parse(`"${escaped}"`));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
