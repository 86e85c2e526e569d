/** How far a log has gone on since a known state, also over rotations. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { errnoName } from "../base/libc.ts";
import type { LogState } from "./intake-journal.ts";
import { countLines } from "./log-writer.ts";

const BLOCK_BYTES = 64 * 1024;

/** Lines written since the log `path` was in this state, counted up to `limit`; `limit` when that file is not there any more. */
export function linesBehind(path: string, maxFiles: number, state: LogState, limit: number): number {
  let count = 0;
  for (let number = 0; number < maxFiles && count < limit; number++) {
    const found = linesOf(number === 0 ? path : `${path}.${number}`, state, limit - count);
    if (found === undefined) return limit;
    count += found.lines;
    if (found.isSame) return Math.min(count, limit);
  }
  return limit;
}

/** Lines behind the state when this is the file of it, else all, at least up to `limit`; undefined when there is no file. */
function linesOf(
  path: string,
  state: LogState,
  limit: number,
): { readonly lines: number; readonly isSame: boolean } | undefined {
  const descriptor = openIfThere(path);
  if (descriptor === undefined) return undefined;
  try {
    const isSame = fstatSync(descriptor).ino === state.inode;
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let lines = 0;
    for (let position = isSame ? state.size : 0; lines < limit; ) {
      const length = readSync(descriptor, block, 0, block.length, position);
      if (length === 0) break;
      lines += countLines(block.subarray(0, length));
      position += length;
    }
    return { lines, isSame };
  } finally {
    closeSync(descriptor);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}
