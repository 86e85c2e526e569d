import { expect, test } from "bun:test";
import { delay, formatStamp, LONGEST_TIMER_MS, stamping, systemClock } from "../../../src/base/clock.ts";

test("a delay of years does not end at once, as a timer of the runtime does", async () => {
  const fired: string[] = [];
  const long = systemClock.after(2 * LONGEST_TIMER_MS, () => fired.push("long"));
  const longest = systemClock.after(Number.MAX_SAFE_INTEGER, () => fired.push("longest"));
  await delay(systemClock, 20, new AbortController().signal);
  long.cancel();
  longest.cancel();
  expect(fired).toEqual([]);
});

test.each([
  [0n, "1970-01-01T00:00:00Z"],
  [1_719_560_121_123_456_789n, "2024-06-28T07:35:21.123456789Z"],
  [1_719_560_121_120_000_000n, "2024-06-28T07:35:21.12Z"],
  [1_719_560_121_000_000_001n, "2024-06-28T07:35:21.000000001Z"],
  [1_719_560_121_000_000_000n, "2024-06-28T07:35:21Z"],
])("a moment has the form of Go's RFC3339Nano: trailing zeros cut (%p)", (nanos, text) => {
  expect(formatStamp(nanos)).toBe(text);
});

test("stamps go on as time does, wherever the two clocks change their milliseconds", () => {
  for (const phase of [0n, 1n, 400_000n, 999_999n]) {
    let nanos = 0n;
    const stamp = stamping(
      () => 1_000 + Number(nanos / 1_000_000n),
      () => nanos + phase,
    );
    const stamps: string[] = [];
    for (; nanos < 3_000_000n; nanos += 30_000n) stamps.push(stamp());
    const padded = stamps.map((text) =>
      text.slice(0, -1).padEnd(29, text.includes(".") ? "0" : ".000000000"),
    );
    expect(padded).toEqual(padded.toSorted());
    expect(new Set(stamps).size).toBe(stamps.length);
  }
});

test("a wall clock that stands still, or is set, is followed", () => {
  let wall = 5_000;
  let nanos = 0n;
  const stamp = stamping(
    () => wall,
    () => nanos,
  );
  expect(stamp()).toBe("1970-01-01T00:00:05Z");
  nanos = 7n;
  expect(stamp()).toBe("1970-01-01T00:00:05.000000007Z");
  nanos = 9_000_000_000n;
  expect(stamp()).toBe("1970-01-01T00:00:05.000999999Z");
  wall = 4_000;
  expect(stamp()).toBe("1970-01-01T00:00:04Z");
});
