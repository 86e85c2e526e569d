import { beforeEach, describe, expect, test } from "bun:test";
import { compareStamps } from "../../../src/manager/stamps.ts";
import { Device, FOREVER, policy, wish } from "./support/device.ts";

const STOP = { timeoutSeconds: 1, force: true, signal: "" };

let device: Device;

beforeEach(async () => {
  device = new Device();
  await device.boot();
});

describe("a daemon that starts again", () => {
  test("lists containers in the order in which they were made, as before", async () => {
    const ids = ["web", "app", "zoo", "db"];
    for (const id of ids) {
      await device.createAndStart(wish(id, "runs"));
      await device.clock.advance(5);
    }
    device.kill();
    await device.boot();
    expect(device.manager.list().map(({ id }) => id)).toEqual(ids);
  });

  test("finds what runs, untouched, with status and pid from the engine", async () => {
    const before = await device.createAndStart(wish("app", "runs"));
    await device.createAndStart(wish("paused", "runs"));
    await device.finish(device.manager.pause("paused", FOREVER));
    device.kill();
    device.world.tasks.get("paused")?.resume();
    await device.boot();
    expect(device.get("app").state).toEqual(before.state);
    expect(device.get("paused").state.status).toBe("Running");
    expect(device.world.createdTasks).toEqual(["app", "paused"]);
    device.expectNoLeaks();
    await device.finish(device.manager.stop("app", STOP, FOREVER));
    expect(device.get("app").state).toMatchObject({ status: "Stopped", exitCode: 143 });
  });

  test("knows code and time of what ended meanwhile, reads the rest of its log, then applies the policy", async () => {
    await device.createAndStart(wish("always", "fails", { hostConfig: policy("always") }));
    await device.createAndStart(wish("no", "fails", { hostConfig: policy("no") }));
    await device.createAndStart(wish("zero", "done", { hostConfig: policy("on-failure") }));
    device.kill();
    await device.clock.advance(5_000);
    device.logs.events.length = 0;
    await device.boot();
    const { startedAt, finishedAt } = device.get("no").state;
    expect(Date.parse(finishedAt) - Date.parse(startedAt)).toBe(500);
    expect(device.get("no").state).toMatchObject({ status: "Exited", exitCode: 1 });
    expect(device.get("zero").state).toMatchObject({ status: "Exited", exitCode: 0 });
    expect(
      device.logs.events.filter((event) => event.endsWith(" no") || event.startsWith("close no")),
    ).toEqual(["reattach no", "close no drain"]);
    await device.until(() => device.get("always").state.status === "Running", 1000);
    await device.clock.advance(10_000);
    expect(device.get("no").state.status).toBe("Exited");
    expect(device.get("zero").state.status).toBe("Exited");
  });

  test("goes on restarting what it found running", async () => {
    await device.createAndStart(wish("app", "runs", { hostConfig: policy("unless-stopped") }));
    device.kill();
    await device.boot();
    device.world.tasks.get("app")?.end(1);
    await device.until(
      () => device.get("app").restartCount === 1 && device.get("app").state.status === "Running",
    );
  });

  test("ends an unfinished task and a stop that was cut off", async () => {
    await device.create(wish("app", "runs"));
    device.world.createTask({
      id: "app",
      snapshotKey: "app-snapshot",
      spec: (await device.specs.build(specRequest(device))).spec,
      runtime: "",
      stdio: { stdin: "", stdout: "", stderr: "", terminal: false },
    });
    device.kill();
    await device.boot();
    expect(device.get("app").state.status).toBe("Created");
    device.expectNoLeaks();
  });
});

function specRequest(on: Device) {
  return {
    container: on.get("app"),
    engineId: "app",
    snapshotKey: "app-snapshot",
    image: { env: [], entrypoint: [], cmd: [], workingDir: "", user: "", stopSignal: "" },
    network: { namespacePath: "", hostName: "", files: { hostname: "", hosts: "", resolvConf: "" } },
  };
}

