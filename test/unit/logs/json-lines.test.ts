import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RecordBuffer, recordOf } from "../../../src/logs/json-lines.ts";

const STAMP = "2024-06-28T07:35:21.123456789Z";

function record(data: Uint8Array, lineEnd = true, stream: "stdout" | "stderr" = "stdout"): string {
  const buffer = new RecordBuffer();
  buffer.add(stream, data, 0, data.length, lineEnd, STAMP);
  return Buffer.from(buffer.take()).toString("latin1");
}

/** The text between the quotes of `log`, without the line end. */
function escaped(data: Uint8Array): string {
  const line = record(data);
  const start = '{"stream":"stdout","log":"';
  const end = `\\n","time":"${STAMP}"}\n`;
  expect(line.startsWith(start)).toBe(true);
  expect(line.endsWith(end)).toBe(true);
  return line.slice(start.length, line.length - end.length);
}

const latin = (data: string): Uint8Array => Buffer.from(data, "latin1");
const utf8 = (data: string): Uint8Array => Buffer.from(data, "utf8");

describe("records of the json-file driver", () => {
  test("the form is the peer's byte for byte", () => {
    expect(record(utf8("text"))).toBe(`{"stream":"stdout","log":"text\\n","time":"${STAMP}"}\n`);
    expect(record(utf8("piece"), false, "stderr")).toBe(
      `{"stream":"stderr","log":"piece","time":"${STAMP}"}\n`,
    );
    expect(record(utf8(""))).toBe(`{"stream":"stdout","log":"\\n","time":"${STAMP}"}\n`);
  });

  test("every ASCII byte is escaped as Go does", () => {
    const special: Readonly<Record<number, string>> = {
      9: "\\t",
      10: "\\n",
      13: "\\r",
      34: '\\"',
      38: "\\u0026",
      60: "\\u003c",
      62: "\\u003e",
      92: "\\\\",
    };
    for (let byte = 0; byte < 0x80; byte++) {
      const control = byte < 0x20 ? `\\u00${byte.toString(16).padStart(2, "0")}` : String.fromCharCode(byte);
      expect(escaped(Uint8Array.of(byte))).toBe(special[byte] ?? control);
    }
  });

  test("U+2028 and U+2029 are escaped, their neighbours and all other characters stay", () => {
    expect(escaped(utf8("\u2028\u2029"))).toBe("\\u2028\\u2029");
    for (const text of ["\u2027\u202A", "äöü", "€", "😀", "\uFFFD", "\u0080", "\u07FF", "\uD7FF", "\uE000"]) {
      expect(escaped(utf8(text))).toBe(utf8(text).reduce((all, byte) => all + String.fromCharCode(byte), ""));
    }
  });

  test.each([
    ["a lone continuation byte", "\x80", 1],
    ["an overlong form", "\xc0\xaf", 2],
    ["an overlong form of three bytes", "\xe0\x80\xaf", 3],
    ["a surrogate", "\xed\xa0\x80", 3],
    ["a code point over U+10FFFF", "\xf4\x90\x80\x80", 4],
    ["bytes that never occur", "\xfe\xff", 2],
    ["a cut sequence", "\xe2\x82", 2],
    ["a longer cut sequence", "\xf0\x9f\x98", 3],
  ])("invalid UTF-8 becomes one replacement per byte, as in Go: %s", (_, data, count) => {
    expect(escaped(latin(data))).toBe("\\ufffd".repeat(count));
    expect(escaped(latin(`a${data}b`))).toBe(`a${"\\ufffd".repeat(count)}b`);
  });

  test("any text comes back from JSON as it was, on one line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        const line = Buffer.from(record(utf8(text)), "latin1").toString("utf8");
        expect(line.indexOf("\n")).toBe(line.length - 1);
        expect(JSON.parse(line)).toEqual({ stream: "stdout", log: `${text}\n`, time: STAMP });
      }),
    );
  });

  test("any bytes give JSON of a bounded length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        const line = record(data);
        expect(line.length).toBeLessThanOrEqual(data.length * 6 + 128);
        const parsed: unknown = JSON.parse(Buffer.from(line, "latin1").toString("utf8"));
        expect(parsed).toHaveProperty("stream", "stdout");
      }),
    );
  });

  test("a buffer grows, empties when taken and is used again", () => {
    const buffer = new RecordBuffer();
    const data = new Uint8Array(20_000);
    for (let count = 0; count < 10; count++) buffer.add("stdout", data, 0, data.length, true, STAMP);
    const first = Buffer.from(buffer.take());
    expect(first.length).toBe(10 * record(data).length);
    expect(buffer.length).toBe(0);
    buffer.add("stderr", utf8("x"), 0, 1, true, "other");
    expect(Buffer.from(buffer.take()).toString()).toBe('{"stream":"stderr","log":"x\\n","time":"other"}\n');
    expect(Buffer.from(recordOf("stderr", "x", "other")).toString()).toBe(
      '{"stream":"stderr","log":"x\\n","time":"other"}\n',
    );
  });
});
