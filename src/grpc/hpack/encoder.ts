/** HPACK encoder: names and values (one byte per character) to a header block, with both tables and Huffman where shorter. */

import { DynamicTable, ENTRY_OVERHEAD_BYTES } from "./dynamic-table.ts";
import { huffmanEncode, huffmanLength } from "./huffman.ts";
import { STATIC_SIZE, staticField, staticName } from "./static-table.ts";

/** Names whose values change with each call: an entry would only push out others. */
const NOT_INDEXED: ReadonlySet<string> = new Set(["grpc-timeout", "grpc-message", "content-length"]);
/** Names with secrets: marked so that no one on the way indexes them either (RFC 7541 §7.1.3). */
const NEVER_INDEXED: ReadonlySet<string> = new Set(["authorization", "cookie"]);

export class HpackEncoder {
  readonly #table: DynamicTable;
  readonly #ownMaxBytes: number;
  #target: Buffer = Buffer.allocUnsafe(1024);
  #at = 0;
  /** Smallest size since the last block, when the size changed; it must be said first (RFC 7541 §4.2). */
  #smallestUpdate: number | undefined;

  /** @param maxBytes what we want to spend; the peer's setting can only lower it */
  constructor(maxBytes: number) {
    this.#ownMaxBytes = maxBytes;
    this.#table = new DynamicTable(maxBytes, true);
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setPeerMaxBytes(peerBytes: number): void {
    const bytes = Math.min(peerBytes, this.#ownMaxBytes);
    if (bytes === this.#table.maxBytes) return;
    this.#smallestUpdate = Math.min(this.#smallestUpdate ?? bytes, bytes);
    this.#table.resize(bytes);
  }

  /** Encodes name, value, name, value ... The result is valid until the next call. */
  encode(fields: readonly string[]): Buffer {
    this.#at = 0;
    if (this.#smallestUpdate !== undefined) {
      if (this.#smallestUpdate < this.#table.maxBytes) this.#integer(0x20, 0x1f, this.#smallestUpdate);
      this.#integer(0x20, 0x1f, this.#table.maxBytes);
      this.#smallestUpdate = undefined;
    }
    for (let at = 0; at + 1 < fields.length; at += 2) this.#field(fields[at] ?? "", fields[at + 1] ?? "");
    return this.#target.subarray(0, this.#at);
  }

  #field(name: string, value: string): void {
    const isSecret = NEVER_INDEXED.has(name);
    if (!isSecret) {
      const index = this.#findField(name, value);
      if (index !== 0) {
        this.#integer(0x80, 0x7f, index);
        return;
      }
    }
    const nameIndex = this.#findName(name);
    // An entry that takes more than half of the table would throw out what is used again and again.
    const cost = name.length + value.length + ENTRY_OVERHEAD_BYTES;
    const isIndexed = !isSecret && !NOT_INDEXED.has(name) && cost * 2 <= this.#table.maxBytes;
    if (isIndexed) this.#integer(0x40, 0x3f, nameIndex);
    else this.#integer(isSecret ? 0x10 : 0x00, 0x0f, nameIndex);
    if (nameIndex === 0) this.#text(name);
    this.#text(value);
    if (isIndexed) this.#table.add(name, value);
  }

  #findField(name: string, value: string): number {
    const fixed = staticField(name, value);
    if (fixed !== 0) return fixed;
    const entry = this.#table.findField(name, value);
    return entry === 0 ? 0 : STATIC_SIZE + entry;
  }

  #findName(name: string): number {
    const fixed = staticName(name);
    if (fixed !== 0) return fixed;
    const entry = this.#table.findName(name);
    return entry === 0 ? 0 : STATIC_SIZE + entry;
  }

  /** Integer with a prefix (RFC 7541 §5.1): `pattern` are the bits above the prefix, `mask` the prefix bits. */
  #integer(pattern: number, mask: number, value: number): void {
    this.#reserve(8);
    if (value < mask) {
      this.#target[this.#at++] = pattern | value;
      return;
    }
    this.#target[this.#at++] = pattern | mask;
    let rest = value - mask;
    while (rest >= 128) {
      this.#target[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#target[this.#at++] = rest;
  }

  #text(text: string): void {
    const coded = huffmanLength(text);
    if (coded < text.length) {
      this.#integer(0x80, 0x7f, coded);
      this.#reserve(coded);
      this.#at = huffmanEncode(text, this.#target, this.#at);
      return;
    }
    this.#integer(0, 0x7f, text.length);
    this.#reserve(text.length);
    this.#at += this.#target.write(text, this.#at, "latin1");
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#target.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#target.length * 2, this.#at + bytes));
    larger.set(this.#target.subarray(0, this.#at));
    this.#target = larger;
  }
}
