/**
 * HPACK's dynamic table (RFC 7541 §2.3.2, §4): newest entry first, bounded in bytes, oldest leave.
 * Entries are numbered by a counter that only grows, so that the encoder's maps need no change when others enter.
 */

/** One text of name and value; a zero byte is in no valid name. */
function fieldKey(name: string, value: string): string {
  return `${name}\0${value}`;
}

/** What an entry costs beside its texts (RFC 7541 §4.1). */
export const ENTRY_OVERHEAD_BYTES = 32;

export class DynamicTable {
  /** Oldest first; `#first` is the place of the oldest that is still there. */
  #names: string[] = [];
  #values: string[] = [];
  #first = 0;
  /** Number of the entry at place 0. */
  #base = 0;
  #bytes = 0;
  #maxBytes: number;
  /** Only the encoder searches. */
  readonly #fields: Map<string, number> | undefined;
  readonly #nameNumbers: Map<string, number> | undefined;

  constructor(maxBytes: number, searchable: boolean) {
    this.#maxBytes = maxBytes;
    if (searchable) {
      this.#fields = new Map();
      this.#nameNumbers = new Map();
    }
  }

  get size(): number {
    return this.#names.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evict(0);
  }

  /** Adds an entry as number 1; one that is larger than the table empties it (RFC 7541 §4.4). */
  add(name: string, value: string): void {
    const cost = name.length + value.length + ENTRY_OVERHEAD_BYTES;
    this.#evict(cost);
    if (cost > this.#maxBytes) return;
    const number = this.#base + this.#names.length;
    this.#names.push(name);
    this.#values.push(value);
    this.#bytes += cost;
    this.#fields?.set(fieldKey(name, value), number);
    this.#nameNumbers?.set(name, number);
  }

  /** Name of entry 1 (the newest) to `size`; undefined beyond. */
  name(entry: number): string | undefined {
    return entry >= 1 && entry <= this.size ? this.#names[this.#names.length - entry] : undefined;
  }

  value(entry: number): string | undefined {
    return entry >= 1 && entry <= this.size ? this.#values[this.#values.length - entry] : undefined;
  }

  /** Entry (1 = newest) with this name and value, or 0. */
  findField(name: string, value: string): number {
    return this.#toEntry(this.#fields?.get(fieldKey(name, value)));
  }

  /** Newest entry with this name, or 0. */
  findName(name: string): number {
    return this.#toEntry(this.#nameNumbers?.get(name));
  }

  #toEntry(number: number | undefined): number {
    return number === undefined ? 0 : this.#base + this.#names.length - number;
  }

  #evict(room: number): void {
    while (this.size > 0 && this.#bytes + room > this.#maxBytes) {
      const name = this.#names[this.#first] ?? "";
      const value = this.#values[this.#first] ?? "";
      this.#bytes -= name.length + value.length + ENTRY_OVERHEAD_BYTES;
      const number = this.#base + this.#first;
      const key = fieldKey(name, value);
      if (this.#fields?.get(key) === number) this.#fields.delete(key);
      if (this.#nameNumbers?.get(name) === number) this.#nameNumbers.delete(name);
      this.#first++;
    }
    // Places of those that left are given back when they are the larger part.
    if (this.#first > 64 && this.#first * 2 > this.#names.length) {
      this.#names = this.#names.slice(this.#first);
      this.#values = this.#values.slice(this.#first);
      this.#base += this.#first;
      this.#first = 0;
    }
  }
}
