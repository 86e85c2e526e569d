import { beforeEach, describe, expect, test } from "bun:test";
import type { ContainerWish } from "../../../src/model/defaults.ts";
import type { Healthcheck } from "../../../src/model/extras.ts";
import { Device, FOREVER, NEW_IMAGE, policy, wish } from "./support/device.ts";

const STOP = { timeoutSeconds: 1, force: true, signal: "" };
const CHECK: Healthcheck = {
  probe: { kind: "exec", command: ["check"] },
  intervalMs: 1_000,
  timeoutMs: 500,
  retries: 3,
  startPeriodMs: 0,
  onUnhealthy: "none",
};

let device: Device;
/** What probes answer: an exit code, or that they hang. */
let answer: number | "hangs";

beforeEach(async () => {
  device = new Device();
  answer = 0;
  device.world.execs.behaviour = () =>
    answer === "hangs" ? {} : { endsAfterMs: 20, exitCode: answer, writes: `says ${answer}` };
  await device.boot();
});

function checked(change: Partial<Healthcheck> = {}, more: ContainerWish = {}): ContainerWish {
  return wish("app", "runs", { ...more, extras: { healthcheck: { ...CHECK, ...change } } });
}

function health() {
  return device.manager.details("app").health;
}

async function untilStatus(status: string): Promise<void> {
  await device.until(() => health()?.status === status);
}

describe("health of a container", () => {
  test("is starting, then healthy; the change is told and the last output can be seen", async () => {
    const told: string[] = [];
    device.manager.subscribe((change) => {
      if (change !== "overflowed")
        told.push(`${change.action} ${device.manager.details("app").health?.status}`);
    });
    await device.createAndStart(checked());
    await device.clock.advance(10);
    expect(health()?.status).toBe("starting");
    await untilStatus("healthy");
    await device.clock.advance(5_000);
    expect(health()).toMatchObject({ failingStreak: 0, lastProbe: { isSuccess: true, output: "says 0" } });
    expect(told.filter((line) => line.startsWith("health"))).toEqual(["health healthy"]);
  });

  test("becomes unhealthy after its retries, which is a problem of the device until it heals", async () => {
    await device.createAndStart(checked());
    await untilStatus("healthy");
    answer = 4;
    await untilStatus("unhealthy");
    expect(health()).toMatchObject({ failingStreak: 3, lastProbe: { output: "exit code 4: says 4" } });
    expect(device.manager.problems().map(({ code }) => code)).toEqual(["SC_CONTAINER_UNHEALTHY"]);
    expect(device.get("app").state.status).toBe("Running");
    answer = 0;
    await untilStatus("healthy");
    expect(device.manager.problems()).toEqual([]);
  });

  test("is unknown without a healthcheck and of a container that does not run", async () => {
    await device.createAndStart(wish("plain", "runs"));
    await device.createAndStart(checked());
    await untilStatus("healthy");
    expect(device.manager.details("plain").health).toBeUndefined();
    await device.finish(device.manager.stop("app", STOP, FOREVER));
    await device.clock.advance(10);
    expect(health()).toBeUndefined();
    const { length } = device.world.execs.started;
    await device.clock.advance(60_000);
    expect(device.world.execs.started).toHaveLength(length);
    device.expectNoLeaks();
  });

  test("begins anew with each start", async () => {
    await device.createAndStart(checked());
    await untilStatus("healthy");
    await device.finish(device.manager.stop("app", STOP, FOREVER));
    answer = 1;
    await device.finish(device.manager.start("app", FOREVER));
    await device.clock.advance(10);
    expect(health()?.status).toBe("starting");
  });

  test("rests while the container is paused", async () => {
    await device.createAndStart(checked());
    await untilStatus("healthy");
    await device.finish(device.manager.pause("app", FOREVER));
    await device.clock.advance(100);
    const { length } = device.world.execs.started;
    await device.clock.advance(60_000);
    expect(device.world.execs.started).toHaveLength(length);
    answer = 1;
    await device.finish(device.manager.unpause("app", FOREVER));
    await untilStatus("unhealthy");
  });

  test("is not judged while the engine is away", async () => {
    await device.createAndStart(checked());
    await untilStatus("healthy");
    device.engine.disconnect();
    await device.clock.advance(60_000);
    expect(health()?.status).toBe("healthy");
    device.engine.reconnect();
    answer = 1;
    await untilStatus("unhealthy");
  });

  test("goes on with the next daemon, from what was known", async () => {
    await device.createAndStart(checked());
    await untilStatus("healthy");
    answer = 1;
    await untilStatus("unhealthy");
    device.kill();
    await device.boot();
    expect(health()?.status).toBe("unhealthy");
    answer = 0;
    await untilStatus("healthy");
    expect(device.world.createdTasks).toEqual(["app"]);
  });

  test("a probe that hangs is killed, one at a time", async () => {
    answer = "hangs";
    await device.createAndStart(checked());
    for (let step = 0; step < 300; step++) {
      await device.clock.advance(50);
      expect(device.world.execs.keeper.existing().length).toBeLessThan(2);
    }
    expect(health()).toMatchObject({ status: "unhealthy", lastProbe: { output: "no answer within 500 ms" } });
  });
});

