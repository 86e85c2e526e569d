/** What stands between lines and the file: the two modes of spec/engine.md §15 are its implementations. */

import { recordOf } from "./json-lines.ts";

/** What of a run's output is not in its log. */
export interface OutputLosses {
  /** Lines that were dropped. */
  readonly lines: number;
  /** Why the log cannot be written at this moment: the name of the system's error, or its text. */
  readonly refusal: string | undefined;
}

export const NO_LOSSES: OutputLosses = { lines: 0, refusal: undefined };

export interface LogWriter {
  readonly losses: OutputLosses;
  /**
   * Takes whole records (copied when they must wait). A promise means: read no more until it resolves; the records are taken
   * all the same.
   */
  write(records: Uint8Array): Promise<void> | undefined;
  /** Waits no longer for a disk that refuses: one more try, then output is dropped. */
  hurry(): void;
  /** Resolves when everything taken is in the file, or has been given up after `hurry`. The file stays open. */
  flush(): Promise<void>;
}

const LF = 10;

export function countLines(records: Uint8Array): number {
  let count = 0;
  for (let at = records.indexOf(LF); at >= 0; at = records.indexOf(LF, at + 1)) count++;
  return count;
}

/**
 * The record that stands where output was dropped. It is on stderr, so that a program that reads the container's own stdout
 * from the log does not meet a line that the container never wrote there.
 */
export function dropNotice(lines: number, reason: string, stamp: string): Uint8Array {
  return recordOf("stderr", `[supercargo] ${lines} lines of output were dropped: ${reason}`, stamp);
}
