import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LineSplitter, PIECE_BYTES } from "../../../src/logs/line-splitter.ts";

interface Piece {
  readonly text: Uint8Array;
  readonly last: boolean;
  readonly stamp: string;
}

function split(chunks: readonly Uint8Array[], stamps: (index: number) => string = () => "t"): Piece[] {
  const pieces: Piece[] = [];
  const take = (data: Uint8Array, start: number, end: number, last: boolean, stamp: string) => {
    pieces.push({ text: data.slice(start, end), last, stamp });
  };
  const splitter = new LineSplitter();
  for (const [index, chunk] of chunks.entries()) splitter.push(chunk, stamps(index), take);
  splitter.finish(stamps(chunks.length), take);
  return pieces;
}

function cutUp(data: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (data.length + 1)).sort((a, b) => a - b), data.length];
  return places.slice(1).map((place, index) => data.slice(places[index] ?? 0, place));
}

function isWellFormed(data: Uint8Array): boolean {
  return !Buffer.from(data).toString("utf8").includes("\uFFFD");
}

const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");
const texts = (pieces: readonly Piece[]): string[] =>
  pieces.map(({ text, last }) => `${Buffer.from(text).toString("utf8")}${last ? "$" : ""}`);

/** Lines around the border of a piece, with CR, LF and characters of every length. */
const stream = fc
  .array(
    fc.oneof(
      fc.constantFrom("\n", "\r\n", "\r", "\r\r\n", "", "ä", "€", "😀"),
      fc.string({ unit: "binary", maxLength: 30 }),
      fc
        .tuple(
          fc.integer({ min: PIECE_BYTES - 5, max: PIECE_BYTES + 5 }),
          fc.constantFrom("a", "ä", "€", "😀"),
        )
        .map(
          ([length, character]) =>
            "x".repeat(length % 7) + character.repeat(length / Buffer.byteLength(character)),
        ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => bytes(parts.join("")));

describe("splitting output into lines", () => {
  test("any chunking gives the same lines", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 40 }), (data, cuts) => {
        expect(split(cutUp(data, cuts))).toEqual(split([data]));
      }),
      { numRuns: 300 },
    );
  });

  test("every byte one by one gives the same lines as all at once", () => {
    const data = bytes(`${"€".repeat(PIECE_BYTES / 2)}\r\nshort\n\nend`);
    expect(split([...data].map((byte) => Uint8Array.of(byte)))).toEqual(split([data]));
  });

  test("nothing is lost but line ends and the CR before them, and no piece is over 16 KiB", () => {
    fc.assert(
      fc.property(stream, (data) => {
        const pieces = split([data]);
        const joined = Buffer.concat(
          pieces.flatMap(({ text, last }) => (last ? [text, bytes("\n")] : [text])),
        );
        const expected = Buffer.from(data).toString("latin1").replaceAll("\r\n", "\n");
        const ended = expected === "" || expected.endsWith("\n") ? expected : `${expected}\n`;
        expect(joined.toString("latin1")).toBe(ended);
        for (const { text } of pieces) expect(text.length).toBeLessThanOrEqual(PIECE_BYTES);
      }),
      { numRuns: 300 },
    );
  });

  test("a character is never cut between two pieces", () => {
    for (const character of ["ä", "€", "😀"]) {
      for (let shift = 0; shift < 4; shift++) {
        const pieces = split([bytes("x".repeat(shift) + character.repeat(20_000))]);
        expect(pieces.length).toBeGreaterThan(1);
        for (const { text } of pieces) expect(isWellFormed(text)).toBe(true);
      }
    }
  });

  test("a line of exactly 16 KiB is one record, one more byte makes a second piece", () => {
    expect(
      split([bytes(`${"x".repeat(PIECE_BYTES)}\n`)]).map(({ text, last }) => [text.length, last]),
    ).toEqual([[PIECE_BYTES, true]]);
    expect(split([bytes(`${"x".repeat(PIECE_BYTES)}\r\n`)]).map(({ text }) => text.length)).toEqual([
      PIECE_BYTES,
    ]);
    expect(
      split([bytes(`${"x".repeat(PIECE_BYTES + 1)}\n`)]).map(({ text, last }) => [text.length, last]),
    ).toEqual([
      [PIECE_BYTES, false],
      [1, true],
    ]);
  });

  test("pieces of a line share the time of the first, other lines have their own", () => {
    const pieces = split(
      [bytes(`${"x".repeat(PIECE_BYTES + 9)}`), bytes(`${"y".repeat(PIECE_BYTES)}\nnext\n`)],
      (index) => `t${index}`,
    );
    expect(pieces.map(({ stamp, last }) => `${stamp}${last ? "$" : ""}`)).toEqual(["t0", "t0", "t0$", "t1$"]);
  });

  test("CR is cut before LF only, an unfinished line gets its end", () => {
    expect(texts(split([bytes("a\r\nb\rc\n\r\n\nd\r")]))).toEqual(["a$", "b\rc$", "$", "$", "d\r$"]);
    expect(texts(split([bytes("")]))).toEqual([]);
  });

  test("an endless run of continuation bytes is cut all the same", () => {
    const pieces = split([new Uint8Array(3 * PIECE_BYTES).fill(0x80)]);
    expect(pieces.map(({ text }) => text.length)).toEqual([PIECE_BYTES, PIECE_BYTES, PIECE_BYTES]);
  });

  test("a half line kept by another reader is gone on with", () => {
    const got: string[] = [];
    const splitter = new LineSplitter();
    splitter.resume(bytes("half "));
    splitter.push(bytes("a line\n"), "t", (data, start, end) => {
      got.push(Buffer.from(data.subarray(start, end)).toString());
    });
    expect(got).toEqual(["half a line"]);
    expect(splitter.rest.length).toBe(0);
  });
});
