/**
 * What was taken from the FIFOs and may not be in the log yet, kept outside of the process (beside the FIFOs, in memory), so
 * that a daemon killed at any instruction loses no output. Written before a portion leaves its FIFO; after a kill the portion
 * is worked on again, without the records of it that the log already has.
 * Two places are used in turn: a kill while one is written leaves the other whole.
 */

import { closeSync, constants, openSync, readSync, writeSync, writevSync } from "node:fs";
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
  /** Begun line of that stream and the bytes that followed. */
  readonly portion: Uint8Array;
  /** So many bytes at the end of the portion may still be in the FIFO, as its next ones. */
  readonly heldBytes: number;
  /** Begun line of the other stream. */
  readonly otherRest: Uint8Array;
}

const HEADER_BYTES = 48;
const TRAILER_BYTES = 8;
/** Room of one place: more than two begun lines and a portion. */
const PLACE_BYTES = 128 * 1024;
/** Where in the header; the marker first, so that whatever is overwritten in part is not valid any more. */
const AT = {
  marker: 0,
  serial: 8,
  inode: 16,
  size: 24,
  portion: 32,
  rest: 36,
  stream: 40,
  held: 44,
} as const;
const NOTHING_HELD = Buffer.alloc(4);

export class IntakeJournal {
  #descriptor: number | undefined;
  #serial = 0;
  /** Made once: this is on the way of every chunk. */
  readonly #header = Buffer.alloc(HEADER_BYTES);
  readonly #marker = new Uint8Array(TRAILER_BYTES);

  constructor(readonly path: string) {}

  /** Keeps this instead of the entry before; `begun` and `chunk` are the portion. Node's file errors pass; too much is RangeError. */
  save(log: LogState, stream: StreamName, begun: Uint8Array, chunk: Uint8Array, otherRest: Uint8Array): void {
    const portionBytes = begun.length + chunk.length;
    if (HEADER_BYTES + portionBytes + otherRest.length + TRAILER_BYTES > PLACE_BYTES)
      throw new RangeError(`more than ${PLACE_BYTES} bytes of output to keep`);
    this.#serial++;
    const header = this.#header;
    const marker = crypto.getRandomValues(this.#marker);
    header.set(marker, AT.marker);
    header.writeDoubleLE(this.#serial, AT.serial);
    header.writeDoubleLE(log.inode, AT.inode);
    header.writeDoubleLE(log.size, AT.size);
    header.writeUInt32LE(portionBytes, AT.portion);
    header.writeUInt32LE(otherRest.length, AT.rest);
    header.writeUInt32LE(stream === "stderr" ? 1 : 0, AT.stream);
    header.writeUInt32LE(chunk.length, AT.held);
    // The marker at the end makes it valid: a kill in between leaves a beginning only.
    writevSync(this.#open(), [header, begun, chunk, otherRest, marker], this.#position);
  }

  /** The chunk of the last entry has left its FIFO. */
  markReleased(): void {
    writeSync(this.#open(), NOTHING_HELD, 0, NOTHING_HELD.length, this.#position + AT.held);
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

  get #position(): number {
    return (this.#serial % 2) * PLACE_BYTES;
  }

  #open(): number {
    this.#descriptor ??= openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
    return this.#descriptor;
  }
}

function readEntry(
  descriptor: number,
  position: number,
): { readonly serial: number; readonly intake: Intake } | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  if (readSync(descriptor, header, 0, HEADER_BYTES, position) < HEADER_BYTES) return undefined;
  const portionEnd = header.readUInt32LE(AT.portion);
  const restEnd = portionEnd + header.readUInt32LE(AT.rest);
  const serial = header.readDoubleLE(AT.serial);
  const heldBytes = header.readUInt32LE(AT.held);
  if (serial === 0 || HEADER_BYTES + restEnd + TRAILER_BYTES > PLACE_BYTES || heldBytes > portionEnd)
    return undefined;
  const body = Buffer.alloc(restEnd + TRAILER_BYTES);
  if (readSync(descriptor, body, 0, body.length, position + HEADER_BYTES) < body.length) return undefined;
  if (!body.subarray(restEnd).equals(header.subarray(AT.marker, AT.marker + TRAILER_BYTES))) return undefined;
  const intake: Intake = {
    log: { inode: header.readDoubleLE(AT.inode), size: header.readDoubleLE(AT.size) },
    stream: header.readUInt32LE(AT.stream) === 1 ? "stderr" : "stdout",
    portion: body.subarray(0, portionEnd),
    heldBytes,
    otherRest: body.subarray(portionEnd, restEnd),
  };
  return { serial, intake };
}
