import { describe, expect, test } from "bun:test";
import { parseGoDurationMs } from "../../../src/base/go-duration.ts";
import { durationSeconds } from "../../../src/cli/kanto-cm/duration-flag.ts";

describe("a duration as Go writes it", () => {
  test.each([
    ["0", 0],
    ["10s", 10_000],
    ["1m30s", 90_000],
    ["-1.5h", -5_400_000],
    ["+.5s", 500],
    ["1h2m3s4ms", 3_723_004],
    ["3µs", 0.003],
    ["3μs", 0.003],
  ])("%s", (text, ms) => {
    expect(parseGoDurationMs(text)).toBeCloseTo(ms, 9);
  });

  test.each([
    ["", 'time: invalid duration ""'],
    ["-", 'time: invalid duration "-"'],
    ["s", 'time: invalid duration "s"'],
    ["1.2.3s", 'time: missing unit in duration "1.2.3s"'],
    ["10", 'time: missing unit in duration "10"'],
    ["10x", 'time: unknown unit "x" in duration "10x"'],
    ["3000000h", 'time: invalid duration "3000000h"'],
  ])("%s is refused in Go's words", (text, fault) => {
    expect(parseGoDurationMs(text)).toEqual({ fault });
  });
});

test("a flag counts whole seconds, rounded half away from zero, never a negative zero", () => {
  expect(["1500ms", "-1500ms", "1499ms", "-1ms", "2m"].map(durationSeconds)).toEqual([2, -2, 1, 0, 120]);
  expect(() => durationSeconds("soon")).toThrow('time: invalid duration "soon"');
});
