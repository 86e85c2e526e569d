/** Letting go after the start, with a clock and a processor of our own. */

import { expect, test } from "bun:test";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { letGoAfterStart } from "../../../src/bin/after-start.ts";

test("lets go once, as soon as a second has passed with little to do", async () => {
  const clock = new VirtualClock();
  const cpu = { ms: 60 };
  let times = 0;
  letGoAfterStart({ clock, cpuMs: () => cpu.ms, letGo: () => times++ });
  for (let second = 0; second < 5; second++) {
    cpu.ms += 200;
    await clock.advance(1000);
  }
  expect(times).toBe(0);
  cpu.ms += 10;
  await clock.advance(1000);
  expect(times).toBe(1);
  await clock.advance(100_000);
  expect(times).toBe(1);
});
