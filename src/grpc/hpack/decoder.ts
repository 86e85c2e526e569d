/** HPACK decoder (RFC 7541 §3, §6): a whole header block to names and values, one byte per character. */

import { DynamicTable, ENTRY_OVERHEAD_BYTES } from "./dynamic-table.ts";
import { HpackError } from "./hpack-error.ts";
import { huffmanDecode } from "./huffman.ts";
import { STATIC_NAMES, STATIC_SIZE, staticValue } from "./static-table.ts";

export interface DecodedBlock {
  /** Name, value, name, value ... Cut off where the list became too large. */
  readonly fields: readonly string[];
  /** The list is larger than the limit; the tables are right all the same. */
  readonly tooLarge: boolean;
}

/** Integers above this are an attack or an error: nothing here is that large. */
const INTEGER_LIMIT = 2 ** 28;

export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #maxTableBytes: number;
  readonly #maxListBytes: number;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /**
   * @param maxTableBytes our SETTINGS_HEADER_TABLE_SIZE; a larger size update is an error
   * @param maxListBytes bound of a decoded list, counted as RFC 9113 §10.5.1 does
   */
  constructor(maxTableBytes: number, maxListBytes: number) {
    this.#table = new DynamicTable(maxTableBytes, false);
    this.#maxTableBytes = maxTableBytes;
    this.#maxListBytes = maxListBytes;
  }

  /** Decodes one block. After an HpackError the decoder is of no use any more. */
  decode(block: Uint8Array): DecodedBlock {
    this.#block = Buffer.from(block.buffer, block.byteOffset, block.length);
    this.#at = 0;
    const fields: string[] = [];
    let listBytes = 0;
    let sawField = false;
    while (this.#at < block.length) {
      const first = block[this.#at] ?? 0;
      if ((first & 0xe0) === 0x20) {
        if (sawField) throw new HpackError("table size update behind a field");
        this.#resize(this.#integer(0x1f));
        continue;
      }
      sawField = true;
      let name: string;
      let value: string;
      if ((first & 0x80) !== 0) {
        const index = this.#integer(0x7f);
        name = this.#nameAt(index);
        value = this.#valueAt(index);
      } else {
        const isIndexed = (first & 0x40) !== 0;
        const index = this.#integer(isIndexed ? 0x3f : 0x0f);
        name = index === 0 ? this.#text() : this.#nameAt(index);
        value = this.#text();
        if (isIndexed) this.#table.add(name, value);
      }
      listBytes += name.length + value.length + ENTRY_OVERHEAD_BYTES;
      if (listBytes <= this.#maxListBytes) fields.push(name, value);
    }
    return { fields, tooLarge: listBytes > this.#maxListBytes };
  }

  #resize(bytes: number): void {
    if (bytes > this.#maxTableBytes) throw new HpackError("table size update above the setting");
    this.#table.resize(bytes);
  }

  #nameAt(index: number): string {
    const name = index <= STATIC_SIZE ? STATIC_NAMES[index - 1] : this.#table.name(index - STATIC_SIZE);
    if (name === undefined) throw new HpackError(`index ${index} is in no table`);
    return name;
  }

  #valueAt(index: number): string {
    const value = index <= STATIC_SIZE ? staticValue(index) : this.#table.value(index - STATIC_SIZE);
    if (value === undefined) throw new HpackError(`index ${index} is in no table`);
    return value;
  }

  /** Integer with a prefix (RFC 7541 §5.1); the prefix bits are those of `mask`. */
  #integer(mask: number): number {
    const prefix = this.#byte() & mask;
    if (prefix < mask) return prefix;
    let value = mask;
    let factor = 1;
    for (;;) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (value > INTEGER_LIMIT || factor > INTEGER_LIMIT) throw new HpackError("integer too large");
      if ((byte & 0x80) === 0) return value;
      factor *= 128;
    }
  }

  #text(): string {
    const isHuffman = ((this.#block[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(0x7f);
    const from = this.#at;
    const to = from + length;
    if (to > this.#block.length) throw new HpackError("text reaches over the block's end");
    this.#at = to;
    return isHuffman ? huffmanDecode(this.#block, from, to) : this.#block.toString("latin1", from, to);
  }

  #byte(): number {
    const byte = this.#block[this.#at++];
    if (byte === undefined) throw new HpackError("block ends in the middle of a field");
    return byte;
  }
}
