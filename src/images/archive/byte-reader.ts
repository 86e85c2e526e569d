/** Reads a stream of chunks in portions of a wanted size. */

export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Exactly `size` bytes, or undefined when the stream ends before. */
  async read(size: number): Promise<Uint8Array | undefined> {
    const target = new Uint8Array(size);
    let filled = 0;
    for await (const part of this.stream(size)) {
      target.set(part, filled);
      filled += part.length;
    }
    return filled === size ? target : undefined;
  }

  /** The next `size` bytes as they come; fewer when the stream ends before. */
  async *stream(size: number): AsyncGenerator<Uint8Array, void, undefined> {
    let left = size;
    while (left > 0 && (await this.#fill())) {
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** Closes the source. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#source.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      const next = await this.#source.next();
      if (next.done === true) this.#ended = true;
      else this.#rest = next.value;
    }
    return this.#rest.length > 0;
  }
}