describe("a power cut", () => {
  const TABLE = [
    { type: "always", comesBack: true },
    { type: "unless-stopped", comesBack: true },
    { type: "on-failure", comesBack: true },
    { type: "no", comesBack: false },
  ];
  for (const { type, comesBack } of TABLE) {
    test(`${type}: what ran ${comesBack ? "runs again" : "stays down, and says why"}`, async () => {
      await device.createAndStart(wish("app", "runs", { hostConfig: policy(type) }));
      device.cutPower();
      await device.boot();
      await device.clock.advance(5_000);
      expect(device.get("app").state.status).toBe(comesBack ? "Running" : "Exited");
      if (!comesBack) expect(device.get("app").state.error).toContain("not found");
      device.expectNoLeaks();
    });
  }

  test("always comes back although a user had stopped it, and is kept running again", async () => {
    await device.createAndStart(wish("app", "runs", { hostConfig: policy("always") }));
    await device.finish(device.manager.stop("app", STOP, FOREVER));
    await device.clock.advance(5_000);
    expect(device.get("app")).toMatchObject({ manuallyStopped: true, state: { status: "Stopped" } });
    device.kill();
    await device.boot();
    await device.until(() => device.get("app").state.status === "Running");
    expect(device.get("app").manuallyStopped).toBe(false);
    device.world.tasks.get("app")?.end(1);
    await device.until(
      () => device.get("app").state.status === "Running" && device.get("app").restartCount === 1,
    );
  });

  test("a restart that was due before it is made once, and the waits grow from 100 ms to the cap again", async () => {
    const restartPolicy = { type: "always", maximumRetryCount: 0, retryTimeoutNanos: 1_000_000_000n };
    await device.createAndStart(wish("app", "crashes", { hostConfig: { restartPolicy } }));
    await device.until(() => device.get("app").restartCount === 8 && device.world.running().length === 0);
    const created = device.world.createdTasks.length;
    device.cutPower();
    await device.boot();
    const waits: (number | undefined)[] = [];
    for (let count = 1; count <= 7; count++) {
      await device.until(() => device.get("app").restartCount === count);
      waits.push(device.manager.details("app").restart?.waitMs);
      expect(device.world.createdTasks.length - created).toBe(count);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000, 1000]);
  });

  test("the last restart that on-failure allows is not lost with the daemon that planned it", async () => {
    await device.createAndStart(wish("app", "fails", { hostConfig: policy("on-failure", 2) }));
    await device.until(() => device.get("app").restartCount === 2 && device.world.running().length === 0);
    const created = device.world.createdTasks.length;
    device.kill();
    await device.boot();
    await device.until(() => device.world.createdTasks.length > created);
  });

  test("unreadable state is told as long as it is missing, also by later daemons, until the container is made anew", async () => {
    const problem = { id: "gone", path: "/home/containers/gone/config.json", reason: "it is empty" };
    device.store.problems = [problem];
    device.kill();
    await device.boot();
    expect(device.manager.problems()).toMatchObject([{ code: "SC_STATE_UNREADABLE", subject: "gone" }]);
    device.store.problems = [];
    device.kill();
    await device.boot();
    expect(device.manager.problems()).toMatchObject([{ code: "SC_STATE_UNREADABLE", subject: "gone" }]);
    await device.create(wish("gone", "runs"));
    expect(device.manager.problems()).toEqual([]);
    device.kill();
    await device.boot();
    expect(device.manager.problems()).toEqual([]);
  });

  test("what a user had stopped stays down, what was only made is not started", async () => {
    await device.createAndStart(wish("stopped", "runs", { hostConfig: policy("unless-stopped") }));
    await device.finish(device.manager.stop("stopped", STOP, FOREVER));
    await device.create(wish("made", "runs", { hostConfig: policy("always") }));
    device.cutPower();
    await device.boot();
    await device.clock.advance(60_000);
    expect(device.get("stopped").state.status).toBe("Stopped");
    expect(device.get("made").state.status).toBe("Created");
  });

  test("twenty come back, all of them, in the order in which they were started", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 20; index++) {
      const id = `c${(index * 7) % 20}`;
      ids.push(id);
      await device.createAndStart(wish(id, "runs"));
      await device.clock.advance(10);
    }
    device.cutPower();
    device.world.createdTasks.length = 0;
    await device.boot({ maxParallelStarts: 1 });
    await device.clock.advance(10_000);
    expect(device.world.createdTasks).toEqual(ids);
    device.expectNoLeaks();
  });
});

