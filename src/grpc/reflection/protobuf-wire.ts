/** The few rules of protobuf's wire format that reflection needs to read descriptors and to speak its own messages. */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

export interface WireField {
  readonly number: number;
  /** Value of a varint; 0 for other kinds. */
  readonly integer: number;
  /** Content of a text, bytes or message field; empty for other kinds. */
  readonly bytes: Uint8Array;
}

/** Fields of a message, in order. Throws RangeError when it is cut short or malformed. */
export function* readFields(message: Uint8Array): Generator<WireField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError("message cut short");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new RangeError("varint too long");
  };
  const none = new Uint8Array(0);
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const kind = tag % 8;
    if (kind === VARINT) {
      yield { number, integer: varint(), bytes: none };
      continue;
    }
    if (kind !== BYTES && kind !== FIXED32 && kind !== FIXED64) throw new RangeError(`wire type ${kind}`);
    const length = kind === BYTES ? varint() : kind === FIXED32 ? 4 : 8;
    if (at + length > message.length) throw new RangeError("field reaches over the message's end");
    yield { number, integer: 0, bytes: kind === BYTES ? message.subarray(at, at + length) : none };
    at += length;
  }
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** A text, bytes or message field. */
export function bytesField(number: number, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  return Buffer.concat([
    Buffer.from([...varintBytes(number * 8 + BYTES), ...varintBytes(bytes.length)]),
    bytes,
  ]);
}

export function integerField(number: number, value: number): Uint8Array {
  return Buffer.from([...varintBytes(number * 8 + VARINT), ...varintBytes(value)]);
}
