/** HPACK's Huffman code, both ways (RFC 7541 §5.2). The tables are made at first use. */

import { HpackError } from "./hpack-error.ts";
import { HUFFMAN_LENGTHS } from "./huffman-lengths.ts";

const END_MARK = 256;

/** Codes by symbol; canonical: shorter first, then by symbol. */
function makeCodes(): Uint32Array {
  const codes = new Uint32Array(HUFFMAN_LENGTHS.length);
  const order = HUFFMAN_LENGTHS.map((_length, symbol) => symbol).sort(
    (a, b) => lengthOf(a) - lengthOf(b) || a - b,
  );
  let code = 0;
  let previous = 0;
  for (const symbol of order) {
    code *= 2 ** (lengthOf(symbol) - previous);
    previous = lengthOf(symbol);
    codes[symbol] = code++;
  }
  return codes;
}

function lengthOf(symbol: number): number {
  return HUFFMAN_LENGTHS[symbol] ?? 0;
}

let codeTable: Uint32Array | undefined;
function codeOf(symbol: number): number {
  codeTable ??= makeCodes();
  return codeTable[symbol] ?? 0;
}

/** Bytes that `text` (one byte per character) takes when coded. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits += lengthOf(text.charCodeAt(at) & 0xff);
  return (bits + 7) >> 3;
}

/** Writes the code of `text` to `target` at `offset`; returns the offset behind it. */
export function huffmanEncode(text: string, target: Uint8Array, offset: number): number {
  let at = offset;
  let held = 0;
  let heldBits = 0;
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index) & 0xff;
    let bits = lengthOf(symbol);
    const code = codeOf(symbol);
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

/**
 * Decoding by four bits at a time: for each inner node of the code tree and each nibble the node reached, the symbol
 * met on the way (no code is shorter than five bits, so at most one) and whether the end may be there.
 */
interface Decoding {
  /** By `node * 16 + nibble`: next node, or FAIL. */
  readonly next: Int16Array;
  /** By the same: the symbol met, or -1. */
  readonly symbol: Int16Array;
  /** By node: whether what was read since the last symbol is padding: fewer than eight ones. */
  readonly mayEnd: Uint8Array;
}

const FAIL = -1;

function makeDecoding(): Decoding {
  // children[2n], children[2n + 1]: inner node, or ~symbol.
  const children: number[] = [0, 0];
  const depthOfOnes: number[] = [0];
  for (let symbol = 0; symbol <= END_MARK; symbol++) {
    let node = 0;
    const bits = lengthOf(symbol);
    const code = codeOf(symbol);
    for (let bit = bits - 1; bit >= 0; bit--) {
      const one = (code >>> bit) & 1;
      const slot = node * 2 + one;
      if (bit === 0) {
        children[slot] = ~symbol;
        break;
      }
      if (children[slot] === 0) {
        children[slot] = children.length / 2;
        const ones = depthOfOnes[node] ?? -1;
        depthOfOnes.push(one === 1 && ones >= 0 ? ones + 1 : -1);
        children.push(0, 0);
      }
      node = children[slot] ?? 0;
    }
  }
  return walkNibbles(children, depthOfOnes);
}

function walkNibbles(children: readonly number[], depthOfOnes: readonly number[]): Decoding {
  const nodes = depthOfOnes.length;
  const next = new Int16Array(nodes * 16);
  const symbolMet = new Int16Array(nodes * 16).fill(-1);
  const mayEnd = new Uint8Array(nodes);
  for (let start = 0; start < nodes; start++) {
    const ones = depthOfOnes[start] ?? -1;
    mayEnd[start] = ones >= 0 && ones < 8 ? 1 : 0;
    for (let nibble = 0; nibble < 16; nibble++) {
      let node = start;
      for (let bit = 3; bit >= 0 && node !== FAIL; bit--) {
        const child = children[node * 2 + ((nibble >> bit) & 1)] ?? 0;
        if (child >= 0) node = child;
        else if (~child === END_MARK) node = FAIL;
        else {
          symbolMet[start * 16 + nibble] = ~child;
          node = 0;
        }
      }
      next[start * 16 + nibble] = node;
    }
  }
  return { next, symbol: symbolMet, mayEnd };
}

let decodingTable: Decoding | undefined;

/** Decodes bytes `from` to `to`; throws HpackError for the end mark and for padding that is not fewer than eight ones. */
export function huffmanDecode(source: Uint8Array, from: number, to: number): string {
  decodingTable ??= makeDecoding();
  const { next, symbol, mayEnd } = decodingTable;
  // The shortest code has five bits.
  const text = Buffer.allocUnsafe((((to - from) * 8) / 5) | 0);
  let length = 0;
  let node = 0;
  for (let at = from * 2; at < to * 2; at++) {
    const byte = source[at >> 1] ?? 0;
    const slot = node * 16 + ((at & 1) === 0 ? byte >> 4 : byte & 15);
    const met = symbol[slot] ?? -1;
    if (met >= 0) text[length++] = met;
    node = next[slot] ?? FAIL;
    if (node === FAIL) throw new HpackError("Huffman text contains the end mark");
  }
  if (mayEnd[node] !== 1) throw new HpackError("Huffman text ends with wrong padding");
  return text.toString("latin1", 0, length);
}