describe("sweeping", () => {
  test("what nobody owns goes, what is not ours and what cannot be read stays", async () => {
    await device.createAndStart(wish("mine", "runs"));
    await device.createAndStart(wish("orphan", "runs"));
    await device.createAndStart(wish("unreadable", "runs"));
    device.kill();
    device.store.saved.delete("orphan");
    device.store.saved.delete("unreadable");
    device.store.problems = [{ id: "unreadable", path: "/q", reason: "no JSON" }];
    device.world.prepareSnapshot("mine.next", "sha256:x");
    device.world.prepareSnapshot("foreign", "sha256:x");
    device.world.prepareSnapshot("gone-snapshot", "sha256:x");
    device.world.prepareSnapshot("old-snapshot", "sha256:x");
    device.world.commitSnapshot("old-snapshot", "mine.old.3");
    await device.boot();
    expect(device.world.running()).toEqual(["mine", "unreadable"]);
    expect([...device.world.snapshots.keys()].sort()).toEqual([
      "foreign",
      "mine-snapshot",
      "unreadable-snapshot",
    ]);
    device.kill();
    device.store.problems = [];
    await device.boot();
    expect(device.world.running()).toEqual(["mine", "unreadable"]);
  });
});

describe("an empty home beside an engine that holds containers", () => {
  test("takes nothing away, not at a later start either; with the home back they are as before", async () => {
    const before = await device.createAndStart(wish("mine", "runs"));
    await device.create(wish("made", "runs"));
    device.kill();
    const mounted = new Map(device.store.saved);
    device.store.saved.clear();
    device.store.isNew = true;
    await device.boot();
    await device.createAndStart(wish("other", "runs"));
    device.kill();
    await device.boot();
    expect(device.world.running()).toEqual(["mine", "other"]);
    expect([...device.world.snapshots.keys()]).toContain("made-snapshot");
    device.kill();
    for (const [id, state] of mounted) device.store.saved.set(id, state);
    await device.boot();
    expect(device.get("mine").state).toEqual(before.state);
    device.expectNoLeaks();
  });

  test("in use, takes away what nobody owns", async () => {
    device.world.prepareSnapshot("left-snapshot", "sha256:x");
    await device.createAndStart(wish("mine", "runs"));
    device.kill();
    await device.boot();
    expect([...device.world.snapshots.keys()]).toEqual(["mine-snapshot"]);
  });
});

describe("the engine goes away", () => {
  test("states are kept, and right again as soon as it is back", async () => {
    await device.createAndStart(wish("runs", "runs"));
    await device.createAndStart(wish("ends", "runs", { hostConfig: policy("no") }));
    await device.createAndStart(wish("lost", "runs", { hostConfig: policy("on-failure") }));
    await device.createAndStart(wish("paused", "runs"));
    device.engine.disconnect();
    await device.clock.advance(10_000);
    expect(device.manager.list().map(({ state }) => state.status)).toEqual(
      Array.from({ length: 4 }, () => "Running"),
    );
    device.world.tasks.get("ends")?.end(9);
    device.world.tasks.get("lost")?.end(137);
    device.world.deleteTask("lost");
    device.world.tasks.get("paused")?.pause();
    device.engine.reconnect();
    await device.clock.advance(1_000);
    expect(device.get("ends").state).toMatchObject({ status: "Exited", exitCode: 9 });
    expect(device.get("lost")).toMatchObject({ restartCount: 1, state: { status: "Running" } });
    expect(device.get("paused").state.status).toBe("Paused");
    expect(device.get("runs").state.status).toBe("Running");
    device.expectNoLeaks();
  });

  test("twenty outages change nothing", async () => {
    await device.createAndStart(wish("app", "runs"));
    const { pid } = device.get("app").state;
    for (let round = 0; round < 20; round++) {
      device.engine.disconnect();
      await device.clock.advance(200);
      device.engine.reconnect();
      await device.clock.advance(200);
    }
    expect(device.get("app").state).toMatchObject({ status: "Running", pid });
    await device.finish(device.manager.stop("app", STOP, FOREVER));
    expect(device.get("app").state.exitCode).toBe(143);
  });

  test("a request while it is away fails with a reason and changes nothing", async () => {
    await device.createAndStart(wish("app", "runs"));
    device.engine.disconnect();
    const refused = device.manager.stop("app", STOP, FOREVER).catch((thrown) => thrown.code);
    expect(await device.finish(refused)).toBe("SC_ENGINE_UNAVAILABLE");
    expect(device.get("app")).toMatchObject({ manuallyStopped: false, state: { status: "Running" } });
  });

  test("a task that somebody takes away is noticed and comes back by its policy", async () => {
    await device.createAndStart(wish("app", "runs"));
    device.world.tasks.get("app")?.end(137);
    await device.until(
      () => device.get("app").restartCount === 1 && device.get("app").state.status === "Running",
    );
  });
});

