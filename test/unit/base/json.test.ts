import { expect, test } from "bun:test";
import { decodeUtf8 } from "../../../src/base/json/decode.ts";
import { nearestWord } from "../../../src/base/json/nearest.ts";
import { toPlain, wholeNumber } from "../../../src/base/json/node.ts";
import { parseJson } from "../../../src/base/json/parse.ts";
import { type JsonValue, printJson, printText } from "../../../src/base/json/print.ts";

const LIMIT = { limitBytes: 1_000_000 };

function plain(text: string): unknown {
  const result = parseJson(text, LIMIT);
  if (!result.ok) throw new Error(result.faults[0].message);
  return toPlain(result.root);
}

/** Faults as `line:column message`. */
function faults(input: string | Uint8Array): string[] {
  const result = parseJson(input, LIMIT);
  if (result.ok) return [];
  return result.faults.map(({ position, message }) => `${position.line}:${position.column} ${message}`);
}

test("what the runtime's parser takes is read alike", () => {
  const texts = [
    "{}",
    "[]",
    " null ",
    '{"a":[1,-2.5e3,true,false,null,"x"],"b":{"c":{}}}',
    '"\\u00e4\\ud83d\\ude00\\n\\/\\"\\\\"',
    '{"ä😀":"😀"}\r\n',
    "0",
    "-0",
    "1E+2",
  ];
  for (const text of texts) expect(plain(text)).toEqual(JSON.parse(text));
});

test("what the runtime's parser refuses is refused with a place", () => {
  for (const text of [
    "{",
    "[1,",
    '{"a"',
    '{"a":',
    "01",
    "1.",
    ".5",
    "+1",
    "1e",
    "tru",
    "True",
    "{'a':1}",
    "{a:1}",
    '"\\x"',
    '"\t"',
    "[1 2]",
    '{"a" 1}',
    "nul",
    "-",
    '"a',
    '"\\u12',
    "\u0000",
    "[1}",
    "NaN",
  ]) {
    expect(() => JSON.parse(text)).toThrow();
    expect(faults(text)).not.toEqual([]);
  }
});

test("a fault names line and column in characters", () => {
  expect(faults('{\n  "ä😀": x\n}')).toEqual(['2:9 unexpected "x"']);
  expect(faults('{"a": 01}')).toEqual(['1:7 "01" is no JSON number']);
  expect(faults('{"a": "b" "c"}')).toEqual(['1:11 unexpected """']);
});

test("an early end names what is open", () => {
  expect(faults('{\n "a": [1,\n')).toEqual([
    "3:1 unexpected end of file: the list that begins in line 2 is not closed",
  ]);
  expect(faults('{\n "a": "b')).toEqual([
    "2:9 unexpected end of file inside the text that begins at 2:7: the object that begins in line 1 is not closed",
  ]);
});

test("comments, trailing commas and duplicate keys are all named in one reading", () => {
  expect(faults('{\n // x, y\n "a": 1, /* b */ "a": [2,],\n}')).toEqual([
    "2:2 comments are not JSON",
    "3:10 comments are not JSON",
    '3:18 the key "a" stands twice in line 3',
    "3:25 trailing comma before ]",
    "3:27 trailing comma before }",
  ]);
});

test("a byte order mark is skipped, other encodings are named, a wrong byte has its offset", () => {
  const marked = parseJson(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]), LIMIT);
  expect(marked.ok && marked.hasMark).toBe(true);
  expect(faults(new Uint8Array([0xff, 0xfe, 0x7b, 0]))).toEqual(["1:1 the file is UTF-16 text, not UTF-8"]);
  expect(faults(new Uint8Array([0x7b, 0, 0x7d, 0]))).toEqual(["1:1 the file is UTF-16 text, not UTF-8"]);
  expect(faults(new Uint8Array([0x7b, 0x0a, 0x22, 0xff]))).toEqual([
    "2:2 not UTF-8 text: wrong byte at offset 3",
  ]);
});

test.each([
  [[0xc0, 0x80], 0],
  [[0x41, 0xed, 0xa0, 0x80], 1],
  [[0xf4, 0x90, 0x80, 0x80], 0],
  [[0xe0, 0x9f, 0xbf], 0],
  [[0xc3, 0xa4, 0xe2, 0x82], 2],
  [[0xf5], 0],
])("bytes %p are wrong at %d", (bytes, offset) => {
  const decoded = decodeUtf8(new Uint8Array(bytes));
  expect(decoded.ok ? "" : decoded.fault.message).toBe(`not UTF-8 text: wrong byte at offset ${offset}`);
});

test("depth and size have limits, and deep input does not overflow the stack", () => {
  expect(faults("[".repeat(128) + "]".repeat(128))).toEqual([]);
  expect(faults("[".repeat(100_000))).toEqual(["1:129 nested too deep"]);
  expect(faults("x".repeat(1_000_001))[0]).toContain("too large");
});

test("numbers keep their digits", () => {
  const result = parseJson("123456789012345678901234567890", LIMIT);
  if (!result.ok || result.root.kind !== "number") throw new Error("no number");
  expect(wholeNumber(result.root)).toBe(123456789012345678901234567890n);
  const broken = parseJson("1.0", LIMIT);
  expect(broken.ok && broken.root.kind === "number" && wholeNumber(broken.root)).toBeUndefined();
});

test("__proto__ is a key like any other", () => {
  const value = plain('{"__proto__":{"polluted":true}}');
  expect(Object.hasOwn(value as object, "__proto__")).toBe(true);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("at most twenty faults are collected", () => {
  expect(faults(`{${'"a":1,'.repeat(100)}"b":2}`)).toHaveLength(20);
});

test("printing equals Go's encoder", () => {
  expect(printText('a<b>&"\\\n\r\t\u0001\u2028\ud800ä😀\u007f')).toBe(
    '"a\\u003cb\\u003e\\u0026\\"\\\\\\n\\r\\t\\u0001\\u2028\\ufffdä😀\u007f"',
  );
  const value: JsonValue = { a: [], b: {}, c: [1, 2n, null], d: { e: "x" } };
  expect(printJson(value)).toBe('{"a":[],"b":{},"c":[1,2,null],"d":{"e":"x"}}');
  expect(printJson(value, "   ")).toBe(
    JSON.stringify({ a: [], b: {}, c: [1, 2, null], d: { e: "x" } }, null, 3),
  );
});

test("a mistyped word finds its neighbour, a foreign one finds none", () => {
  const known = ["restart_policy", "network_mode", "devices"];
  expect(nearestWord("restart_polcy", known)).toBe("restart_policy");
  expect(nearestWord("Netwrok_mode", known)).toBe("network_mode");
  expect(nearestWord("labels", known)).toBeUndefined();
});