describe("an unhealthy container with `restart`", () => {
  const RESTARTS = { onUnhealthy: "restart" } as const;

  test("is stopped and started again; reason and count can be seen", async () => {
    await device.createAndStart(checked(RESTARTS, { hostConfig: policy("always") }));
    await untilStatus("healthy");
    const seen: string[] = [];
    device.manager.subscribe((change) => {
      if (change !== "overflowed") seen.push(`${change.action} ${change.container.state.error}`);
    });
    answer = 7;
    await device.until(() => device.world.createdTasks.length === 2);
    answer = 0;
    await untilStatus("healthy");
    expect(seen).toContain("exited unhealthy: exit code 7: says 7");
    expect(device.get("app")).toMatchObject({ restartCount: 1, manuallyStopped: false });
    expect(device.get("app").state).toMatchObject({ status: "Running", error: "" });
  });

  test("is started after longer and longer waits when it never becomes healthy", async () => {
    answer = 1;
    await device.createAndStart(
      checked({ ...RESTARTS, intervalMs: 100, retries: 1 }, { hostConfig: policy("always") }),
    );
    await device.clock.advance(3_600_000);
    expect(device.world.createdTasks.length).toBeGreaterThan(50);
    expect(device.world.createdTasks.length).toBeLessThan(80);
  });

  test("goes on when its policy would not start it again", async () => {
    answer = 1;
    await device.createAndStart(checked(RESTARTS, { hostConfig: policy("no") }));
    await untilStatus("unhealthy");
    await device.clock.advance(60_000);
    expect(device.get("app").state.status).toBe("Running");
    expect(device.world.createdTasks).toEqual(["app"]);
  });

  test("is restarted by on-failure as often as that allows, and then goes on", async () => {
    answer = 1;
    await device.createAndStart(checked(RESTARTS, { hostConfig: policy("on-failure", 2) }));
    await device.clock.advance(600_000);
    expect(device.world.createdTasks).toHaveLength(3);
    expect(device.get("app")).toMatchObject({ restartCount: 2, state: { status: "Running" } });
    expect(health()?.status).toBe("unhealthy");
  });

  test("a stop by a user during its restart holds", async () => {
    answer = 1;
    await device.createAndStart(checked(RESTARTS, { hostConfig: policy("always") }));
    await device.until(() => device.get("app").state.status === "Exited");
    await device.finish(device.manager.stop("app", STOP, FOREVER));
    await device.clock.advance(600_000);
    expect(device.get("app")).toMatchObject({ manuallyStopped: true, state: { status: "Stopped" } });
    device.expectNoLeaks();
  });

  test("is restarted by the next daemon when it was unhealthy before the old one was killed", async () => {
    await device.createAndStart(checked(RESTARTS, { hostConfig: policy("always") }));
    await untilStatus("healthy");
    answer = 1;
    await device.until(() => health()?.failingStreak === 2);
    device.kill();
    await device.boot();
    await device.until(() => device.world.createdTasks.length === 2);
  });
});

describe("health and probation", () => {
  function replace(probationMs: number, change: Partial<Healthcheck> = {}) {
    const next = { ...checked(change), image: { name: NEW_IMAGE } };
    return device.manager.replace("app", next, { stop: STOP, probationMs }, FOREVER);
  }

  beforeEach(async () => {
    await device.createAndStart(wish("app", "runs"));
  });

  test("a successor that becomes unhealthy goes, and the old one comes back", async () => {
    answer = 5;
    const outcome = await device.finish(replace(60_000));
    expect(outcome).toMatchObject({
      kind: "rolled-back",
      phase: "probation",
      reason: "it became unhealthy: exit code 5: says 5",
    });
    expect(device.get("app")).toMatchObject({
      image: { name: "registry.example/app:1" },
      state: { status: "Running" },
    });
    device.expectNoLeaks();
  });

  test("one that is still starting at the end of the time is waited for: healthy, it stays", async () => {
    answer = 1;
    const replacing = replace(2_000, { startPeriodMs: 30_000 });
    await device.clock.advance(20_000);
    expect(device.get("app").image.name).toBe(NEW_IMAGE);
    let isDone = false;
    replacing.then(() => {
      isDone = true;
    });
    await device.clock.advance(10);
    expect(isDone).toBe(false);
    answer = 0;
    expect(await device.finish(replacing)).toMatchObject({ kind: "replaced" });
    expect(health()?.status).toBe("healthy");
  });

  test("one that never becomes healthy is judged after its start period", async () => {
    answer = 1;
    const outcome = await device.finish(replace(2_000, { startPeriodMs: 30_000 }));
    expect(outcome.kind).toBe("rolled-back");
    expect(device.clock.nowMs()).toBeGreaterThan(30_000);
    expect(device.clock.nowMs()).toBeLessThan(40_000);
  });

  test("a probation of 0 asks only that it starts", async () => {
    answer = 1;
    expect(await device.finish(replace(0), 1_000)).toMatchObject({ kind: "replaced" });
  });

  test("a daemon killed while it waits for the health of a successor goes on waiting", async () => {
    answer = 1;
    const replacing = replace(2_000, { startPeriodMs: 30_000 });
    replacing.catch(() => undefined);
    await device.clock.advance(10_000);
    device.kill();
    await device.boot();
    await device.clock.advance(5_000);
    expect(device.get("app").image.name).toBe(NEW_IMAGE);
    await device.until(() => device.get("app").image.name !== NEW_IMAGE);
    await device.until(() => device.get("app").state.status === "Running");
  });

  test("a paused successor is not waited for", async () => {
    answer = 1;
    const replacing = replace(2_000, { startPeriodMs: 30_000 });
    await device.clock.advance(1_000);
    await device.finish(device.manager.pause("app", FOREVER));
    expect(await device.finish(replacing, 5_000)).toMatchObject({ kind: "replaced" });
  });
});
