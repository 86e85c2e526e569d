/**
 * Frames on their way out. What is written in one turn of the event loop leaves in one write to the socket.
 * Invariant: `queuedBytes` is everything that was written here and that the system has not taken.
 */

import type { ByteConnection } from "../../base/byte-connection.ts";
import { Flag, FRAME_HEADER_BYTES, FrameType } from "./frame.ts";

const START_BYTES = 4096;
/** A buffer that grew beyond this is given back after its write. */
const KEEP_BYTES = 128 * 1024;

export class Output {
  readonly #connection: ByteConnection;
  readonly #onFlushed: () => void;
  #buffer = Buffer.allocUnsafeSlow(START_BYTES);
  #length = 0;
  #written = 0;
  #isScheduled = false;

  /** @param onFlushed called after each write to the connection */
  constructor(connection: ByteConnection, onFlushed: () => void) {
    this.#connection = connection;
    this.#onFlushed = onFlushed;
  }

  get queuedBytes(): number {
    return this.#length + this.#connection.queuedBytes;
  }

  /** Bytes that the system has taken since the start. */
  get takenBytes(): number {
    return this.#written - this.#connection.queuedBytes;
  }

  bytes(data: Uint8Array): void {
    this.#reserve(data.length);
    this.#buffer.set(data, this.#length);
    this.#length += data.length;
  }

  /** Starts a frame; its payload must follow. */
  frame(length: number, type: number, flags: number, streamId: number): void {
    this.#reserve(FRAME_HEADER_BYTES + length);
    let at = this.#length;
    const buffer = this.#buffer;
    buffer[at++] = length >>> 16;
    buffer[at++] = length >>> 8;
    buffer[at++] = length;
    buffer[at++] = type;
    buffer[at++] = flags;
    buffer[at++] = streamId >>> 24;
    buffer[at++] = streamId >>> 16;
    buffer[at++] = streamId >>> 8;
    buffer[at++] = streamId;
    this.#length = at;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32BE(value >>> 0, this.#length);
  }

  uint16(value: number): void {
    this.#reserve(2);
    this.#length = this.#buffer.writeUInt16BE(value, this.#length);
  }

  /** Header block as HEADERS and as many CONTINUATION frames as it needs. */
  headers(streamId: number, block: Uint8Array, endStream: boolean, maxFrameBytes: number): void {
    const end = endStream ? Flag.END_STREAM : 0;
    if (block.length <= maxFrameBytes) {
      this.frame(block.length, FrameType.HEADERS, Flag.END_HEADERS | end, streamId);
      this.bytes(block);
      return;
    }
    this.frame(maxFrameBytes, FrameType.HEADERS, end, streamId);
    this.bytes(block.subarray(0, maxFrameBytes));
    for (let at = maxFrameBytes; at < block.length; at += maxFrameBytes) {
      const part = block.subarray(at, at + maxFrameBytes);
      const isLast = at + maxFrameBytes >= block.length;
      this.frame(part.length, FrameType.CONTINUATION, isLast ? Flag.END_HEADERS : 0, streamId);
      this.bytes(part);
    }
  }

  settings(pairs: readonly (readonly [number, number])[]): void {
    this.frame(pairs.length * 6, FrameType.SETTINGS, 0, 0);
    for (const [id, value] of pairs) {
      this.uint16(id);
      this.uint32(value);
    }
  }

  settingsAck(): void {
    this.frame(0, FrameType.SETTINGS, Flag.ACK, 0);
  }

  ping(payload: Uint8Array, isAck: boolean): void {
    this.frame(8, FrameType.PING, isAck ? Flag.ACK : 0, 0);
    this.bytes(payload);
  }

  windowUpdate(streamId: number, bytes: number): void {
    this.frame(4, FrameType.WINDOW_UPDATE, 0, streamId);
    this.uint32(bytes);
  }

  reset(streamId: number, code: number): void {
    this.frame(4, FrameType.RST_STREAM, 0, streamId);
    this.uint32(code);
  }

  goaway(lastStreamId: number, code: number, message: string): void {
    const text = Buffer.from(message, "utf8");
    this.frame(8 + text.length, FrameType.GOAWAY, 0, 0);
    this.uint32(lastStreamId);
    this.uint32(code);
    this.bytes(text);
  }

  /** Writes what is there now. */
  flush(): void {
    if (this.#length > 0) {
      const ready = this.#buffer.subarray(0, this.#length);
      this.#written += this.#length;
      this.#length = 0;
      this.#connection.write(ready);
      if (this.#buffer.length > KEEP_BYTES) this.#buffer = Buffer.allocUnsafeSlow(START_BYTES);
    }
    this.#onFlushed();
  }

  #reserve(bytes: number): void {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.flush();
      });
    }
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
