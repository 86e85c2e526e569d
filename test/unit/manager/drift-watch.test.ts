/** What other hands take away in the engine without any event (reliability R24). */

import { expect, test } from "bun:test";
import { Device, wish } from "./support/device.ts";
import { findings } from "./support/stories.ts";

const REPAIRED_WITHIN_MS = 10_000;

async function running(): Promise<Device> {
  const device = new Device();
  await device.boot();
  await device.createAndStart(wish("app", "runs"));
  return device;
}

const told = (device: Device) => device.manager.problems().map(({ code, subject }) => `${code} ${subject}`);

test("a record that is gone is put back; the task goes on", async () => {
  const device = await running();
  const { pid } = device.get("app").state;
  device.world.records.delete("app");
  await device.clock.advance(REPAIRED_WITHIN_MS);
  expect(findings(device)).toEqual([]);
  expect(device.get("app").state.pid).toBe(pid);
});

test("a file system that is gone is told once in the log and in the status for as long as it is gone", async () => {
  const device = await running();
  const parent = device.world.snapshots.get("app-snapshot");
  if (parent === undefined) throw new Error("no snapshot");
  device.world.snapshots.delete("app-snapshot");
  await device.clock.advance(REPAIRED_WITHIN_MS);
  expect(told(device)).toEqual(["SC_CONTAINER_ROBBED app"]);
  device.world.snapshots.set("app-snapshot", parent);
  await device.clock.advance(REPAIRED_WITHIN_MS);
  expect(told(device)).toEqual([]);
});

test("an engine that does not answer a look is asked again at the next one", async () => {
  const device = await running();
  device.world.records.delete("app");
  let isHanging = true;
  device.engine.faultAt = (_, name) => (isHanging && name.startsWith("inventory") ? "hang" : undefined);
  await device.clock.advance(REPAIRED_WITHIN_MS * 2);
  isHanging = false;
  await device.clock.advance(REPAIRED_WITHIN_MS);
  expect(findings(device)).toEqual([]);
});

test("nothing is looked at while there is no container", async () => {
  const device = new Device();
  await device.boot();
  const { calls } = device.engine;
  await device.clock.advance(60_000);
  expect(device.engine.calls).toBe(calls);
});
