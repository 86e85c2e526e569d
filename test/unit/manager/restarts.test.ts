import { beforeEach, describe, expect, test } from "bun:test";
import { Device, FOREVER, policy, wish } from "./support/device.ts";

const STOP = { timeoutSeconds: 1, force: true, signal: "" };

let device: Device;

beforeEach(async () => {
  device = new Device();
  await device.boot();
});

describe("restart policies", () => {
  const TABLE = [
    { type: "no", command: "fails", restarts: false },
    { type: "no", command: "done", restarts: false },
    { type: "always", command: "fails", restarts: true },
    { type: "always", command: "done", restarts: true },
    { type: "unless-stopped", command: "fails", restarts: true },
    { type: "unless-stopped", command: "done", restarts: true },
    { type: "on-failure", command: "fails", restarts: true },
    { type: "on-failure", command: "done", restarts: false },
  ];
  for (const { type, command, restarts } of TABLE) {
    test(`${type}: one that ${command === "done" ? "ends with 0" : "ends with 1"} ${restarts ? "is started again" : "stays down"}`, async () => {
      await device.createAndStart(wish("app", command, { hostConfig: policy(type) }));
      await device.clock.advance(10_000);
      const started = device.world.createdTasks.length;
      expect(started > 1).toBe(restarts);
      expect(device.get("app").restartCount > 0).toBe(restarts);
    });
  }

  test("the waits double from 100 ms up to the cap of the policy", async () => {
    const capped = { type: "always", maximumRetryCount: 0, retryTimeoutNanos: 1_000_000_000n };
    await device.createAndStart(wish("app", "fails", { hostConfig: { restartPolicy: capped } }));
    const waits: number[] = [];
    let finishedMs = 0;
    device.manager.subscribe((change) => {
      if (change === "overflowed") return;
      const { startedAt, finishedAt } = change.container.state;
      if (change.action === "exited") finishedMs = Date.parse(finishedAt);
      if (change.action === "running") waits.push(Date.parse(startedAt) - finishedMs);
    });
    await device.clock.advance(8_000);
    expect(waits.slice(0, 6)).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  test("on-failure ends after its number of restarts", async () => {
    await device.createAndStart(wish("app", "fails", { hostConfig: policy("on-failure", 3) }));
    await device.clock.advance(60_000);
    expect(device.get("app")).toMatchObject({ restartCount: 3, state: { status: "Exited", exitCode: 1 } });
    expect(device.world.createdTasks).toHaveLength(4);
    device.expectNoLeaks();
  });

  test("a crash loop is never hot", async () => {
    await device.createAndStart(wish("app", "crashes", { hostConfig: policy("always") }));
    await device.clock.advance(3_600_000);
    expect(device.world.createdTasks.length).toBeLessThan(80);
    expect(device.world.createdTasks.length).toBeGreaterThan(50);
  });

  test("a crash loop is seen from outside: how it ended, when it is tried again, and that somebody should look", async () => {
    await device.createAndStart(wish("app", "fails", { hostConfig: policy("always") }));
    await device.until(() => device.get("app").restartCount === 4);
    expect(device.get("app").state).toMatchObject({ status: "Exited", exitCode: 1 });
    const { restart } = device.manager.details("app");
    expect(restart).toEqual({ reason: "ended with exit code 1", waitMs: 800, inMs: 800 });
    expect(device.manager.problems()).toMatchObject([{ code: "SC_CONTAINER_CRASHES", subject: "app" }]);
    await device.clock.advance(500);
    expect(device.manager.details("app").restart?.inMs).toBe(300);
    await device.finish(device.manager.stop("app", STOP, FOREVER));
    expect(device.manager.details("app").restart).toBeUndefined();
    expect(device.manager.problems()).toEqual([]);
  });

  test("a start that fails is tried again and again; reason and wait can be seen", async () => {
    await device.createAndStart(wish("app", "fails", { hostConfig: policy("always") }));
    device.network.ports.set(8080, "other");
    const behaviour = device.world.behaviour;
    device.world.behaviour = () => ({ failsToCreate: "no such device" });
    await device.clock.advance(5_000);
    expect(device.get("app").state).toMatchObject({ status: "Stopped", error: "no such device" });
    expect(device.manager.additions("app")?.["restart"]).toMatchObject({
      reason: "could not be started: no such device",
    });
    device.world.behaviour = behaviour;
    await device.until(() => device.get("app").state.status === "Running");
    expect(device.manager.additions("app")?.["restart"]).toBeUndefined();
  });

  test("an explicit start ends the wait and begins to count anew", async () => {
    await device.createAndStart(wish("app", "crashes", { hostConfig: policy("always") }));
    await device.until(
      () => device.get("app").restartCount === 6 && device.get("app").state.status === "Exited",
    );
    await device.finish(device.manager.start("app", FOREVER));
    expect(device.get("app")).toMatchObject({ restartCount: 0, state: { status: "Running" } });
  });

  test("an explicit start counts anew also when no restart was due", async () => {
    const recovers = () => ({ endsAfterMs: 50, exitCode: device.world.createdTasks.length > 3 ? 0 : 1 });
    device.world.behaviour = recovers;
    await device.createAndStart(wish("app", "any", { hostConfig: policy("on-failure") }));
    await device.clock.advance(60_000);
    expect(device.get("app")).toMatchObject({ restartCount: 4, state: { status: "Exited", exitCode: 0 } });
    await device.finish(device.manager.start("app", FOREVER));
    expect(device.get("app").restartCount).toBe(0);
  });

  test("when the last start that on-failure allows fails, none is due any more, for the next daemon neither", async () => {
    await device.createAndStart(wish("app", "fails", { hostConfig: policy("on-failure", 2) }));
    const { behaviour } = device.world;
    let refused = 0;
    device.world.behaviour = () => {
      refused++;
      return { failsToCreate: "no such device" };
    };
    await device.clock.advance(60_000);
    expect(refused).toBe(2);
    expect(device.get("app")).toMatchObject({ restartCount: 2, state: { status: "Stopped" } });
    expect(device.manager.additions("app")?.["restart"]).toBeUndefined();
    device.world.behaviour = behaviour;
    device.kill();
    await device.boot();
    await device.clock.advance(60_000);
    expect(device.get("app").state.status).toBe("Stopped");
  });

  test("a stop ends a crash loop for good, also while it waits", async () => {
    await device.createAndStart(wish("app", "crashes", { hostConfig: policy("always") }));
    await device.until(
      () => device.get("app").restartCount === 4 && device.get("app").state.status === "Exited",
    );
    await device.finish(device.manager.stop("app", STOP, FOREVER));
    await device.clock.advance(120_000);
    expect(device.get("app")).toMatchObject({ manuallyStopped: true, state: { status: "Stopped" } });
    device.expectNoLeaks();
  });

  test("a new policy speaks at once: it ends a wait, and starts one that is down", async () => {
    await device.createAndStart(wish("app", "crashes", { hostConfig: policy("always") }));
    await device.until(
      () => device.get("app").restartCount === 4 && device.get("app").state.status === "Exited",
    );
    await device.finish(device.manager.update("app", policy("no").restartPolicy, undefined, FOREVER));
    await device.clock.advance(120_000);
    expect(device.get("app").state).toMatchObject({ status: "Exited", error: "" });
    await device.finish(device.manager.update("app", policy("always").restartPolicy, undefined, FOREVER));
    await device.until(() => device.get("app").state.status === "Running", 500);
  });

  test("a removal ends the wait", async () => {
    await device.createAndStart(wish("app", "crashes", { hostConfig: policy("always") }));
    await device.until(
      () => device.get("app").restartCount === 4 && device.get("app").state.status === "Exited",
    );
    await device.finish(device.manager.remove("app", false, undefined, FOREVER));
    await device.clock.advance(120_000);
    expect(device.manager.list()).toEqual([]);
    device.expectNoLeaks();
  });

  test("while the engine is away no restart is counted, and it runs as soon as it is back", async () => {
    await device.createAndStart(wish("app", "fails", { hostConfig: policy("on-failure", 2) }));
    await device.until(
      () => device.get("app").restartCount === 1 && device.get("app").state.status === "Exited",
    );
    device.engine.disconnect();
    await device.clock.advance(60_000);
    expect(device.get("app")).toMatchObject({ restartCount: 1, state: { status: "Exited" } });
    device.engine.reconnect();
    await device.until(() => device.get("app").state.status === "Running", 1000);
    expect(device.get("app").restartCount).toBe(1);
  });

  test("what still waits when the engine comes back is tried at once", async () => {
    await device.createAndStart(wish("app", "crashes", { hostConfig: policy("always") }));
    await device.until(() => device.manager.details("app").restart?.waitMs === 60_000);
    await device.clock.advance(100);
    device.engine.disconnect();
    device.engine.reconnect();
    await device.until(() => device.get("app").state.status === "Running", 1_000);
  });
});