describe("the daemon's end", () => {
  test("with live restore containers go on and keep their FIFOs", async () => {
    await device.createAndStart(wish("app", "runs"));
    await device.finish(device.manager.close(FOREVER));
    expect(device.world.running()).toEqual(["app"]);
    expect([...device.logs.fifos.values()]).toEqual(["app"]);
    const refused = device.manager.start("app", FOREVER).catch((thrown) => thrown.message);
    expect(await device.finish(refused)).toBe("the daemon is stopping");
    await device.boot();
    expect(device.get("app").state.status).toBe("Running");
    device.expectNoLeaks();
  });

  test("without it all are stopped, the last started first, and come back at the next start", async () => {
    await device.boot({ liveRestore: false });
    for (const id of ["a", "b", "c"]) {
      await device.createAndStart(wish(id, "runs"));
      await device.clock.advance(10);
    }
    await device.finish(device.manager.stop("b", STOP, FOREVER));
    const stops: string[] = [];
    device.manager.subscribe((change) => {
      if (change !== "overflowed") stops.push(change.container.id);
    });
    await device.finish(device.manager.close(FOREVER));
    expect(device.world.running()).toEqual([]);
    expect(stops).toEqual(["c", "a"]);
    await device.boot();
    await device.until(() => device.world.running().length === 2);
    expect(device.world.running()).toEqual(["a", "c"]);
    device.expectNoLeaks();
  });

  test("each is asked when the one after it has ended; one that resists holds the others up for a second only", async () => {
    for (const [id, command] of [
      ["first", "handles"],
      ["second", "stubborn"],
      ["third", "handles"],
    ] as const) {
      await device.createAndStart(wish(id, command));
      await device.clock.advance(10);
    }
    const asked: [string, number][] = [];
    const begin = device.clock.nowMs();
    for (const [id, task] of device.world.tasks) {
      const kill = task.kill.bind(task);
      task.kill = (signal: number) => {
        asked.push([id, device.clock.nowMs() - begin]);
        kill(signal);
      };
    }
    await device.finish(device.manager.close(FOREVER, true));
    expect(asked.map(([id]) => id)).toEqual(["third", "second", "first", "second"]);
    expect(asked[1]?.[1]).toBeGreaterThanOrEqual(50);
    expect((asked[2]?.[1] ?? 0) - (asked[1]?.[1] ?? 0)).toBeLessThan(1_100);
    expect(device.world.running()).toEqual([]);
  });

  test("what it stopped counts as running at the next start, whatever its code; a policy no stays down", async () => {
    device.world.behaviour = () => ({ exitCodeAfterSignal: 0 });
    for (const type of ["on-failure", "unless-stopped", "no"]) {
      await device.createAndStart(wish(type, "any", { hostConfig: policy(type) }));
    }
    await device.finish(device.manager.close(FOREVER, true));
    expect(device.store.saved.get("on-failure")?.container.state).toMatchObject({
      status: "Stopped",
      exitCode: 0,
    });
    await device.boot();
    await device.until(() => device.world.running().length === 2);
    await device.clock.advance(1_000);
    expect(device.world.running()).toEqual(["on-failure", "unless-stopped"]);
    // The note has done its work: an end of its own is one.
    device.world.tasks.get("on-failure")?.end(0);
    await device.clock.advance(1_000);
    device.kill();
    await device.boot();
    await device.clock.advance(1_000);
    expect(device.get("on-failure").state).toMatchObject({ status: "Exited", exitCode: 0 });
    device.expectNoLeaks();
  });

  test("while it stops all no policy starts anything, also what the system itself ends counts as running", async () => {
    await device.createAndStart(wish("slow", "handles", { hostConfig: policy("always") }));
    await device.clock.advance(10);
    await device.createAndStart(wish("other", "runs", { hostConfig: policy("on-failure") }));
    await device.createAndStart(wish("looping", "crashes", { hostConfig: policy("always") }));
    const created = device.world.createdTasks.length;
    const closing = device.manager.close(FOREVER, true);
    device.world.tasks.get("other")?.end(0);
    await device.finish(closing);
    await device.clock.advance(5_000);
    expect(device.world.createdTasks.length).toBe(created);
    expect(device.world.running()).toEqual([]);
    await device.boot();
    await device.until(() => ["slow", "other"].every((id) => device.world.running().includes(id)));
    await device.until(() => device.get("looping").restartCount > 2);
  });

  test("a paused one is let go on, so that it ends in order and not by the kill after its time", async () => {
    await device.createAndStart(wish("app", "runs"));
    await device.finish(device.manager.pause("app", FOREVER));
    const before = device.clock.nowMs();
    await device.finish(device.manager.close(FOREVER, true));
    expect(device.store.saved.get("app")?.container.state).toMatchObject({
      status: "Stopped",
      exitCode: 143,
    });
    expect(device.clock.nowMs() - before).toBeLessThan(1_000);
  });

  test("a probation goes on with the rest of its time after a clean restart", async () => {
    await device.createAndStart(wish("app", "runs"));
    const work = device.manager.replace(
      "app",
      { id: "app", name: "app", image: { name: "registry.example/app:2" } },
      { stop: STOP, probationMs: 10_000 },
      FOREVER,
    );
    work.catch(() => undefined);
    await device.until(
      () => device.get("app").image.name.endsWith("2") && device.world.running().length === 1,
    );
    await device.clock.advance(3_000);
    await device.finish(device.manager.close(FOREVER));
    await device.boot();
    await device.clock.advance(5_000);
    expect(device.journal.notes.size).toBe(1);
    device.world.tasks.get("app")?.end(1);
    await device.until(() => device.journal.notes.size === 0);
    expect(device.get("app").image.name).toBe("registry.example/app:1");
    expect(device.world.running()).toEqual(["app"]);
    device.expectNoLeaks();
  });
});

