/**
 * Reading a container's log back: whole lines, oldest first, over rotated files, in bounded memory, while it is being written
 * and rotated (spec/grpc-api.md §10; of its quirks only "one text per line" and the last line's `\n` are kept).
 */

import { closeSync, fstatSync, openSync, read, readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../base/libc.ts";
import { SupercargoError } from "../errors/error.ts";
import { LOG_NAME } from "./log-file.ts";

/** Texts of a full read; the peer's client shows a blank line between two, so few and large ones. gRPC allows 4 MiB. */
const CHUNK_BYTES = 3 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const LF = 10;

/** A file as it was when the reading began; what is written later is not read. */
interface OpenLog {
  readonly descriptor: number;
  /** End of the last whole line. */
  readonly end: number;
}

/**
 * The stored lines in `folder`. `tail` < 0: everything, as texts of many lines of at most 3 MiB, each ending in `\n`; an empty
 * log is one empty text. `tail` n: the last n lines, one text each, without `\n` except the very last. A half line at the end
 * is left out. Throws SC_LOG_NOT_FOUND.
 */
export async function* readLog(
  folder: string,
  tail: number,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  signal.throwIfAborted();
  const logs = await openLogs(folder);
  try {
    if (tail < 0) yield* readAll(logs, signal);
    else if (tail > 0) yield* readTail(logs, tail, signal);
  } finally {
    for (const { descriptor } of logs) closeSync(descriptor);
  }
}

async function* readAll(logs: readonly OpenLog[], signal: AbortSignal): AsyncGenerator<string> {
  let isEmpty = true;
  for (const text of logs) {
    for await (const lines of chunksOf(text, 0, CHUNK_BYTES, signal)) {
      isEmpty = false;
      yield lines.toString("utf8");
    }
  }
  if (isEmpty) yield "";
}

async function* readTail(
  logs: readonly OpenLog[],
  tail: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const start = await findStart(logs, tail, signal);
  // One line late, because only the very last keeps its end.
  let line: string | undefined;
  for (let index = start.index; index < logs.length; index++) {
    const log = logs[index];
    if (log === undefined) continue;
    const from = index === start.index ? start.offset : 0;
    for await (const block of chunksOf(log, from, BLOCK_BYTES, signal)) {
      for (const text of linesOf(block)) {
        if (line !== undefined) yield line;
        line = text;
      }
    }
  }
  if (line !== undefined) yield `${line}\n`;
}

function* linesOf(block: Buffer): Generator<string> {
  let from = 0;
  for (let end = block.indexOf(LF); end >= 0; end = block.indexOf(LF, from)) {
    yield block.toString("utf8", from, end);
    from = end + 1;
  }
  // A line longer than a block arrives in one piece; only a foreign one without end is left.
  if (from < block.length) yield block.toString("utf8", from);
}

/** Where the last `tail` lines begin. */
async function findStart(
  logs: readonly OpenLog[],
  tail: number,
  signal: AbortSignal,
): Promise<{ readonly index: number; readonly offset: number }> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let missing = tail;
  for (let index = logs.length - 1; index >= 0; index--) {
    const log = logs[index];
    if (log === undefined || log.end === 0) continue;
    // The file's last byte ends its last line; every other line feed begins one of those that are counted.
    for (let end = log.end - 1; end > 0; ) {
      signal.throwIfAborted();
      const from = Math.max(0, end - BLOCK_BYTES);
      const length = await readAt(log.descriptor, block, end - from, from);
      for (
        let at = block.lastIndexOf(LF, length - 1);
        at >= 0 && length > 0;
        at = at === 0 ? -1 : block.lastIndexOf(LF, at - 1)
      ) {
        if (--missing === 0) return { index, offset: from + at + 1 };
      }
      end = from;
    }
    if (--missing === 0) return { index, offset: 0 };
  }
  return { index: 0, offset: 0 };
}

/** Whole lines from `from` on, in buffers of at most `limitBytes` unless a single line is longer. */
async function* chunksOf(
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
async function openLogs(folder: string): Promise<OpenLog[]> {
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

function rotatedNames(folder: string): string[] {
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

function openIfThere(path: string): number | undefined {
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

function readAt(descriptor: number, buffer: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, 0, length, position, (error, bytes) =>
      error === null ? resolve(bytes) : reject(error),
    );
  });
}
