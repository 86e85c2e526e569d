import { expect, test } from "bun:test";
import { delay, LONGEST_TIMER_MS, systemClock } from "../../../src/base/clock.ts";

test("a delay of years does not end at once, as a timer of the runtime does", async () => {
  const fired: string[] = [];
  const long = systemClock.after(2 * LONGEST_TIMER_MS, () => fired.push("long"));
  const longest = systemClock.after(Number.MAX_SAFE_INTEGER, () => fired.push("longest"));
  await delay(systemClock, 20, new AbortController().signal);
  long.cancel();
  longest.cancel();
  expect(fired).toEqual([]);
});
