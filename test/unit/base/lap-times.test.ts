import { expect, test } from "bun:test";
import { LapTimes } from "../../../src/base/lap-times.ts";

test("each step's time is that since the step before, to a tenth of a millisecond", () => {
  let nowMs = 100;
  const laps = new LapTimes({ nowMs: () => nowMs });
  nowMs += 12.34;
  laps.done("network");
  laps.done("spec");
  nowMs += 1;
  laps.done("start");
  expect(laps.fields).toEqual({ networkMs: 12.3, specMs: 0, startMs: 1 });
});
