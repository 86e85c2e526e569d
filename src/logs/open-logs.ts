/** A container's log files as they are at one moment, opened together, and whole lines of them in bounded memory. */

import { closeSync, fstatSync, openSync, read, readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../base/libc.ts";
import { SupercargoError } from "../errors/error.ts";
import { LOG_NAME } from "./log-file.ts";

/** The most that is read at once; only a line of somebody else's can be longer. gRPC allows 4 MiB. */
export const CHUNK_BYTES = 3 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const LF = 10;

/** A file as it was when the reading began; what is written later is not read. */
export interface OpenLog {
  readonly descriptor: number;
  /** End of the last whole line. */
  readonly end: number;
}

/** A place in a row of logs. */
export interface LogPlace {
  readonly index: number;
  readonly offset: number;
}

/** Whole lines from `from` on, in buffers of at most `limitBytes` unless a single line is longer. */
export async function* chunksOf(
  log: OpenLog,
  from: number,
  limitBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let size = Math.min(limitBytes, Math.max(0, log.end - from));
  let buffer = Buffer.allocUnsafe(size);
  for (let offset = from; offset < log.end; ) {
    signal.throwIfAborted();
    const length = await readAt(log.descriptor, buffer, Math.min(size, log.end - offset), offset);
    // Somebody cut the file off: what is left is not ours to guess.
    if (length === 0) return;
    const end = buffer.lastIndexOf(LF, length - 1) + 1;
    if (end === 0 && size < CHUNK_BYTES && offset + length < log.end) {
      size = Math.min(CHUNK_BYTES, size * 2);
      buffer = Buffer.allocUnsafe(size);
      continue;
    }
    // No line of ours is longer than a chunk; a foreign one is passed on in parts.
    const taken = end === 0 ? length : end;
    yield buffer.subarray(0, taken);
    offset += taken;
  }
}

/** Oldest first. Opened newest first and told apart by inode, so that a rotation meanwhile neither hides nor doubles one. */
export async function openLogs(folder: string): Promise<OpenLog[]> {
  const descriptors: number[] = [];
  try {
    // Nothing of this process can rotate in between: no waiting until all are open.
    for (const name of ["", ...rotatedNames(folder)]) {
      const descriptor = openIfThere(join(folder, `${LOG_NAME}${name}`));
      if (descriptor !== undefined) descriptors.unshift(descriptor);
    }
    if (descriptors.length === 0)
      throw new SupercargoError("SC_LOG_NOT_FOUND", `log file not found ${join(folder, LOG_NAME)}`);
    const inodes = descriptors.map((descriptor) => fstatSync(descriptor).ino);
    const logs: OpenLog[] = [];
    for (const [index, descriptor] of descriptors.entries()) {
      const isDouble = inodes.indexOf(inodes[index] ?? 0) !== index;
      logs.push({ descriptor, end: isDouble ? 0 : await wholeLines(descriptor, fstatSync(descriptor).size) });
    }
    return logs;
  } catch (thrown) {
    for (const descriptor of descriptors) closeSync(descriptor);
    throw thrown;
  }
}

export function rotatedNames(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (thrown) {
    const name = errnoName(thrown);
    if (name === "ENOENT" || name === "ENOTDIR") return [];
    throw thrown;
  }
  return names
    .map((name) => /^json\.log\.([1-9]\d{0,5})$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .sort((a, b) => Number(a) - Number(b))
    .map((number) => `.${number}`);
}

export function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (thrown) {
    const name = errnoName(thrown);
    if (name === "ENOENT" || name === "ENOTDIR") return undefined;
    throw thrown;
  }
}

/** End of the last whole line among the first `size` bytes. */
async function wholeLines(descriptor: number, size: number): Promise<number> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - BLOCK_BYTES);
    const length = await readAt(descriptor, block, end - from, from);
    const at = length === 0 ? -1 : block.lastIndexOf(LF, length - 1);
    if (at >= 0) return from + at + 1;
    end = from;
  }
  return 0;
}

export function readAt(
  descriptor: number,
  buffer: Buffer,
  length: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, 0, length, position, (error, bytes) =>
      error === null ? resolve(bytes) : reject(error),
    );
  });
}
