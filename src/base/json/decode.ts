/** From bytes to text: UTF-8 only, with or without a byte order mark; anything else is named, never shown. */

import { Locator } from "./locate.ts";
import type { JsonFault } from "./node.ts";

export type Decoded =
  | { readonly ok: true; readonly text: string; readonly hasMark: boolean }
  | { readonly ok: false; readonly fault: JsonFault };

const UTF8_RULE = "UTF-8 text";

export function decodeUtf8(bytes: Uint8Array): Decoded {
  const wide = wideEncoding(bytes);
  if (wide !== undefined) {
    const message = `the file is ${wide} text, not UTF-8`;
    return refuse(message, { line: 1, column: 1 });
  }
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), hasMark };
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
  }
  const offset = firstInvalidByte(bytes);
  const before = new TextDecoder().decode(bytes.subarray(0, offset));
  return refuse(`not UTF-8 text: wrong byte at offset ${offset}`, new Locator(before).at(before.length));
}

function refuse(message: string, position: JsonFault["position"]): Decoded {
  return { ok: false, fault: { kind: "encoding", position, key: "", message, expected: UTF8_RULE } };
}

/** UTF-16 and UTF-32 by their marks, and UTF-16 without one by the zero bytes that ASCII has in it. */
function wideEncoding(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? "UTF-32" : "UTF-16";
  if (a === 0xfe && b === 0xff) return "UTF-16";
  if (bytes.length < 4) return undefined;
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return "UTF-32";
  const isLittle = a !== 0 && b === 0 && c !== 0 && d === 0;
  const isBig = a === 0 && b !== 0 && c === 0 && d !== 0;
  return isLittle || isBig ? "UTF-16" : undefined;
}

/** Index of the first byte that cannot stand there. */
export function firstInvalidByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return bytes.length;
}

/** Length of the valid sequence that begins here, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : 4;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  for (let index = 1; index < length; index++) {
    if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[at + 1] ?? 0;
  const isOverlong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const isOutside = (first === 0xed && second > 0x9f) || (first === 0xf4 && second > 0x8f);
  return isOverlong || isOutside ? 0 : length;
}
