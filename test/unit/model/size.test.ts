import { expect, test } from "bun:test";
import { doubledSize, parseSizeBytes } from "../../../src/model/size.ts";

test("a size is a number, an optional blank and one of k, m, g in either case, 1024-based", () => {
  expect(parseSizeBytes("64M")).toBe(64 * 1024 * 1024);
  expect(parseSizeBytes("64m")).toBe(64 * 1024 * 1024);
  expect(parseSizeBytes("1 K")).toBe(1024);
  expect(parseSizeBytes("2g")).toBe(2 * 1024 ** 3);
  expect(parseSizeBytes("0m")).toBe(0);
});

test("a broken number of bytes is cut, not rounded", () => {
  expect(parseSizeBytes("1.0009k")).toBe(1024);
  expect(parseSizeBytes("1.9999k")).toBe(2047);
});

test("plain bytes, other units, signs and two points are no sizes", () => {
  for (const text of [
    "",
    "64",
    "64B",
    "64MB",
    "64Mi",
    "-1",
    "-1m",
    "+1m",
    "1.2.3M",
    "1  m",
    " 1m",
    "m",
    ".5m",
    "1m\n",
  ]) {
    expect(parseSizeBytes(text)).toBeUndefined();
  }
});

test("a size beyond exact numbers is none", () => {
  expect(parseSizeBytes(`${"9".repeat(400)}g`)).toBeUndefined();
});

test("doubling keeps the unit letter, four decimals at most and no trailing zeros", () => {
  expect(doubledSize("200m")).toBe("400m");
  expect(doubledSize("1.2g")).toBe("2.4g");
  expect(doubledSize("100K")).toBe("200K");
  expect(doubledSize("1.33333m")).toBe("2.6667m");
  expect(doubledSize("5.5 g")).toBe("11g");
  expect(doubledSize("x")).toBeUndefined();
});
