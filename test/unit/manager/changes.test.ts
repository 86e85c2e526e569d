/** Pause, resume, rename and update: what reaches engine and network, what is told, what follows (spec/engine.md §10, §13). */

import { beforeEach, describe, expect, test } from "bun:test";
import type { OciResources } from "../../../src/engine/engine.ts";
import { Device, FOREVER, policy, wish } from "./support/device.ts";

const LIMITS = { memory: "64m", memoryReservation: "", memorySwap: "-1" };

let device: Device;
let news: string[];
/** What was sent to running tasks. */
let sent: OciResources[];

beforeEach(async () => {
  device = new Device();
  await device.boot();
  [news, sent] = [[], []];
  const { engine } = device;
  const update = engine.updateTask.bind(engine);
  engine.updateTask = (id, resources, signal) => {
    sent.push(resources);
    return update(id, resources, signal);
  };
  device.manager.subscribe((change) => {
    if (change !== "overflowed") news.push(`${change.action} ${change.container.state.status}`);
  });
});

test("the news name what was done", async () => {
  await device.createAndStart(wish("one", "runs"));
  await device.finish(device.manager.pause("one", FOREVER));
  await device.finish(device.manager.unpause("one", FOREVER));
  await device.finish(device.manager.rename("one", "two", FOREVER));
  await device.finish(device.manager.update("one", undefined, LIMITS, FOREVER));
  await device.clock.advance(0);
  expect(news).toEqual([
    "created Created",
    "running Running",
    "paused Paused",
    "resumed Running",
    "renamed Running",
    "updated Running",
  ]);
});

test("what changes nothing is not told and asks nobody", async () => {
  await device.createAndStart(wish("one", "runs", { hostConfig: policy("always") }));
  await device.clock.advance(0);
  news = [];
  for (const name of ["", "one"]) await device.finish(device.manager.rename("one", name, FOREVER));
  await device.finish(device.manager.update("one", policy("always").restartPolicy, undefined, FOREVER));
  await device.finish(
    device.manager.update("one", undefined, { memory: "", memoryReservation: "", memorySwap: "" }, FOREVER),
  );
  await device.clock.advance(0);
  expect([news, sent, device.network.renamed]).toEqual([[], [], []]);
});

test("a rename changes the name and the one on the bridge, not host name, domain and hosts", async () => {
  await device.createAndStart(wish("one", "runs"));
  await device.finish(device.manager.rename("one", "two", FOREVER));
  expect(device.get("one")).toMatchObject({ name: "two", hostName: "one-host", domainName: "one-domain" });
  expect(device.network.renamed).toEqual(["one two"]);
});

describe("an update of limits", () => {
  test("reaches a running or paused task at once, in bytes, with what is gone as unlimited", async () => {
    await device.createAndStart(wish("one", "runs"));
    await device.finish(device.manager.update("one", undefined, LIMITS, FOREVER));
    await device.finish(device.manager.pause("one", FOREVER));
    const none = { memory: "", memoryReservation: "", memorySwap: "" };
    await device.finish(device.manager.update("one", undefined, none, FOREVER));
    expect(sent).toEqual([{ memory: { limit: 67108864, swap: -1 } }, { memory: { limit: -1, swap: -1 } }]);
    expect("resources" in device.get("one").hostConfig).toBe(false);
  });

  test("of one that does not run is only stored, without the rule that doubles swap", async () => {
    await device.create(wish("one", "runs"));
    const plain = { memory: "64m", memoryReservation: "", memorySwap: "" };
    await device.finish(device.manager.update("one", undefined, plain, FOREVER));
    expect(sent).toEqual([]);
    expect(device.get("one").hostConfig.resources).toEqual(plain);
  });

  test("that the engine refuses changes nothing, and its words come back", async () => {
    await device.createAndStart(wish("one", "runs"));
    device.engine.faultAt = (_, name) => (name === "updateTask" ? "error" : undefined);
    const { restartPolicy } = policy("always");
    const asked = device.finish(device.manager.update("one", restartPolicy, LIMITS, FOREVER));
    const thrown = await asked.then(() => undefined, String);
    expect(thrown).toBeDefined();
    expect(thrown).not.toContain("missing container to update");
    expect("resources" in device.get("one").hostConfig).toBe(false);
    expect(device.get("one").hostConfig.restartPolicy.type).toBe("unless-stopped");
  });
});

describe("a new policy", () => {
  const update = (type: string) =>
    device.finish(device.manager.update("one", policy(type).restartPolicy, undefined, FOREVER));

  test("leaves a running, paused or never started one alone", async () => {
    await device.create(wish("one", "runs", { hostConfig: policy("no") }));
    await update("always");
    await device.clock.advance(60_000);
    expect(device.get("one").state.status).toBe("Created");
    await device.finish(device.manager.start("one", FOREVER));
    await update("unless-stopped");
    await device.finish(device.manager.pause("one", FOREVER));
    await update("always");
    await device.clock.advance(60_000);
    expect(device.get("one")).toMatchObject({ restartCount: 0, state: { status: "Paused" } });
    expect(device.manager.details("one").restart).toBeUndefined();
  });

  test("starts one that ended or was stopped by the daemon, not one that a user stopped", async () => {
    await device.createAndStart(wish("one", "fails", { hostConfig: policy("no") }));
    await device.until(() => device.get("one").state.status === "Exited");
    await update("on-failure");
    await device.until(() => device.get("one").state.status === "Running", 1000);
    await update("no");
    await device.finish(device.manager.stop("one", { timeoutSeconds: 1, force: true, signal: "" }, FOREVER));
    await update("unless-stopped");
    await device.clock.advance(60_000);
    expect(device.get("one").state.status).toBe("Stopped");
  });

  test("keeps the count of restarts", async () => {
    await device.createAndStart(wish("one", "crashes", { hostConfig: policy("always") }));
    await device.until(() => device.get("one").restartCount === 4 && device.world.running().length === 0);
    await update("unless-stopped");
    expect(device.get("one").restartCount).toBe(5);
    expect(device.manager.details("one").restart).toMatchObject({ waitMs: 100 });
  });
});
