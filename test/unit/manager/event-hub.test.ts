import { describe, expect, test } from "bun:test";
import { settle } from "../../../src/base/virtual-clock.ts";
import { type ContainerChange, EventHub, KEPT_CHANGES } from "../../../src/manager/event-hub.ts";
import { Device, wish } from "./support/device.ts";

const silent = () => {};

async function container() {
  const device = new Device();
  await device.boot();
  return await device.create(wish("app", "runs"));
}

describe("the event hub", () => {
  test("every listener gets all changes in order, numbered, one at a time, after the publisher's step", async () => {
    const hub = new EventHub(100, silent);
    const app = await container();
    const seen: number[] = [];
    let active = 0;
    hub.subscribe(async (change) => {
      active++;
      expect(active).toBe(1);
      await settle(2);
      seen.push((change as ContainerChange).sequence);
      active--;
    });
    for (let n = 0; n < 5; n++) hub.publish("updated", app, "now");
    expect(seen).toEqual([]);
    await settle(50);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(hub.sequence).toBe(5);
  });

  test("a slow listener is told once that it has lost something; others lose nothing", async () => {
    const hub = new EventHub(3, silent);
    const app = await container();
    const slow: (number | string)[] = [];
    const quick: number[] = [];
    let release = silent;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    hub.subscribe(async (change) => {
      slow.push(change === "overflowed" ? change : change.sequence);
      await held;
    });
    hub.subscribe((change) => {
      quick.push((change as ContainerChange).sequence);
    });
    for (let n = 0; n < 6; n++) {
      hub.publish("updated", app, "now");
      await settle(2);
    }
    release();
    await settle();
    expect(quick).toEqual([1, 2, 3, 4, 5, 6]);
    expect(slow).toEqual([1, "overflowed", 6]);
  });

  test("a listener that throws is reported and stays; one that has left hears nothing more", async () => {
    const faults: string[] = [];
    const hub = new EventHub(10, (fault) => faults.push(fault.message));
    const app = await container();
    let heard = 0;
    const leave = hub.subscribe(() => {
      heard++;
      throw new Error("my own fault");
    });
    hub.publish("updated", app, "now");
    hub.publish("updated", app, "now");
    await settle();
    leave();
    hub.publish("updated", app, "now");
    await settle();
    expect(heard).toBe(2);
    expect(faults).toEqual(["my own fault", "my own fault"]);
  });

  test("the newest changes are kept for those who come back, and only those", async () => {
    const hub = new EventHub(10, silent);
    const app = await container();
    for (let n = 0; n < KEPT_CHANGES + 5; n++) hub.publish("updated", app, "now");
    expect(hub.since(hub.sequence)).toEqual([]);
    expect(hub.since(hub.sequence - 2)?.map(({ sequence }) => sequence)).toEqual([
      KEPT_CHANGES + 4,
      KEPT_CHANGES + 5,
    ]);
    expect(hub.since(5)).toHaveLength(KEPT_CHANGES);
    expect(hub.since(4)).toBeUndefined();
    expect(hub.since(hub.sequence + 1)).toBeUndefined();
    expect(new EventHub(10, silent).run).not.toBe(hub.run);
  });

  test("what is told cannot be changed", async () => {
    const app = await container();
    expect(Object.isFrozen(app)).toBe(true);
    expect(Object.isFrozen(app.hostConfig.restartPolicy)).toBe(true);
  });
});
