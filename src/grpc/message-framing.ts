/** Messages in a body: a flag, four bytes of length, the message (grpc/grpc, doc/PROTOCOL-HTTP2.md). */

import { GrpcError, Status } from "./grpc-error.ts";

export const PREFIX_BYTES = 5;
/** First size of the buffer of a message that comes in parts: the length that a peer claims is not believed. */
const FIRST_BUFFER_BYTES = 16 * 1024;

/** What stands before a message. */
export function messagePrefix(length: number): Uint8Array {
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  prefix[0] = 0;
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

export class MessageReader {
  readonly #maxBytes: number;
  readonly #onMessage: (message: Uint8Array) => void;
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #prefixAt = 0;
  #length = 0;
  #buffer: Uint8Array = new Uint8Array(0);
  #bufferAt = 0;

  /** @param maxBytes largest message; a larger one is RESOURCE_EXHAUSTED as soon as its length is known */
  constructor(maxBytes: number, onMessage: (message: Uint8Array) => void) {
    this.#maxBytes = maxBytes;
    this.#onMessage = onMessage;
  }

  /** Bytes of a message that is not complete, prefix included. */
  get partialBytes(): number {
    return this.#prefixAt + this.#bufferAt;
  }

  /** Takes the next bytes. Throws GrpcError. A message may share memory with `data`. */
  feed(data: Uint8Array): void {
    let at = 0;
    while (at < data.length) {
      if (this.#prefixAt < PREFIX_BYTES) {
        this.#prefix[this.#prefixAt++] = data[at++] ?? 0;
        if (this.#prefixAt < PREFIX_BYTES) continue;
        this.#readPrefix();
      }
      const missing = this.#length - this.#bufferAt;
      const here = data.length - at;
      if (this.#bufferAt === 0 && here >= missing) {
        this.#prefixAt = 0;
        this.#onMessage(data.subarray(at, at + missing));
        at += missing;
        continue;
      }
      const take = Math.min(missing, here);
      this.#append(data.subarray(at, at + take));
      at += take;
      if (this.#bufferAt === this.#length) {
        const message = this.#buffer.subarray(0, this.#length);
        this.#prefixAt = 0;
        this.#bufferAt = 0;
        this.#buffer = new Uint8Array(0);
        this.#onMessage(message);
      }
    }
  }

  #readPrefix(): void {
    const flag = this.#prefix[0] ?? 0;
    if (flag !== 0) {
      throw new GrpcError(
        flag === 1 ? Status.UNIMPLEMENTED : Status.INTERNAL,
        flag === 1 ? "compressed messages are not supported" : `message with the unknown flag ${flag}`,
      );
    }
    this.#length = Buffer.from(this.#prefix.buffer).readUInt32BE(1);
    if (this.#length > this.#maxBytes) {
      throw new GrpcError(
        Status.RESOURCE_EXHAUSTED,
        `received message larger than max (${this.#length} vs. ${this.#maxBytes})`,
      );
    }
  }

  #append(part: Uint8Array): void {
    const needed = this.#bufferAt + part.length;
    if (needed > this.#buffer.length) {
      const size = Math.min(this.#length, Math.max(needed, this.#buffer.length * 2, FIRST_BUFFER_BYTES));
      const larger = new Uint8Array(size);
      larger.set(this.#buffer.subarray(0, this.#bufferAt));
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#bufferAt);
    this.#bufferAt = needed;
  }
}
