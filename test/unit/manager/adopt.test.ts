/** What a starting daemon makes of containers whose stored state and the engine's tell different things (spec/engine.md §16). */

import { beforeEach, expect, test } from "bun:test";
import type { Container } from "../../../src/model/container.ts";
import { Device, FOREVER, policy, wish } from "./support/device.ts";

let device: Device;
beforeEach(async () => {
  device = new Device();
  await device.boot();
});

/** What lies on the disk is another state than the one that was saved last. */
function stored(id: string, change: (container: Container) => Container): void {
  const saved = device.store.saved.get(id);
  if (saved === undefined) throw new Error(`${id} is not stored`);
  device.store.saved.set(id, { ...saved, container: change(saved.container) });
}

test.each(["Exited", "Stopped", "Created"] as const)(
  "one stored as %s whose task runs is running, with address and pid",
  async (status) => {
    const before = await device.createAndStart(wish("app", "runs"));
    const told: string[] = [];
    device.kill();
    stored("app", ({ networkSettings: _, ...rest }) => ({
      ...rest,
      manuallyStopped: true,
      startedSuccessfullyBefore: false,
      state: { ...rest.state, status, pid: -1, exitCode: 3, error: "old" },
    }));
    const manager = device.make();
    manager.subscribe((change) => {
      if (change !== "overflowed") told.push(`${change.action} ${change.container.state.status}`);
    });
    await device.finish(manager.open(FOREVER));
    expect(device.get("app")).toMatchObject({
      manuallyStopped: false,
      startedSuccessfullyBefore: true,
      networkSettings: before.networkSettings,
      state: { status: "Running", pid: before.state.pid, exitCode: 0, error: "" },
    });
    expect(told).toEqual(["running Running"]);
    expect(device.world.createdTasks).toEqual(["app"]);
  },
);

test("one whose task is gone says so in the peer's words, with a code that is neither success nor its own", async () => {
  await device.createAndStart(wish("app", "runs", { hostConfig: policy("no") }));
  device.cutPower();
  await device.boot();
  const text = "task for containerd container id = app not found - container is also deleted";
  expect(device.get("app").networkSettings).toBeUndefined();
  expect(device.get("app")).toMatchObject({
    state: { status: "Exited", pid: -1, exitCode: 255, error: text, oomKilled: false },
  });
});

test("one that is dead, a removal of the peer that was cut off, is gone with all it had", async () => {
  await device.createAndStart(wish("app", "runs"));
  await device.createAndStart(wish("other", "runs"));
  device.cutPower();
  stored("app", (container) => ({ ...container, state: { ...container.state, status: "Dead" } }));
  await device.boot();
  await device.until(() => device.world.running().includes("other"));
  expect(device.manager.list().map(({ id }) => id)).toEqual(["other"]);
  expect([...device.store.saved.keys()]).toEqual(["other"]);
  device.expectNoLeaks();
});

test("they come back in the order in which they were started, not in that in which they were made", async () => {
  const ids = ["web", "db", "cache"];
  for (const id of ids) {
    await device.create(wish(id, "runs"));
    await device.clock.advance(10);
  }
  const started = ["cache", "web", "db"];
  for (const id of started) {
    await device.finish(device.manager.start(id, FOREVER));
    await device.clock.advance(10);
  }
  device.cutPower();
  device.world.createdTasks.length = 0;
  await device.boot({ maxParallelStarts: 1 });
  await device.until(() => device.world.running().length === 3);
  expect(device.world.createdTasks).toEqual(started);
});