describe("faults that were found and mended", () => {
  const NEXT = { id: "app", name: "app", image: { name: "registry.example/app:2" } };
  const OPTIONS = { stop: STOP, probationMs: 10_000 };
  const isSuccessor = () => device.get("app").image.name.endsWith("2") && device.world.running().length === 1;

  test("a replacement taken up again after a kill is finished before the next one of that container begins", async () => {
    await device.createAndStart(wish("app", "runs"));
    device.manager.replace("app", NEXT, OPTIONS, FOREVER).catch(() => undefined);
    await device.until(isSuccessor);
    device.kill();
    await device.boot();
    const second = device.manager.replace("app", { ...NEXT, config: { cmd: ["fails"] } }, OPTIONS, FOREVER);
    expect((await device.finish(second)).kind).toBe("rolled-back");
    expect([...device.world.snapshots.keys()].sort()).toEqual(["app-snapshot", "app.old.1"]);
    device.expectNoLeaks();
  });

  test("a removal during a probation that was cut off after the state had gone is finished", async () => {
    await device.createAndStart(wish("app", "runs"));
    device.manager.replace("app", NEXT, OPTIONS, FOREVER).catch(() => undefined);
    await device.until(isSuccessor);
    device.kill();
    device.store.saved.delete("app");
    await device.boot();
    await device.until(() => device.journal.notes.size === 0);
    expect(device.world.snapshots.size).toBe(0);
    expect(device.world.running()).toEqual([]);
    device.expectNoLeaks();
  });

  test("a task that could not be cleared away is not forgotten by a second start that fails before its task", async () => {
    await device.create(wish("app", "runs"));
    const start = () => device.finish(device.manager.start("app", FOREVER).catch((thrown) => thrown.message));
    device.engine.faultAt = (_, name) => (name === "startTask" || name === "task" ? "error" : undefined);
    await start();
    expect(device.world.tasks.size).toBe(1);
    device.engine.faultAt = (_, name) => (name === "hasSnapshot" ? "error" : undefined);
    await start();
    await device.clock.advance(60_000);
    expect(device.world.tasks.size).toBe(0);
    device.expectNoLeaks();
  });

  test("an exit that is known is not lost when the daemon dies while it clears the task away", async () => {
    await device.createAndStart(wish("app", "fails", { hostConfig: policy("no") }));
    device.engine.faultAt = (_, name) => {
      if (name === "deleteTask") device.clock.after(0, () => device.kill());
      return undefined;
    };
    await device.clock.advance(1_000);
    device.world.deleteTask("app");
    await device.boot();
    expect(device.get("app").state).toMatchObject({ status: "Exited", exitCode: 1, error: "" });
  });

  test("stamps are compared as times, not as texts", () => {
    const sorted = [
      "2026-01-01T00:00:00Z",
      "2026-01-01T00:00:00.01Z",
      "2026-01-01T00:00:00.1Z",
      "2026-01-01T00:00:00.19Z",
    ];
    expect([...sorted].reverse().sort(compareStamps)).toEqual(sorted);
    expect(compareStamps("", sorted[0] ?? "")).toBe(-1);
  });
});

