/**
 * HPACK's Huffman code, both ways (RFC 7541 §5.2). The code is canonical, so it follows from the lengths alone; what is made
 * of them at first use is small: a program that makes one call and ends must not pay for tables of thousands.
 */

import { HpackError } from "./hpack-error.ts";
import { HUFFMAN_LENGTHS } from "./huffman-lengths.ts";

const END_MARK = 256;
const LONGEST_BITS = 30;
const SHORT_BITS = 8;

interface Tables {
  /** Codes by symbol. */
  readonly codes: Uint32Array;
  /** By length: the first code of it, how many there are, and where in `symbols` its symbols begin. */
  readonly firstCode: Uint32Array;
  readonly counts: Uint16Array;
  readonly offsets: Uint16Array;
  /** Shorter codes first, then by number. */
  readonly symbols: Uint16Array;
  /** By the next eight bits: `length << 8 | symbol`, or 0 when the code is longer. */
  readonly short: Uint16Array;
}

function makeTables(): Tables {
  const counts = new Uint16Array(LONGEST_BITS + 1);
  for (const bits of HUFFMAN_LENGTHS) counts[bits] = (counts[bits] ?? 0) + 1;
  const firstCode = new Uint32Array(LONGEST_BITS + 1);
  const offsets = new Uint16Array(LONGEST_BITS + 1);
  for (let bits = 1; bits <= LONGEST_BITS; bits++) {
    firstCode[bits] = ((firstCode[bits - 1] ?? 0) + (counts[bits - 1] ?? 0)) << 1;
    offsets[bits] = (offsets[bits - 1] ?? 0) + (counts[bits - 1] ?? 0);
  }
  const codes = new Uint32Array(HUFFMAN_LENGTHS.length);
  const symbols = new Uint16Array(HUFFMAN_LENGTHS.length);
  const short = new Uint16Array(1 << SHORT_BITS);
  const taken = new Uint16Array(LONGEST_BITS + 1);
  for (let symbol = 0; symbol <= END_MARK; symbol++) {
    const bits = lengthOf(symbol);
    const rank = taken[bits] ?? 0;
    taken[bits] = rank + 1;
    const code = (firstCode[bits] ?? 0) + rank;
    codes[symbol] = code;
    symbols[(offsets[bits] ?? 0) + rank] = symbol;
    if (bits > SHORT_BITS) continue;
    const first = code << (SHORT_BITS - bits);
    short.fill((bits << 8) | symbol, first, first + (1 << (SHORT_BITS - bits)));
  }
  return { codes, firstCode, counts, offsets, symbols, short };
}

let made: Tables | undefined;
function tables(): Tables {
  made ??= makeTables();
  return made;
}

function lengthOf(symbol: number): number {
  return HUFFMAN_LENGTHS[symbol] ?? 0;
}

/** Bytes that `text` (one byte per character) takes when coded. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits += lengthOf(text.charCodeAt(at) & 0xff);
  return (bits + 7) >> 3;
}

/** Writes the code of `text` to `target` at `offset`; returns the offset behind it. */
export function huffmanEncode(text: string, target: Uint8Array, offset: number): number {
  const { codes } = tables();
  let at = offset;
  let held = 0;
  let heldBits = 0;
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index) & 0xff;
    let bits = lengthOf(symbol);
    const code = codes[symbol] ?? 0;
    // At most 30 bits come to at most 7 that are held: taken in two parts to stay within 32.
    while (bits > 0) {
      const take = Math.min(bits, 24 - heldBits);
      held = (held << take) | ((code >>> (bits - take)) & ((1 << take) - 1));
      heldBits += take;
      bits -= take;
      while (heldBits >= 8) {
        heldBits -= 8;
        target[at++] = held >>> heldBits;
        held &= (1 << heldBits) - 1;
      }
    }
  }
  // Filled up with the first bits of the end mark: ones.
  if (heldBits > 0) target[at++] = (held << (8 - heldBits)) | (0xff >> heldBits);
  return at;
}

/** Decodes bytes `from` to `to`; throws HpackError for the end mark and for padding that is not fewer than eight ones. */
export function huffmanDecode(source: Uint8Array, from: number, to: number): string {
  const { short } = tables();
  // The shortest code has five bits.
  const text = Buffer.allocUnsafe((((to - from) * 8) / 5) | 0);
  let length = 0;
  let at = from;
  let held = 0;
  let heldBits = 0;
  for (;;) {
    if (heldBits < SHORT_BITS && at < to) {
      held = (held << 8) | (source[at++] ?? 0);
      heldBits += 8;
    }
    const missing = SHORT_BITS - heldBits;
    // Behind the end the ones of the padding go on.
    const window = missing > 0 ? (held << missing) | (0xff >> heldBits) : held >> -missing;
    const entry = short[window] ?? 0;
    const bits = entry >> 8;
    if (bits !== 0 && bits <= heldBits) {
      text[length++] = entry;
      heldBits -= bits;
      held &= (1 << heldBits) - 1;
      continue;
    }
    if (heldBits < SHORT_BITS) {
      if (held === (1 << heldBits) - 1) return text.toString("latin1", 0, length);
      throw new HpackError("Huffman text ends with wrong padding");
    }
    const rest = longSymbol(source, at, to, held, heldBits);
    text[length++] = rest.symbol;
    at = rest.at;
    held = rest.held;
    heldBits = rest.heldBits;
  }
}

/** A code of more than eight bits, bit by bit; rare: no letter, digit or usual sign has one. */
function longSymbol(source: Uint8Array, from: number, to: number, ahead: number, aheadBits: number) {
  const { firstCode, counts, offsets, symbols } = tables();
  let at = from;
  let held = ahead;
  let heldBits = aheadBits - SHORT_BITS;
  let code = held >> heldBits;
  for (let bits = SHORT_BITS + 1; bits <= LONGEST_BITS; bits++) {
    if (heldBits === 0) {
      if (at >= to) throw new HpackError("Huffman text ends with wrong padding");
      held = source[at++] ?? 0;
      heldBits = 8;
    }
    heldBits--;
    code = (code << 1) | ((held >> heldBits) & 1);
    const rank = code - (firstCode[bits] ?? 0);
    if (rank >= (counts[bits] ?? 0)) continue;
    const symbol = symbols[(offsets[bits] ?? 0) + rank] ?? END_MARK;
    if (symbol === END_MARK) break;
    return { symbol, at, held: held & ((1 << heldBits) - 1), heldBits };
  }
  throw new HpackError("Huffman text contains the end mark");
}
