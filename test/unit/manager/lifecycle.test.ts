import { beforeEach, describe, expect, test } from "bun:test";
import type { ContainerChange } from "../../../src/manager/event-hub.ts";
import { Device, FOREVER, policy, wish } from "./support/device.ts";

const GENTLE = { timeoutSeconds: 2, force: false, signal: "" };
const FIRM = { timeoutSeconds: 2, force: true, signal: "" };

let device: Device;

beforeEach(async () => {
  device = new Device();
  await device.boot();
});

function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "succeeded",
    (thrown) => String(thrown.message),
  );
}

describe("a container's life", () => {
  test("created, started, stopped, removed: states, news in order, nothing left", async () => {
    const news: string[] = [];
    device.manager.subscribe((change) => {
      if (change !== "overflowed")
        news.push(`${change.sequence} ${change.action} ${change.container.state.status}`);
    });
    const { id } = await device.create(wish("one", "runs"));
    expect(device.get(id).state).toMatchObject({ status: "Created", pid: -1, exitCode: 0 });
    device.expectNoLeaks();
    await device.finish(device.manager.start(id, FOREVER));
    expect(device.get(id).state.status).toBe("Running");
    expect(device.get(id).state.pid).toBe(device.world.tasks.get(id)?.pid ?? 0);
    device.expectNoLeaks();
    await device.finish(device.manager.stop(id, GENTLE, FOREVER));
    expect(device.get(id)).toMatchObject({
      manuallyStopped: true,
      state: { status: "Stopped", pid: -1, exitCode: 143 },
    });
    expect(device.get(id).networkSettings).toBeUndefined();
    device.expectNoLeaks();
    await device.finish(device.manager.remove(id, false, undefined, FOREVER));
    expect(device.manager.list()).toEqual([]);
    device.expectNoLeaks();
    await device.clock.advance(0);
    expect(news).toEqual(["1 created Created", "2 running Running", "3 stopped Stopped", "4 removed Dead"]);
  });

  test("the state is on the disk before the news of it is told", async () => {
    const { id } = await device.create(wish("one", "runs"));
    const seen: string[] = [];
    device.manager.subscribe((change) => {
      const { container } = change as ContainerChange;
      seen.push(device.store.saved.get(container.id)?.container.state.status ?? "gone");
    });
    await device.finish(device.manager.start(id, FOREVER));
    await device.finish(device.manager.stop(id, { timeoutSeconds: 0, force: false, signal: "" }, FOREVER));
    await device.finish(device.manager.remove(id, false, undefined, FOREVER));
    expect(seen).toEqual(["Running", "Stopped", "gone"]);
  });

  test("a removal by force tells no end of its own, unless the container has to stay", async () => {
    const { id } = await device.createAndStart(wish("one", "runs"));
    const told: string[] = [];
    device.manager.subscribe((change) => {
      told.push(change === "overflowed" ? change : change.action);
    });
    const { store } = device;
    const remove = store.remove.bind(store);
    store.remove = () => {
      throw new Error("read-only file system");
    };
    expect(await failure(device.finish(device.manager.remove(id, true, undefined, FOREVER)))).toBe(
      "read-only file system",
    );
    expect([told, device.get(id).state.status]).toEqual([["stopped"], "Stopped"]);
    store.remove = remove;
    await device.finish(device.manager.start(id, FOREVER));
    await device.finish(device.manager.remove(id, true, undefined, FOREVER));
    expect(told).toEqual(["stopped", "running", "removed"]);
  });

  test("readers are open before the task is made, and the wait is asked for before it is started", async () => {
    await device.createAndStart(wish("one", "runs"));
    const calls = device.engine.history.filter((call) => /Task/.test(call)).map((call) => call.split(" ")[0]);
    expect(calls).toEqual(["createTask", "waitTask", "startTask"]);
  });

  test("refusals have the peer's texts", async () => {
    const m = device.manager;
    expect(await failure(device.finish(m.start("nobody", FOREVER)))).toBe(
      "no such container with id = nobody exists",
    );
    expect(await failure(device.create({ name: "x", image: { name: "" } }))).toBe(
      "the containers image configuration is invalid",
    );
    expect(await failure(device.create(wish("bad name", "runs", { id: "a" })))).toBe(
      "invalid container name format : bad name",
    );
    await device.createAndStart(wish("one", "runs"));
    expect(await failure(device.create(wish("one", "runs")))).toBe("container with id = one already exists");
    expect(await failure(device.finish(m.start("one", FOREVER)))).toBe(
      "the container with id = one is already running",
    );
    expect(await failure(device.finish(m.remove("one", false, undefined, FOREVER)))).toBe(
      "container with id = one is not stopped - must set the force flag to true to remove it",
    );
    expect(await failure(device.finish(m.unpause("one", FOREVER)))).toBe(
      "container id = one is not paused - cannot unpause it ",
    );
    await device.finish(m.stop("one", GENTLE, FOREVER));
    expect(await failure(device.finish(m.stop("one", GENTLE, FOREVER)))).toBe(
      "cannot perform stop operation for container: one, with state: Stopped",
    );
    expect(await failure(device.finish(m.pause("one", FOREVER)))).toBe(
      "container with id = one is not running - current status is Stopped",
    );
    expect(await failure(device.finish(m.stop("one", { ...GENTLE, signal: "TERM" }, FOREVER)))).toBe(
      "invalid signal = TERM",
    );
    expect(await failure(device.finish(m.rename("one", "a b", FOREVER)))).toBe(
      "invalid container name format : a b",
    );
  });

  test("equal names are allowed for single requests, ids are not, not even at the same moment", async () => {
    await device.create(wish("a", "runs", { name: "same" }));
    await device.create(wish("b", "runs", { name: "same" }));
    const results = await device.finish(
      Promise.allSettled([
        device.manager.create(wish("c", "runs"), "test", FOREVER),
        device.manager.create(wish("c", "runs"), "test", FOREVER),
      ]),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(device.manager.list().map(({ id }) => id)).toEqual(["a", "b", "c"]);
    device.expectNoLeaks();
  });

  test("of two deployers that make one name at the same moment the second is refused; single requests are not", async () => {
    const nameless = { ...wish("one", "runs"), id: "" };
    const both = ["folder", "init-dir"].map((origin) => device.manager.create(nameless, origin, FOREVER));
    const results = await device.finish(Promise.allSettled(both));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(await failure(both[1] ?? Promise.resolve())).toBe("container with name = one already exists");
    await device.finish(device.manager.create(nameless, "grpc", FOREVER));
    // With an id of its own it may be the successor of the other.
    await device.finish(device.manager.create({ ...nameless, id: "two" }, "folder", FOREVER));
    expect(device.manager.list()).toHaveLength(3);
  });

  test("a create that cannot be saved fails and leaves nothing", async () => {
    device.store.isFull = true;
    expect(await failure(device.create(wish("one", "runs")))).toBe("no space left on device");
    expect(device.world.snapshots.size).toBe(0);
    device.store.isFull = false;
    await device.create(wish("one", "runs"));
    device.expectNoLeaks();
  });

  test("a caller that gives up during the create gets nothing, and nothing is left", async () => {
    const caller = new AbortController();
    const work = failure(device.manager.create(wish("one", "runs"), "test", caller.signal));
    caller.abort(new Error("gone"));
    expect(await device.finish(work)).toBe("gone");
    await device.clock.advance(1000);
    expect(device.manager.list()).toEqual([]);
    device.expectNoLeaks();
  });

  test("pause and unpause", async () => {
    await device.createAndStart(wish("one", "runs"));
    await device.finish(device.manager.pause("one", FOREVER));
    expect(device.get("one").state.status).toBe("Paused");
    expect(await failure(device.finish(device.manager.start("one", FOREVER)))).toContain("is paused");
    await device.finish(device.manager.unpause("one", FOREVER));
    expect(device.get("one").state.status).toBe("Running");
  });

  test("a pause or resume by somebody else is noticed; our own is told once", async () => {
    await device.createAndStart(wish("app", "runs"));
    const news: string[] = [];
    device.manager.subscribe((change) => {
      if (change !== "overflowed") news.push(change.action);
    });
    device.world.pauseByStranger("app", true);
    await device.until(() => device.get("app").state.status === "Paused");
    device.world.pauseByStranger("app", false);
    await device.until(() => device.get("app").state.status === "Running");
    await device.finish(device.manager.pause("app", FOREVER));
    for (const listener of device.world.pauseListeners) listener("app", true);
    await device.clock.advance(100);
    expect(news).toEqual(["paused", "resumed", "paused"]);
  });

  test("an exit is told with its code, time and nothing of the run is left", async () => {
    await device.createAndStart(wish("one", "fails", { hostConfig: policy("no") }));
    await device.clock.advance(1000);
    expect(device.get("one").state).toMatchObject({
      status: "Exited",
      exitCode: 1,
      error: "",
      oomKilled: false,
    });
    const { startedAt, finishedAt } = device.get("one").state;
    expect(Date.parse(finishedAt) - Date.parse(startedAt)).toBe(500);
    device.expectNoLeaks();
  });

  test("out of memory counts only when the main process was killed by it", async () => {
    await device.createAndStart(wish("hungry", "hungry", { hostConfig: policy("no") }));
    await device.createAndStart(wish("child", "child", { hostConfig: policy("no") }));
    await device.clock.advance(1000);
    expect(device.get("hungry").state).toMatchObject({ oomKilled: true, error: "OOM Killed", exitCode: 137 });
    expect(device.get("child").state).toMatchObject({ oomKilled: false, error: "", exitCode: 4 });
  });

  test("a notice that memory ran out counts also when it comes a moment after the end", async () => {
    await device.createAndStart(wish("one", "runs", { hostConfig: policy("no") }));
    const { engine, world } = device;
    const deleteTask = engine.deleteTask.bind(engine);
    engine.deleteTask = (id, signal) => {
      for (const tell of world.oomListeners) tell(id);
      return deleteTask(id, signal);
    };
    world.tasks.get("one")?.end(137);
    await device.until(() => device.get("one").state.status === "Exited");
    expect(device.get("one").state).toMatchObject({ oomKilled: true, error: "OOM Killed", exitCode: 137 });
    device.expectNoLeaks();
  });

  test("a task that the engine refuses leaves the container stopped with the engine's text", async () => {
    await device.create(wish("one", "missing", { hostConfig: policy("no") }));
    const text = 'exec: "/missing": stat /missing: no such file or directory: unknown';
    expect(await failure(device.finish(device.manager.start("one", FOREVER)))).toBe(text);
    expect(device.get("one").state).toMatchObject({ status: "Stopped", error: text, exitCode: 0 });
    device.expectNoLeaks();
  });

  test("a port that is taken leaves the status and says why", async () => {
    device.network.ports.set(8080, "other");
    const port = { protocol: "tcp", hostIp: "", hostPort: 8080, hostPortEnd: 8080, containerPort: 80 };
    await device.create(wish("one", "runs", { hostConfig: { portMappings: [port] } }));
    expect(await failure(device.finish(device.manager.start("one", FOREVER)))).toContain(
      "port 8080 is in use",
    );
    expect(device.get("one").state).toMatchObject({
      status: "Created",
      error: "port 8080 is in use by other",
    });
    device.expectNoLeaks();
    device.network.ports.delete(8080);
    await device.finish(device.manager.start("one", FOREVER));
    expect(device.get("one").state).toMatchObject({ status: "Running", error: "" });
  });

  test("a file system that somebody took away is reported, not replaced", async () => {
    await device.create(wish("one", "runs"));
    device.world.snapshots.delete("one-snapshot");
    expect(await failure(device.finish(device.manager.start("one", FOREVER)))).toBe(
      "snapshot for container with ID = one does not exist",
    );
  });

  test("update changes policy and limits; wrong ones are refused and nothing is stored", async () => {
    await device.createAndStart(wish("one", "runs"));
    const none = { memory: "", memoryReservation: "", memorySwap: "" };
    const m = device.manager;
    await device.finish(m.update("one", policy("no").restartPolicy, { ...none, memory: "64M" }, FOREVER));
    expect(device.get("one").hostConfig).toMatchObject({
      restartPolicy: { type: "no" },
      resources: { memory: "64M" },
    });
    expect(await failure(device.finish(m.update("one", undefined, { ...none, memory: "1M" }, FOREVER)))).toBe(
      "minimum memory allowed is 3M",
    );
    await device.finish(m.update("one", undefined, none, FOREVER));
    expect(device.get("one").hostConfig.resources).toBeUndefined();
  });

  test("update changes limits of time and processes, leaves other extras, and takes the last one away", async () => {
    await device.createAndStart({ ...wish("one", "runs"), extras: { user: "app", cpus: 2 } });
    const m = device.manager;
    const update = (cpus?: number, pidsLimit?: number) =>
      device.finish(m.update("one", undefined, undefined, FOREVER, { cpus, pidsLimit }));
    await update(0.5, 10);
    expect(device.get("one").extras).toEqual({ user: "app", cpus: 0.5, pidsLimit: 10 });
    expect(device.store.saved.get("one")?.container.extras).toEqual(device.get("one").extras);
    expect(await failure(update(0))).toBe("0 CPUs cannot be given");
    expect(await failure(update(1, 0.5))).toBe("the limit of 0.5 processes cannot be set");
    await update();
    expect(device.get("one").extras).toEqual({ user: "app" });
    await device.createAndStart({ ...wish("two", "runs"), extras: { cpus: 2 } });
    await device.finish(
      m.update("two", undefined, undefined, FOREVER, { cpus: undefined, pidsLimit: undefined }),
    );
    expect("extras" in device.get("two")).toBe(false);
  });
});

describe("stopping", () => {
  test("an exit between signal and wait is never lost", async () => {
    for (let round = 0; round < 20; round++) {
      const id = `c${round}`;
      await device.createAndStart(wish(id, "runs"));
      const begin = device.clock.nowMs();
      await device.finish(device.manager.stop(id, GENTLE, FOREVER));
      expect(device.clock.nowMs() - begin).toBeLessThan(100);
      expect(device.get(id).state.exitCode).toBe(143);
    }
    device.expectNoLeaks();
  });

  test("a process that ended just before the stop is a stop that succeeded", async () => {
    await device.createAndStart(wish("one", "runs"));
    device.world.tasks.get("one")?.end(3);
    await device.finish(device.manager.stop("one", GENTLE, FOREVER).catch(() => undefined));
    await device.clock.advance(5000);
    expect(device.get("one").state.status).not.toBe("Running");
    expect(device.world.running()).toEqual([]);
    device.expectNoLeaks();
  });

  test("without force a stubborn one stays running, and is not held down", async () => {
    await device.createAndStart(wish("one", "stubborn"));
    expect(await failure(device.finish(device.manager.stop("one", GENTLE, FOREVER)))).toBe(
      "could not stop container with ID = one with SIGTERM",
    );
    expect(device.get("one")).toMatchObject({ manuallyStopped: false, state: { status: "Running" } });
  });

  test("with force it is killed after the timeout, even when the caller has gone", async () => {
    await device.createAndStart(wish("one", "stubborn"));
    const caller = new AbortController();
    const work = failure(device.manager.stop("one", FIRM, caller.signal));
    await device.clock.advance(500);
    caller.abort(new Error("gone"));
    expect(await device.finish(work)).toBe("gone");
    expect(device.get("one").state.status).toBe("Running");
    await device.clock.advance(2000);
    expect(device.get("one")).toMatchObject({
      manuallyStopped: true,
      state: { status: "Stopped", exitCode: 137 },
    });
    device.expectNoLeaks();
  });

  test("what not even SIGKILL ends is reported", async () => {
    await device.createAndStart(wish("one", "immortal"));
    expect(await failure(device.finish(device.manager.stop("one", FIRM, FOREVER)))).toBe(
      "could not stop container with ID = one with SIGKILL",
    );
    expect(device.get("one").state.status).toBe("Running");
  });

  test("a handler's own exit code is kept", async () => {
    await device.createAndStart(wish("one", "handles"));
    await device.finish(device.manager.stop("one", GENTLE, FOREVER));
    expect(device.get("one").state.exitCode).toBe(7);
  });

  test("a user's stop holds, whatever the policy", async () => {
    for (const type of ["no", "always", "unless-stopped", "on-failure"]) {
      await device.createAndStart(wish(type, "runs", { hostConfig: policy(type) }));
      await device.finish(device.manager.stop(type, GENTLE, FOREVER));
      await device.clock.advance(120_000);
      expect(device.get(type).state.status).toBe("Stopped");
    }
  });

  test("a paused one is ended by force", async () => {
    await device.createAndStart(wish("one", "runs"));
    await device.finish(device.manager.pause("one", FOREVER));
    await device.finish(device.manager.stop("one", FIRM, FOREVER));
    expect(device.get("one").state).toMatchObject({ status: "Stopped", exitCode: 137 });
  });

  test("requests for one container are answered in order, others do not wait for them", async () => {
    await device.createAndStart(wish("slow", "stubborn"));
    await device.createAndStart(wish("quick", "runs"));
    const order: string[] = [];
    const note = (what: string) => () => {
      order.push(what);
    };
    const slow = device.manager.stop("slow", FIRM, FOREVER).then(note("slow stopped"));
    const after = device.manager.start("slow", FOREVER).then(note("slow started"));
    const quick = device.manager.stop("quick", FIRM, FOREVER).then(note("quick stopped"));
    await device.finish(Promise.all([slow, after, quick]));
    expect(order).toEqual(["quick stopped", "slow stopped", "slow started"]);
  });
});
