import { beforeEach, describe, expect, test } from "bun:test";
import { Device, FOREVER, NEW_IMAGE, policy, wish } from "./support/device.ts";

const STOP = { timeoutSeconds: 1, force: true, signal: "" };

let device: Device;

beforeEach(async () => {
  device = new Device();
  await device.boot();
});

function loseSnapshots(): void {
  for (const key of [...device.world.snapshots.keys()]) {
    if (key.startsWith("app")) device.world.snapshots.delete(key);
  }
}

describe("a container whose file system is gone", () => {
  test("comes back by itself with a new one from its image when its policy wants it to run", async () => {
    await device.createAndStart(wish("app", "runs", { hostConfig: policy("always") }));
    device.cutPower();
    loseSnapshots();
    await device.boot();
    await device.clock.advance(60_000);
    expect(device.get("app").state.status).toBe("Running");
    device.expectNoLeaks();
  });

  test("is not started by a request; the request says why", async () => {
    await device.createAndStart(wish("app", "runs"));
    await device.finish(device.manager.stop("app", STOP, FOREVER));
    loseSnapshots();
    await expect(device.finish(device.manager.start("app", FOREVER))).rejects.toThrow(
      "snapshot for container with ID = app does not exist",
    );
  });

  test("comes back from its image when a replacement fails and what was set aside is gone", async () => {
    await device.createAndStart(wish("app", "runs"));
    const successor = { ...wish("app", "runs"), image: { name: NEW_IMAGE } };
    const replacing = device.manager.replace("app", successor, { stop: STOP, probationMs: 5000 }, FOREVER);
    await device.until(
      () => device.get("app").image.name === NEW_IMAGE && device.get("app").state.status === "Running",
    );
    loseSnapshots();
    device.world.tasks.get("app")?.end(1);
    const outcome = await device.finish(replacing);
    expect(outcome.kind).toBe("rolled-back");
    expect(device.get("app").state.status).toBe("Running");
    expect(device.get("app").image.name).not.toBe(NEW_IMAGE);
    device.expectNoLeaks();
  });
});
