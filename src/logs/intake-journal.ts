/**
 * What was read from the FIFOs and may not be in the log yet, kept outside of the process (beside the FIFOs, in memory), so
 * that a daemon killed at any instruction loses no output that it had taken. Written before a portion is worked on; after a
 * kill the portion is worked on again, without the records of it that the log already has.
 * Two places are used in turn: a kill while one is written leaves the other whole.
 */

import { closeSync, constants, openSync, readSync, writevSync } from "node:fs";
import { errnoName } from "../base/libc.ts";
import type { StreamName } from "./json-lines.ts";

/** The log file at the moment of the entry: records behind `size` (and in newer files) came later. */
export interface LogState {
  readonly inode: number;
  readonly size: number;
}

export interface Intake {
  readonly log: LogState;
  /** Only this stream's portion can have records in the log behind `log`. */
  readonly stream: StreamName;
  /** Begun line and portion of that stream. */
  readonly portion: Uint8Array;
  /** Read after it and not worked on; of the other stream with its begun line. */
  readonly behind: Readonly<Record<StreamName, Uint8Array>>;
}

/** Parts are not joined before they are written. */
export interface IntakeParts {
  readonly log: LogState;
  readonly stream: StreamName;
  readonly portion: readonly Uint8Array[];
  readonly behind: Readonly<Record<StreamName, readonly Uint8Array[]>>;
}

const HEADER_BYTES = 48;
const TRAILER_BYTES = 8;
/** Room of one place: far more than begun lines and chunks of both streams. */
const PLACE_BYTES = 4 * 1024 * 1024;
/** Where in the header; the marker first, so that whatever is overwritten in part is not valid any more: marker, serial, inode, size, lengths of the three parts, stream. */
const AT = {
  marker: 0,
  serial: 8,
  inode: 16,
  size: 24,
  portion: 32,
  stdout: 36,
  stderr: 40,
  stream: 44,
} as const;

export class IntakeJournal {
  #descriptor: number | undefined;
  #serial = 0;

  constructor(readonly path: string) {}

  /** Keeps the entry instead of the one before. Node's file errors pass; too much to keep is RangeError. */
  save(parts: IntakeParts): void {
    const portion = lengthOf(parts.portion);
    const stdout = lengthOf(parts.behind.stdout);
    const stderr = lengthOf(parts.behind.stderr);
    if (HEADER_BYTES + portion + stdout + stderr + TRAILER_BYTES > PLACE_BYTES)
      throw new RangeError(`more than ${PLACE_BYTES} bytes of output to keep`);
    this.#descriptor ??= openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#serial++;
    const header = Buffer.alloc(HEADER_BYTES);
    const marker = crypto.getRandomValues(new Uint8Array(TRAILER_BYTES));
    header.writeDoubleLE(this.#serial, AT.serial);
    header.set(marker, AT.marker);
    header.writeDoubleLE(parts.log.inode, AT.inode);
    header.writeDoubleLE(parts.log.size, AT.size);
    header.writeUInt32LE(portion, AT.portion);
    header.writeUInt32LE(stdout, AT.stdout);
    header.writeUInt32LE(stderr, AT.stderr);
    header.writeUInt32LE(parts.stream === "stderr" ? 1 : 0, AT.stream);
    // The marker at the end makes it valid: a kill in between leaves a beginning only.
    const all = [header, ...parts.portion, ...parts.behind.stdout, ...parts.behind.stderr, marker];
    writevSync(this.#descriptor, all, (this.#serial % 2) * PLACE_BYTES);
  }

  /** The last whole entry of an earlier process; undefined when there is none. Before the first `save`. */
  load(): Intake | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(this.path, "r");
    } catch (thrown) {
      if (errnoName(thrown) === "ENOENT") return undefined;
      throw thrown;
    }
    try {
      const first = readEntry(descriptor, 0);
      const second = readEntry(descriptor, PLACE_BYTES);
      const last = (first?.serial ?? 0) > (second?.serial ?? 0) ? first : second;
      // Goes on in the other place, so that this entry stays until the next is whole.
      this.#serial = last?.serial ?? 0;
      return last?.intake;
    } finally {
      closeSync(descriptor);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function readEntry(
  descriptor: number,
  position: number,
): { readonly serial: number; readonly intake: Intake } | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  if (readSync(descriptor, header, 0, HEADER_BYTES, position) < HEADER_BYTES) return undefined;
  const portionEnd = header.readUInt32LE(AT.portion);
  const stdoutEnd = portionEnd + header.readUInt32LE(AT.stdout);
  const stderrEnd = stdoutEnd + header.readUInt32LE(AT.stderr);
  if (HEADER_BYTES + stderrEnd + TRAILER_BYTES > PLACE_BYTES || header.readDoubleLE(AT.serial) === 0)
    return undefined;
  const body = Buffer.alloc(stderrEnd + TRAILER_BYTES);
  if (readSync(descriptor, body, 0, body.length, position + HEADER_BYTES) < body.length) return undefined;
  if (!body.subarray(stderrEnd).equals(header.subarray(AT.marker, AT.marker + TRAILER_BYTES)))
    return undefined;
  const intake: Intake = {
    log: { inode: header.readDoubleLE(AT.inode), size: header.readDoubleLE(AT.size) },
    stream: header.readUInt32LE(AT.stream) === 1 ? "stderr" : "stdout",
    portion: body.subarray(0, portionEnd),
    behind: { stdout: body.subarray(portionEnd, stdoutEnd), stderr: body.subarray(stdoutEnd, stderrEnd) },
  };
  return { serial: header.readDoubleLE(AT.serial), intake };
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}
