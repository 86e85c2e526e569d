/**
 * Cuts a byte stream into lines and long lines into pieces (spec/engine.md §15). However the bytes are cut into chunks, the
 * lines are the same: a piece is only made when enough follows to know that the line really is too long.
 */

/** Text bytes of one record at most; a longer line becomes several records of which only the last has the line end. */
export const PIECE_BYTES = 16 * 1024;

const LF = 10;
const CR = 13;

/** Bytes `start` to `end` of `data` are text without line end; `last` when the line ends here; `stamp` is shared by all pieces of a line. */
export type TakeLine = (data: Uint8Array, start: number, end: number, last: boolean, stamp: string) => void;

export class LineSplitter {
  /** The rest, with room for more behind it. */
  #store: Uint8Array = EMPTY;
  #length = 0;
  /** Stamp of a line whose first pieces are out already. */
  #stamp: string | undefined;

  /** The line begun and not ended; at most 16 KiB and a byte; valid until the next call. */
  get rest(): Uint8Array {
    return this.#store.subarray(0, this.#length);
  }

  /** Goes on with a half line that another process kept. */
  resume(rest: Uint8Array): void {
    this.#keep(rest);
  }

  /** Takes the next bytes; `stamp` is the time at which they were read. */
  push(chunk: Uint8Array, stamp: string, take: TakeLine): void {
    const rest = this.#length;
    if (rest > 0 && rest + chunk.length < PIECE_BYTES + 2 && chunk.indexOf(LF) < 0) {
      this.#append(chunk);
      return;
    }
    const data = rest === 0 ? chunk : joined(this.rest, chunk);
    let start = 0;
    // What was the rest has no line end in it.
    let searchFrom = rest;
    for (;;) {
      const end = data.indexOf(LF, searchFrom);
      if (end < 0) break;
      const textEnd = end > start && data[end - 1] === CR ? end - 1 : end;
      start = this.#takePieces(data, start, textEnd, stamp, take);
      take(data, start, textEnd, true, this.#stamp ?? stamp);
      this.#stamp = undefined;
      start = end + 1;
      searchFrom = start;
    }
    // Two bytes more than a piece: the last one may be the CR of a line end that is still to come.
    while (data.length - start >= PIECE_BYTES + 2) start = this.#takePiece(data, start, stamp, take);
    this.#keep(data.subarray(start));
  }

  /** The stream has ended: an unfinished line gets its end. */
  finish(stamp: string, take: TakeLine): void {
    const data = this.rest;
    this.#keep(EMPTY);
    if (data.length === 0 && this.#stamp === undefined) return;
    const start = this.#takePieces(data, 0, data.length, stamp, take);
    take(data, start, data.length, true, this.#stamp ?? stamp);
    this.#stamp = undefined;
  }

  #keep(rest: Uint8Array): void {
    this.#length = rest.length;
    this.#store = rest.length === 0 ? EMPTY : rest.slice();
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#store.length) {
      const larger = new Uint8Array(Math.max(length, this.#store.length * 2));
      larger.set(this.rest);
      this.#store = larger;
    }
    this.#store.set(chunk, this.#length);
    this.#length = length;
  }

  #takePieces(data: Uint8Array, start: number, end: number, stamp: string, take: TakeLine): number {
    let from = start;
    while (end - from > PIECE_BYTES) from = this.#takePiece(data, from, stamp, take);
    return from;
  }

  #takePiece(data: Uint8Array, start: number, stamp: string, take: TakeLine): number {
    this.#stamp ??= stamp;
    const end = characterBorder(data, start + PIECE_BYTES);
    take(data, start, end, false, this.#stamp);
    return end;
  }
}

const EMPTY = new Uint8Array(0);

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** `at`, or up to three bytes before it when a UTF-8 sequence would be cut there. */
function characterBorder(data: Uint8Array, at: number): number {
  if (!isContinuation(data[at])) return at;
  for (let back = 1; back <= 3; back++) {
    const byte = data[at - back];
    if (isContinuation(byte)) continue;
    return sequenceBytes(byte) > back ? at - back : at;
  }
  return at;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function sequenceBytes(lead: number | undefined): number {
  if (lead === undefined || lead < 0xc2) return 1;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 1;
}
