/** Cuts bytes into HTTP/2 frames, however they arrive. A payload that lies in one chunk is not copied. */

import { ErrorCode, FRAME_HEADER_BYTES, Http2Error, PREFACE } from "./frame.ts";

/** Gets each frame; may throw Http2Error, which then comes out of `feed`. */
export type FrameSink = (type: number, flags: number, streamId: number, payload: Uint8Array) => void;

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #maxFrameBytes: number;
  #prefaceAt: number;
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerAt = 0;
  /** The part of a payload that is here; undefined while a header is read. */
  #payload: Uint8Array | undefined;
  #payloadAt = 0;
  #stopped = false;

  /** @param expectsPreface whether a client is at the other end */
  constructor(sink: FrameSink, maxFrameBytes: number, expectsPreface: boolean) {
    this.#sink = sink;
    this.#maxFrameBytes = maxFrameBytes;
    this.#prefaceAt = expectsPreface ? 0 : PREFACE.length;
  }

  /** Bytes from here on are dropped, also the rest of a chunk that is being read. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes the next bytes. Throws Http2Error; of no use afterwards. */
  feed(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      if (this.#prefaceAt < PREFACE.length) at = this.#readPreface(chunk, at);
      else if (this.#payload === undefined) at = this.#readHeader(chunk, at);
      else at = this.#readPayload(chunk, at, this.#payload);
    }
  }

  #readPreface(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && this.#prefaceAt < PREFACE.length) {
      if (chunk[at++] !== PREFACE[this.#prefaceAt++]) {
        throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "the peer does not speak HTTP/2");
      }
    }
    return at;
  }

  #readHeader(chunk: Uint8Array, from: number): number {
    let at = from;
    let header: Uint8Array = this.#header;
    let base = 0;
    if (this.#headerAt === 0 && chunk.length - at >= FRAME_HEADER_BYTES) {
      header = chunk;
      base = at;
      at += FRAME_HEADER_BYTES;
    } else {
      while (at < chunk.length && this.#headerAt < FRAME_HEADER_BYTES) {
        header[this.#headerAt++] = chunk[at++] ?? 0;
      }
      if (this.#headerAt < FRAME_HEADER_BYTES) return at;
      this.#headerAt = 0;
    }
    const length = byteAt(header, base) * 65_536 + byteAt(header, base + 1) * 256 + byteAt(header, base + 2);
    if (length > this.#maxFrameBytes) {
      throw new Http2Error(
        ErrorCode.FRAME_SIZE_ERROR,
        `frame of ${length} bytes, allowed are ${this.#maxFrameBytes}`,
      );
    }
    if (chunk.length - at >= length) {
      this.#deliver(header, base, chunk.subarray(at, at + length));
      return at + length;
    }
    if (header !== this.#header) this.#header.set(chunk.subarray(base, base + FRAME_HEADER_BYTES));
    this.#payload = new Uint8Array(length);
    this.#payloadAt = 0;
    return at;
  }

  #readPayload(chunk: Uint8Array, at: number, payload: Uint8Array): number {
    const take = Math.min(payload.length - this.#payloadAt, chunk.length - at);
    payload.set(chunk.subarray(at, at + take), this.#payloadAt);
    this.#payloadAt += take;
    if (this.#payloadAt === payload.length) {
      this.#payload = undefined;
      this.#deliver(this.#header, 0, payload);
    }
    return at + take;
  }

  #deliver(header: Uint8Array, base: number, payload: Uint8Array): void {
    const streamId =
      (byteAt(header, base + 5) & 0x7f) * 0x1000000 +
      byteAt(header, base + 6) * 0x10000 +
      byteAt(header, base + 7) * 0x100 +
      byteAt(header, base + 8);
    this.#sink(byteAt(header, base + 3), byteAt(header, base + 4), streamId, payload);
  }
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/** 31 or 32 bits at an offset of a payload. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    byteAt(bytes, at) * 0x1000000 +
    byteAt(bytes, at + 1) * 0x10000 +
    byteAt(bytes, at + 2) * 0x100 +
    byteAt(bytes, at + 3)
  );
}

/** The payload without padding (RFC 9113 §6.1). Throws PROTOCOL_ERROR when the padding is as long as the payload. */
export function withoutPadding(payload: Uint8Array): Uint8Array {
  const padding = payload[0];
  if (padding === undefined)
    throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "padded frame without a length");
  if (padding >= payload.length) {
    throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "padding longer than the frame");
  }
  return payload.subarray(1, payload.length - padding);
}
