/**
 * Lines in the form of Kanto's json-file driver, byte for byte (spec/engine.md §15):
 * `{"stream":"stdout","log":"text\n","time":"2024-06-28T07:35:21.123456789Z"}` and a line feed.
 */

export type StreamName = "stdout" | "stderr";

/** Bytes per input byte at most: `\u0000`. */
const GROWTH = 6;
/** More than start, line end, stamp and end of a record. */
const FRAME_BYTES = 128;
const FIRST_BYTES = 64 * 1024;

const START: Readonly<Record<StreamName, Uint8Array>> = {
  stdout: Buffer.from('{"stream":"stdout","log":"', "latin1"),
  stderr: Buffer.from('{"stream":"stderr","log":"', "latin1"),
};
const HEX = Buffer.from("0123456789abcdef", "latin1");
const LETTER: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", "\n": "n", "\r": "r", "\t": "t" };

/** 0: as it is; 1: `\u00xx`; 2: byte over 127; else the letter behind the backslash. */
const FORM = Uint8Array.from({ length: 256 }, (_, byte) => {
  const letter = LETTER[String.fromCharCode(byte)];
  if (letter !== undefined) return letter.charCodeAt(0);
  if (byte >= 0x80) return 2;
  return byte < 0x20 || byte === 0x3c || byte === 0x3e || byte === 0x26 ? 1 : 0;
});
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/** Collects records in one buffer that is used again and again. */
export class RecordBuffer {
  #out: Uint8Array = new Uint8Array(FIRST_BYTES);
  #length = 0;
  #stamp = "";
  #tails: readonly [Uint8Array, Uint8Array] = tails("");

  get length(): number {
    return this.#length;
  }

  /** What has been collected; valid until the next `add`. Empties the buffer. */
  take(): Uint8Array {
    const taken = this.#out.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Adds one record of the bytes `start` to `end`; `lineEnd` puts `\n` behind them. */
  add(
    stream: StreamName,
    data: Uint8Array,
    start: number,
    end: number,
    lineEnd: boolean,
    stamp: string,
  ): void {
    this.#makeRoom((end - start) * GROWTH + FRAME_BYTES);
    if (stamp !== this.#stamp) {
      this.#stamp = stamp;
      this.#tails = tails(stamp);
    }
    const out = this.#out;
    let at = copy(START[stream], out, this.#length);
    for (let index = start; index < end; ) {
      const byte = data[index] ?? 0;
      const form = FORM[byte] ?? 0;
      if (form === 0) {
        out[at++] = byte;
        index++;
      } else if (form === 2) {
        const bytes = validSequence(data, index, end);
        at = bytes === 0 ? copy(REPLACEMENT, out, at) : copySequence(data, index, bytes, out, at);
        index += bytes === 0 ? 1 : bytes;
      } else {
        at = form === 1 ? escapeUnicode(byte, out, at) : escapeLetter(form, out, at);
        index++;
      }
    }
    this.#length = copy(this.#tails[lineEnd ? 0 : 1], out, at);
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#out.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#out.length * 2));
    larger.set(this.#out.subarray(0, this.#length));
    this.#out = larger;
  }
}

/** A record of its own with a plain text. */
export function recordOf(stream: StreamName, text: string, stamp: string): Uint8Array {
  const data = Buffer.from(text, "utf8");
  const buffer = new RecordBuffer();
  buffer.add(stream, data, 0, data.length, true, stamp);
  return buffer.take();
}

const REPLACEMENT = Buffer.from("\\ufffd", "latin1");
const SEPARATORS = [Buffer.from("\\u2028", "latin1"), Buffer.from("\\u2029", "latin1")] as const;

/** Ends of a record, with and without line end in the text. */
function tails(stamp: string): readonly [Uint8Array, Uint8Array] {
  const end = `","time":"${stamp}"}\n`;
  return [Buffer.from(`\\n${end}`, "latin1"), Buffer.from(end, "latin1")];
}

function copy(from: Uint8Array, to: Uint8Array, at: number): number {
  for (let index = 0; index < from.length; index++) to[at + index] = from[index] ?? 0;
  return at + from.length;
}

function copySequence(data: Uint8Array, from: number, bytes: number, out: Uint8Array, at: number): number {
  // U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
  if (bytes === 3 && data[from] === 0xe2 && data[from + 1] === 0x80) {
    const third = data[from + 2] ?? 0;
    if (third === 0xa8) return copy(SEPARATORS[0], out, at);
    if (third === 0xa9) return copy(SEPARATORS[1], out, at);
  }
  for (let index = 0; index < bytes; index++) out[at + index] = data[from + index] ?? 0;
  return at + bytes;
}

function escapeLetter(letter: number, out: Uint8Array, at: number): number {
  out[at] = BACKSLASH;
  out[at + 1] = letter;
  return at + 2;
}

function escapeUnicode(byte: number, out: Uint8Array, at: number): number {
  out[at] = BACKSLASH;
  out[at + 1] = LETTER_U;
  out[at + 2] = 0x30;
  out[at + 3] = 0x30;
  out[at + 4] = HEX[byte >> 4] ?? 0;
  out[at + 5] = HEX[byte & 15] ?? 0;
  return at + 6;
}

/** Length of the well-formed UTF-8 sequence at `at` (Unicode, table 3-7), 0 when there is none. */
function validSequence(data: Uint8Array, at: number, end: number): number {
  const lead = data[at] ?? 0;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const bytes = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + bytes > end) return 0;
  const second = data[at + 1] ?? 0;
  // No overlong forms, no surrogates, nothing over U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let index = 2; index < bytes; index++) if (((data[at + index] ?? 0) & 0xc0) !== 0x80) return 0;
  return bytes;
}
