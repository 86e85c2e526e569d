/**
 * The begun lines of a container, kept outside of the process: a reader that is killed in the middle of a line would else
 * lose its first half. Lies beside the FIFOs in memory (/run) and is believed only with the log in exactly the same state.
 */

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { errnoName } from "../base/libc.ts";

export interface Rests {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** The log file at the moment: nobody has written since when both are equal. */
export interface LogState {
  readonly inode: number;
  readonly size: number;
}

const HEADER_BYTES = 8 * 2 + 4 * 3;

export class RestFile {
  #descriptor: number | undefined;
  #isEmpty = true;

  constructor(readonly path: string) {}

  /** Keeps the rests for the log in this state; nothing is written while there is nothing to keep. */
  save(log: LogState, rests: Rests): void {
    const isEmpty = rests.stdout.length + rests.stderr.length === 0;
    if (isEmpty && this.#isEmpty) return;
    this.#isEmpty = isEmpty;
    this.#descriptor ??= openSync(this.path, "w", 0o600);
    const record = encode(log, rests);
    writeSync(this.#descriptor, record, 0, record.length, 0);
  }

  /** What was kept for the log in this state; undefined when it has gone on since, or the record is not whole. */
  load(log: LogState): Rests | undefined {
    let record: Buffer;
    try {
      record = readFileSync(this.path);
    } catch (thrown) {
      if (errnoName(thrown) === "ENOENT") return undefined;
      throw thrown;
    }
    return decode(record, log);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function encode(log: LogState, rests: Rests): Buffer {
  const { stdout, stderr } = rests;
  const record = Buffer.alloc(HEADER_BYTES + stdout.length + stderr.length);
  record.writeDoubleLE(log.inode, 0);
  record.writeDoubleLE(log.size, 8);
  record.writeUInt32LE(stdout.length, 16);
  record.writeUInt32LE(stderr.length, 20);
  record.set(stdout, HEADER_BYTES);
  record.set(stderr, HEADER_BYTES + stdout.length);
  record.writeUInt32LE(checksum(record), 24);
  return record;
}

function decode(record: Buffer, log: LogState): Rests | undefined {
  if (record.length < HEADER_BYTES) return undefined;
  const stdoutEnd = HEADER_BYTES + record.readUInt32LE(16);
  const stderrEnd = stdoutEnd + record.readUInt32LE(20);
  if (stderrEnd > record.length) return undefined;
  // A longer earlier record may lie behind.
  const whole = record.subarray(0, stderrEnd);
  if (whole.readUInt32LE(24) !== checksum(whole)) return undefined;
  if (whole.readDoubleLE(0) !== log.inode || whole.readDoubleLE(8) !== log.size) return undefined;
  return { stdout: whole.subarray(HEADER_BYTES, stdoutEnd), stderr: whole.subarray(stdoutEnd) };
}

/** FNV-1a over all but the checksum's own place: tells a record cut off by a kill from a whole one. */
function checksum(record: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < record.length; index++) {
    if (index >= 24 && index < HEADER_BYTES) continue;
    sum = Math.imul(sum ^ (record[index] ?? 0), 0x01000193) >>> 0;
  }
  return sum;
}
