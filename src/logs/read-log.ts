/**
 * Reading a container's log back: whole lines, oldest first, over rotated files, in bounded memory, while it is being written
 * and rotated (spec/grpc-api.md §10; of its quirks only "one text per line" and the last line's `\n` are kept).
 */

import { closeSync } from "node:fs";
import { SupercargoError } from "../errors/error.ts";
import type { LogQuery } from "./logs.ts";
import { CHUNK_BYTES, chunksOf, type LogPlace, type OpenLog, openLogs, readAt } from "./open-logs.ts";
import { findSince, SinceFilter } from "./since.ts";
import { timeKey } from "./time-key.ts";

const BLOCK_BYTES = 64 * 1024;
const LF = 10;

/**
 * The stored lines in `folder`. `tail` < 0: everything, as texts of many lines of at most 3 MiB, each ending in `\n`; an empty
 * log is one empty text. `tail` n: the last n lines, one text each, without `\n` except the very last. A half line at the end
 * is left out. Throws SC_LOG_NOT_FOUND.
 */
export async function* readLog(
  folder: string,
  query: Pick<LogQuery, "tail" | "since">,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  signal.throwIfAborted();
  const filter = sinceFilter(query);
  const logs = await openLogs(folder);
  try {
    const start = await findStart(logs, query, signal);
    if (query.tail < 0) yield* inChunks(linesFrom(logs, start, CHUNK_BYTES, filter, signal));
    else yield* oneByOne(linesFrom(logs, start, BLOCK_BYTES, filter, signal));
  } finally {
    for (const { descriptor } of logs) closeSync(descriptor);
  }
}

/** Undefined when all moments are wanted. SC_LOG_QUERY_INVALID. */
export function sinceFilter({ since }: Pick<LogQuery, "since">): SinceFilter | undefined {
  return since === undefined ? undefined : new SinceFilter(requireKey(since));
}

/** Where the lines begin that are asked for; behind the last one when `tail` is 0. */
export async function findStart(
  logs: readonly OpenLog[],
  { tail, since }: Pick<LogQuery, "tail" | "since">,
  signal: AbortSignal,
): Promise<LogPlace> {
  const ofTail = tail < 0 ? { index: 0, offset: 0 } : await findTail(logs, tail, signal);
  if (since === undefined) return ofTail;
  const ofSince = await findSince(logs, requireKey(since), signal);
  const isLater =
    ofSince.index > ofTail.index || (ofSince.index === ofTail.index && ofSince.offset > ofTail.offset);
  return isLater ? ofSince : ofTail;
}

/** Whole lines from a place on, in blocks that are valid until the next is asked for; never an empty one. */
export async function* linesFrom(
  logs: readonly OpenLog[],
  start: LogPlace,
  blockBytes: number,
  filter: SinceFilter | undefined,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  for (const [index, log] of logs.entries()) {
    if (index < start.index) continue;
    const from = index === start.index ? start.offset : 0;
    for await (const block of chunksOf(log, from, blockBytes, signal)) {
      const kept = filter === undefined ? block : filter.keep(block);
      if (kept.length > 0) yield kept;
    }
  }
}

async function* inChunks(blocks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let isEmpty = true;
  for await (const lines of blocks) {
    isEmpty = false;
    yield lines.toString("utf8");
  }
  if (isEmpty) yield "";
}

async function* oneByOne(blocks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  // One line late, because only the very last keeps its end.
  let line: string | undefined;
  for await (const block of blocks) {
    for (const text of linesOf(block)) {
      if (line !== undefined) yield line;
      line = text;
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
async function findTail(logs: readonly OpenLog[], tail: number, signal: AbortSignal): Promise<LogPlace> {
  if (tail === 0) return { index: logs.length, offset: 0 };
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

function requireKey(since: string): string {
  const key = timeKey(since);
  if (key === undefined) throw new SupercargoError("SC_LOG_QUERY_INVALID", `invalid time : ${since}`);
  return key;
}
