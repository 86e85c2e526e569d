/**
 * A log as it is and as it goes on: whole lines, oldest first, file by file over rotations. Nothing is kept for a reader that
 * is slow: it reads the files, and when they are rotated away before it has come so far, a line tells it so.
 */

import { closeSync, fstatSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../base/libc.ts";
import { hasCode } from "../errors/error.ts";
import { recordOf } from "./json-lines.ts";
import { LOG_NAME } from "./log-file.ts";
import type { LogNews, LogWatch } from "./log-news.ts";
import type { LogQuery } from "./logs.ts";
import { CHUNK_BYTES, openIfThere, openLogs, readAt, rotatedNames } from "./open-logs.ts";
import { findStart, linesFrom, sinceFilter } from "./read-log.ts";
import type { SinceFilter } from "./since.ts";

const BLOCK_BYTES = 64 * 1024;
const LF = 10;

export interface FollowParts {
  readonly folder: string;
  readonly news: LogNews;
  readonly stamp: () => string;
}

/** Texts of whole lines; ends when `query.followUntil` has aborted and all that was written by then is read. */
export async function* followLog(
  parts: FollowParts,
  query: LogQuery & { readonly followUntil: AbortSignal },
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  signal.throwIfAborted();
  const filter = sinceFilter(query);
  const path = join(parts.folder, LOG_NAME);
  const watch = parts.news.watch(path);
  const follower = new Follower(parts, path, watch, signal);
  const either = AbortSignal.any([signal, query.followUntil]);
  try {
    for await (const block of follower.stored(query, filter)) yield block.toString("utf8");
    for (;;) {
      const isLast = query.followUntil.aborted;
      for await (const block of follower.rest()) {
        const kept = filter === undefined ? block : filter.keep(block);
        if (kept.length > 0) yield kept.toString("utf8");
      }
      const move = follower.moveOn();
      if (move.leftOutFiles > 0) yield notice(move.leftOutFiles, parts.stamp());
      if (move.isMoved) continue;
      if (isLast) return;
      await watch.next(either);
      signal.throwIfAborted();
    }
  } finally {
    watch.close();
    follower.close();
  }
}

function notice(files: number, stamp: string): string {
  const text = `[supercargo] lines are left out: ${files} log files were rotated away before this client had read them`;
  return Buffer.from(recordOf("stderr", text, stamp)).toString("utf8");
}

class Follower {
  #descriptor: number | undefined;
  #offset = 0;
  /** Size of the file up to which it has been read, a half line included. */
  #seen = 0;
  /** Rotations since the watch began at which this file was the current one. */
  #rotation = 0;
  #block = Buffer.allocUnsafe(BLOCK_BYTES);

  constructor(
    private readonly parts: FollowParts,
    private readonly path: string,
    private readonly watch: LogWatch,
    private readonly signal: AbortSignal,
  ) {}

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** What is there at the beginning; afterwards it stands at the end of the file that was current. */
  async *stored(query: LogQuery, filter: SinceFilter | undefined): AsyncGenerator<Buffer, void, undefined> {
    const logs = await openLogs(this.parts.folder).catch((thrown) => {
      if (hasCode(thrown, "SC_LOG_NOT_FOUND")) return [];
      throw thrown;
    });
    try {
      const current = logs.at(-1);
      if (current === undefined) return;
      const start = await findStart(logs, query, this.signal);
      yield* linesFrom(logs, start, BLOCK_BYTES, filter, this.signal);
      this.#descriptor = current.descriptor;
      this.#offset = current.end;
      logs.pop();
    } finally {
      for (const { descriptor } of logs) closeSync(descriptor);
    }
  }

  /** What has come in the file since. */
  async *rest(): AsyncGenerator<Buffer, void, undefined> {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    // Somebody has emptied the file.
    if (fstatSync(descriptor).size < this.#offset) this.#offset = 0;
    for (;;) {
      this.signal.throwIfAborted();
      const length = await readAt(descriptor, this.#block, this.#block.length, this.#offset);
      const end = length === 0 ? 0 : this.#block.lastIndexOf(LF, length - 1) + 1;
      this.#seen = this.#offset + length;
      const isFull = length === this.#block.length;
      if (end === 0 && !isFull) return;
      if (end === 0 && length < CHUNK_BYTES) {
        this.#block = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, length * 2));
        continue;
      }
      // No line of ours is longer than a chunk; a foreign one is passed on in parts.
      const taken = end === 0 ? length : end;
      this.#offset += taken;
      yield this.#block.subarray(0, taken);
    }
  }

  /** Goes to the next file when this one is read and is not the current one any more. Never waits: nothing is rotated meanwhile. */
  moveOn(): { readonly isMoved: boolean; readonly leftOutFiles: number } {
    const mine = this.#descriptor === undefined ? undefined : fstatSync(this.#descriptor);
    if (mine !== undefined && inodeOf(this.path) === mine.ino) return { isMoved: false, leftOutFiles: 0 };
    // Written and rotated since the last look: that comes first.
    if (mine !== undefined && mine.size > this.#seen) return { isMoved: true, leftOutFiles: 0 };
    const names = ["", ...rotatedNames(this.parts.folder)];
    const files = names.map((name) => `${this.path}${name}`);
    const inodes = files.map(inodeOf);
    const at = mine === undefined ? -1 : inodes.indexOf(mine.ino);
    const newer = files.filter((_, index) => inodes[index] !== undefined && (at < 0 || index < at));
    const next = newer.at(-1);
    if (next === undefined) return { isMoved: false, leftOutFiles: 0 };
    const isGone = mine !== undefined && at < 0;
    const leftOutFiles = isGone ? Math.max(0, this.watch.rotations - this.#rotation - newer.length) : 0;
    const descriptor = openIfThere(next);
    if (descriptor === undefined) return { isMoved: false, leftOutFiles: 0 };
    this.close();
    this.#descriptor = descriptor;
    this.#offset = 0;
    this.#seen = 0;
    this.#rotation = this.watch.rotations - (newer.length - 1);
    if (this.#block.length > BLOCK_BYTES) this.#block = Buffer.allocUnsafe(BLOCK_BYTES);
    return { isMoved: true, leftOutFiles };
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch (thrown) {
    const name = errnoName(thrown);
    if (name === "ENOENT" || name === "ENOTDIR") return undefined;
    throw thrown;
  }
}