test("requests wait for the end of the restore, and say so when it takes too long", async () => {
  await device.createAndStart(wish("app", "runs"));
  device.kill();
  const manager = device.make({ startingLimitMs: 5_000 });
  device.engine.faultAt = (_, name) => (name === "inventory" ? "error" : undefined);
  const opening = manager.open(FOREVER);
  const early = manager.pause("app", FOREVER).catch((thrown) => thrown.message);
  await device.clock.advance(5_500);
  expect(await early).toBe("the daemon is starting: containers are being restored");
  const later = manager.pause("app", FOREVER);
  device.engine.faultAt = () => undefined;
  await device.finish(opening);
  await device.finish(later);
  expect(device.get("app").state.status).toBe("Paused");
});

/** Whether a look and a request are answered while the network is being set up. */
async function answeredEarly(): Promise<{ readonly looked: boolean; readonly requested: boolean }> {
  const answered = { looked: false, requested: false };
  const { promise, resolve } = Promise.withResolvers<void>();
  device.network.untilOpened = promise;
  const manager = device.make();
  const opening = manager.open(FOREVER);
  const looking = manager.whenKnown(FOREVER).then(() => {
    answered.looked = true;
  });
  const requesting = manager.whenReady(FOREVER).then(() => {
    answered.requested = true;
  });
  await device.clock.advance(100);
  const early = { ...answered };
  resolve();
  await device.finish(Promise.all([opening, looking, requesting]));
  return early;
}

test("who only looks need not wait for the network when everything is as it is stored", async () => {
  await device.createAndStart(wish("app", "runs"));
  await device.create(wish("idle", "runs"));
  device.kill();
  expect(await answeredEarly()).toEqual({ looked: true, requested: false });
});

test("who looks waits for the whole restore when something ended, was lost or began meanwhile", async () => {
  await device.createAndStart(wish("app", "fails", { hostConfig: policy("no") }));
  device.kill();
  await device.clock.advance(5_000);
  expect(await answeredEarly()).toEqual({ looked: false, requested: false });
  await device.createAndStart(wish("lost", "runs", { hostConfig: policy("no") }));
  device.kill();
  device.world.tasks.delete("lost");
  expect(await answeredEarly()).toEqual({ looked: false, requested: false });
});

test("an engine that comes an hour late is waited for; requests meanwhile are told what is missing", async () => {
  await device.createAndStart(wish("app", "runs"));
  device.kill();
  const manager = device.make({ startingLimitMs: 5_000 });
  device.engine.isAbsent = true;
  const opening = manager.open(FOREVER);
  const early = manager.pause("app", FOREVER).catch((thrown) => thrown.message);
  await device.clock.advance(3_600_000);
  expect(await early).toBe("the daemon is starting: containerd does not answer");
  device.engine.isAbsent = false;
  await device.finish(opening);
  expect(device.get("app").state.status).toBe("Running");
});
