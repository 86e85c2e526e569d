/** Giving file pages back, with a clock and a processor of our own. */

import { expect, test } from "bun:test";
import { createLog } from "../../../src/base/log.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { returnMemoryWhenIdle } from "../../../src/bin/return-memory.ts";

const SECOND_MS = 1000;

function set(returnPages: () => void) {
  const clock = new VirtualClock();
  const cpu = { ms: 500 };
  const said: string[] = [];
  const log = createLog("test", (record) => said.push(record.message));
  const running = returnMemoryWhenIdle({ clock, log, cpuMs: () => cpu.ms, returnPages });
  return { clock, cpu, said, running };
}

test("pages go back once the process is idle, and again after a rest", async () => {
  let given = 0;
  const { clock, running } = set(() => given++);
  await clock.advance(4 * SECOND_MS);
  expect(given).toBe(0);
  await clock.advance(2 * SECOND_MS);
  expect(given).toBe(1);
  await clock.advance(170 * SECOND_MS);
  expect(given).toBe(1);
  await clock.advance(15 * SECOND_MS);
  expect(given).toBe(2);
  running[Symbol.dispose]();
  await clock.advance(1000 * SECOND_MS);
  expect(given).toBe(2);
});

test("a busy process keeps them", async () => {
  let given = 0;
  const { clock, cpu, running } = set(() => given++);
  for (let round = 0; round < 10; round++) {
    cpu.ms += 150;
    await clock.advance(5 * SECOND_MS);
  }
  expect(given).toBe(0);
  await clock.advance(5 * SECOND_MS);
  expect(given).toBe(1);
  running[Symbol.dispose]();
});

test("a kernel that refuses is told of once and not asked again", async () => {
  let asked = 0;
  const { clock, said } = set(() => {
    asked++;
    throw new Error("EINVAL");
  });
  await clock.advance(1000 * SECOND_MS);
  expect(asked).toBe(1);
  expect(said).toEqual(["manager.return_memory does nothing: the kernel takes no pages back"]);
});
