/**
 * Reads single fields of protobuf messages and steps over the others, for who needs few of many. A field is known by its
 * number and its wire type together, so that one of another type than expected is stepped over, as every reader does.
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** Seven bits in each byte of a varint; ten bytes hold 64. */
const BITS = 7;
const LONGEST_VARINT = 10;

/** What `next` answers for the field `number` when it holds a text or a message. */
export const bytesField = (number: number): number => number * 8 + BYTES;
/** The same for an integer. */
export const integerField = (number: number): number => number * 8 + VARINT;

export class WireFields {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  #type = VARINT;

  /** Reads all of `bytes`, or what lies between two offsets. All methods throw RangeError for what is no message. */
  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = from;
    this.#end = to;
  }

  /** The next field, as `bytesField` and `integerField` word it; its value must be taken or skipped. 0 at the end. */
  next(): number {
    if (this.#at === this.#end) return 0;
    const tag = this.#length();
    this.#type = tag % 8;
    return tag;
  }

  text(): string {
    const from = this.#stretch();
    return this.#bytes.toString("utf8", from, this.#at);
  }

  message(): WireFields {
    const from = this.#stretch();
    return new WireFields(this.#bytes, from, this.#at);
  }

  /** An int64; what does not fit a number exactly is held at its limit. */
  integer(): number {
    const from = this.#at;
    const first = this.#bytes[from] ?? 0;
    // Nearly all tags, lengths and counts.
    if (first < 0x80 && from < this.#end) {
      this.#at = from + 1;
      return first;
    }
    let value = 0;
    for (let at = from; at < this.#end; at++) {
      const byte = this.#bytes[at] ?? 0;
      value += (byte & 0x7f) * 2 ** (BITS * (at - from));
      if (byte > 0x7f) continue;
      this.#at = at + 1;
      return value <= Number.MAX_SAFE_INTEGER ? value : this.#wide(from);
    }
    throw new RangeError("the message ends in the middle of an integer");
  }

  skip(): void {
    if (this.#type === BYTES) this.#stretch();
    else if (this.#type === VARINT) this.integer();
    else if (this.#type === FIXED64) this.#step(8);
    else if (this.#type === FIXED32) this.#step(4);
    else throw new RangeError(`no field has the wire type ${this.#type}`);
  }

  /** The varint of 64 bits between `from` and here: negative, or too large to be exact. */
  #wide(from: number): number {
    if (this.#at - from > LONGEST_VARINT) throw new RangeError("an integer is longer than 64 bits");
    let value = 0n;
    for (let at = this.#at - 1; at >= from; at--)
      value = (value << 7n) | BigInt((this.#bytes[at] ?? 0) & 0x7f);
    const number = Number(BigInt.asIntN(64, value));
    return Math.min(Math.max(number, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  }

  /** A tag or a length: 32 bits, and never 0 for a tag. */
  #length(): number {
    const value = this.integer();
    if (value < 0 || value >= 2 ** 32) throw new RangeError("a tag or a length has more than 32 bits");
    return value;
  }

  /** Steps over a text or a message; answers where it begins. */
  #stretch(): number {
    const length = this.#length();
    const from = this.#at;
    this.#step(length);
    return from;
  }

  #step(bytes: number): void {
    if (bytes > this.#end - this.#at) throw new RangeError("the message ends in the middle of a field");
    this.#at += bytes;
  }
}
