import { beforeEach, describe, expect, test } from "bun:test";
import type { ContainerWish } from "../../../src/model/defaults.ts";
import type { ReplaceOutcome } from "../../../src/model/replace.ts";
import { Device, FOREVER, NEW_IMAGE, OLD_IMAGE, policy, wish } from "./support/device.ts";

const STOP = { timeoutSeconds: 1, force: true, signal: "SIGTERM" };
const OPTIONS = { stop: STOP, probationMs: 10_000 };
const PORT = { protocol: "tcp", hostIp: "", hostPort: 8080, hostPortEnd: 8080, containerPort: 80 };

let device: Device;

beforeEach(async () => {
  device = new Device();
  await device.boot();
});

/** The id that the successor has: the old one's, or one that the daemon makes. */
const WAYS = [
  { way: "with the same id", id: "app" },
  { way: "with a new id", id: "" },
];

function next(id: string, command: string, more: ContainerWish = {}): ContainerWish {
  return { id, name: "app", image: { name: NEW_IMAGE }, config: { cmd: [command] }, ...more };
}

async function start(command = "runs", more: ContainerWish = {}) {
  const old = await device.createAndStart(wish("app", command, more));
  return { old, oldPid: old.state.pid };
}

function replace(wanted: ContainerWish, probationMs = OPTIONS.probationMs): Promise<ReplaceOutcome> {
  return device.finish(device.manager.replace("app", wanted, { ...OPTIONS, probationMs }, FOREVER));
}

function expectRolledBack(
  outcome: ReplaceOutcome,
  phase: string,
  reason: string,
  isTransient: boolean,
): void {
  expect(outcome).toMatchObject({ kind: "rolled-back", phase, isTransient });
  if (outcome.kind === "rolled-back") expect(outcome.reason).toContain(reason);
  expect(device.manager.list().map(({ id, image }) => `${id} ${image.name}`)).toEqual([`app ${OLD_IMAGE}`]);
  expect(device.journal.notes.size).toBe(0);
  device.expectNoLeaks();
}

for (const { way, id } of WAYS) {
  describe(`replacing ${way}`, () => {
    test("a good successor takes the place, nothing of the old one is left", async () => {
      const { oldPid } = await start("runs", { hostConfig: { portMappings: [PORT] } });
      const outcome = await replace(next(id, "runs", { hostConfig: { portMappings: [PORT] } }));
      expect(outcome).toMatchObject({ kind: "replaced", exitedWithZero: false });
      const [only, ...others] = device.manager.list();
      expect(others).toEqual([]);
      expect(only).toMatchObject({ name: "app", image: { name: NEW_IMAGE }, state: { status: "Running" } });
      expect(only?.id === "app").toBe(id === "app");
      expect(only?.state.pid).not.toBe(oldPid);
      expect([...device.world.snapshots.keys()]).toEqual([`${only?.id}-snapshot`]);
      expect(device.world.snapshots.get(`${only?.id}-snapshot`)?.parent).toBe(`sha256:${NEW_IMAGE}`);
      expect(device.journal.notes.size).toBe(0);
      device.expectNoLeaks();
    });

    test("what the old one had written goes with it and is told; what came back twice has written in all its layers", async () => {
      await start();
      const write = (sizeBytes: number, inodes: number) =>
        Object.assign(device.world.snapshots.get("app-snapshot") ?? {}, { sizeBytes, inodes });
      write(50_000, 4);
      expectRolledBack(await replace(next(id, "fails")), "probation", "exit code 1", false);
      // With the same id the first layer lies below a new one now; with a new id it is still the only one.
      write(10_000, 2);
      const outcome = await replace(next(id, "runs"));
      const dropped = id === "app" ? { bytes: 60_000, files: 4 } : { bytes: 10_000, files: 1 };
      expect(outcome).toMatchObject({ kind: "replaced", dropped: { ...dropped, isAll: true } });
      device.expectNoLeaks();
    });

    test("an image that cannot be had: the old one is not touched", async () => {
      const { oldPid } = await start();
      const missing = await replace(next(id, "runs", { image: { name: "registry.example/none:1" } }));
      expectRolledBack(missing, "prepare", "not found", false);
      const away = await replace(next(id, "runs", { image: { name: "registry.example/away:1" } }));
      expectRolledBack(away, "prepare", "does not answer", true);
      expect(device.get("app").state).toMatchObject({ status: "Running", pid: oldPid });
    });

    test("a wish that is wrong, a user that is not there, a port that is taken: not touched", async () => {
      const { oldPid } = await start();
      device.network.ports.set(8080, "other");
      const taken = next(id, "runs", { hostConfig: { portMappings: [PORT] } });
      expectRolledBack(await replace(taken), "prepare", "port 8080 is in use", true);
      expectRolledBack(await replace(next(id, "no-user")), "prepare", "no user", false);
      const wrong = next(id, "runs", { hostConfig: { networkMode: "none" } });
      expectRolledBack(await replace(wrong), "prepare", "unsupported network mode none", false);
      expect(device.get("app").state).toMatchObject({ status: "Running", pid: oldPid });
    });

    test("a disk without room for both: not touched, the message has the numbers", async () => {
      const { oldPid } = await start();
      device.disk.freeBytes = 1000;
      expectRolledBack(await replace(next(id, "runs")), "prepare", "1000 bytes free", true);
      device.disk.freeBytes = 1e9;
      device.disk.freeInodes = 3;
      expectRolledBack(await replace(next(id, "runs")), "prepare", "3 inodes free", true);
      device.disk.freeInodes = 1e6;
      device.disk.stateFreeBytes = 4096;
      expectRolledBack(await replace(next(id, "runs")), "prepare", "4096 bytes free for states", true);
      expect(device.get("app").state).toMatchObject({ status: "Running", pid: oldPid });
    });

    test("a successor that does not start: the old one runs again with its own files", async () => {
      const { old } = await start();
      const outcome = await replace(next(id, "missing"));
      expectRolledBack(outcome, "start", "no such file or directory", false);
      expect(device.get("app")).toMatchObject({ state: { status: "Running" }, config: old.config });
      expect(device.world.snapshots.get("app-snapshot")?.parent).toBe(
        id === "app" ? "app.old.1" : `sha256:${OLD_IMAGE}`,
      );
    });

    test("a successor that ends with 1 within the probation: the old one runs again", async () => {
      await start();
      const outcome = await replace(next(id, "fails"));
      expectRolledBack(outcome, "probation", "exit code 1", false);
      expect(device.get("app").state.status).toBe("Running");
    });

    test("a successor that ends with 0 within the probation is a success", async () => {
      await start();
      const outcome = await replace(next(id, "done", { hostConfig: policy("no") }));
      expect(outcome).toMatchObject({ kind: "replaced", exitedWithZero: true });
      expect(device.manager.list()).toHaveLength(1);
      expect(device.manager.list()[0]?.state).toMatchObject({ status: "Exited", exitCode: 0 });
      device.expectNoLeaks();
    });

    test("after the probation an exit is the restart policy's business", async () => {
      await start();
      const outcome = await replace(next(id, "fails"), 100);
      expect(outcome.kind).toBe("replaced");
      await device.clock.advance(1000);
      const [container] = device.manager.list();
      expect(container).toMatchObject({ image: { name: NEW_IMAGE } });
      expect(container?.restartCount).toBeGreaterThan(0);
    });

    test("no probation: a start is enough", async () => {
      await start();
      expect((await replace(next(id, "runs"), 0)).kind).toBe("replaced");
    });

    test("an old one that a user stopped: the successor runs; after a failure the old one stays stopped", async () => {
      await start();
      await device.finish(device.manager.stop("app", STOP, FOREVER));
      expectRolledBack(await replace(next(id, "fails")), "probation", "exit code 1", false);
      await device.clock.advance(120_000);
      expect(device.get("app")).toMatchObject({ manuallyStopped: true, state: { status: "Stopped" } });
      expect((await replace(next(id, "runs"))).kind).toBe("replaced");
      expect(device.manager.list()[0]?.state.status).toBe("Running");
      device.expectNoLeaks();
    });

    test("an old one that crashes all the time and waits for its restart comes back as it was", async () => {
      await start("crashes");
      await device.until(
        () => device.get("app").restartCount >= 3 && device.get("app").state.status === "Exited",
      );
      expect(await replace(next(id, "fails"))).toMatchObject({ kind: "rolled-back" });
      await device.until(() => device.get("app").restartCount >= 2);
      expect(device.get("app").image.name).toBe(OLD_IMAGE);
    });

    test("an old one that does not end is killed after its time", async () => {
      await start("stubborn");
      expect((await replace(next(id, "runs"))).kind).toBe("replaced");
      device.expectNoLeaks();
    });

    test("an old one that not even SIGKILL ends stays, and so does all it has", async () => {
      const { oldPid } = await start("immortal");
      const outcome = await replace(next(id, "runs"));
      expectRolledBack(outcome, "start", "could not stop container with ID = app with SIGKILL", true);
      expect(device.get("app").state).toMatchObject({ status: "Running", pid: oldPid });
    });

    test("a caller that leaves during the probation does not end it", async () => {
      await start();
      const caller = new AbortController();
      const work = device.manager.replace("app", next(id, "fails"), OPTIONS, caller.signal).catch(String);
      await device.until(() => device.manager.list().some(({ image }) => image.name === NEW_IMAGE));
      caller.abort(new Error("left"));
      expect(await device.finish(work)).toBe("Error: left");
      await device.until(() => device.journal.notes.size === 0);
      expect(device.manager.list().map(({ image }) => image.name)).toEqual([OLD_IMAGE]);
      expect(device.get("app").state.status).toBe("Running");
      device.expectNoLeaks();
    });

    test("a user's stop during the probation holds, and the successor stays", async () => {
      await start();
      const work = device.manager.replace("app", next(id, "runs"), OPTIONS, FOREVER);
      await device.until(() =>
        device.manager
          .list()
          .some(({ image, state }) => image.name === NEW_IMAGE && state.status === "Running"),
      );
      const successor = device.manager.list().find(({ image }) => image.name === NEW_IMAGE);
      await device.finish(device.manager.stop(successor?.id ?? "", STOP, FOREVER));
      expect((await device.finish(work)).kind).toBe("replaced");
      await device.clock.advance(60_000);
      expect(device.manager.list()).toHaveLength(1);
      expect(device.manager.list()[0]).toMatchObject({
        image: { name: NEW_IMAGE },
        state: { status: "Stopped" },
      });
      device.expectNoLeaks();
    });

    test("what fails while the engine is away says nothing about the version: it can be tried again", async () => {
      await start();
      const work = device.manager.replace("app", next(id, "runs"), OPTIONS, FOREVER);
      const successor = () => device.manager.list().find(({ image }) => image.name === NEW_IMAGE);
      await device.until(() => successor()?.state.status === "Running");
      const task = device.world.tasks.get(successor()?.id ?? "");
      device.engine.disconnect();
      task?.end(137);
      await device.clock.advance(1000);
      device.engine.reconnect();
      expectRolledBack(await device.finish(work), "probation", "exit code 137", true);
      expect(device.get("app").state.status).toBe("Running");
      // Without an outage the same end is the version's own.
      const again = device.manager.replace("app", next(id, "runs"), OPTIONS, FOREVER);
      await device.until(() => successor()?.state.status === "Running");
      device.world.tasks.get(successor()?.id ?? "")?.end(137);
      expectRolledBack(await device.finish(again), "probation", "exit code 137", false);
    });

    test("two replacements of one container come one after the other", async () => {
      await start();
      const first = device.manager.replace("app", next("app", "runs"), OPTIONS, FOREVER);
      const second = device.manager.replace("app", next("app", "done"), OPTIONS, FOREVER);
      const outcomes = await device.finish(Promise.all([first, second]));
      expect(outcomes.map(({ kind }) => kind)).toEqual(["replaced", "replaced"]);
      expect(device.get("app").config?.cmd).toEqual(["done"]);
    });
  });
}

describe("replacing with the same id", () => {
  test("while it goes on List shows one container, and the news say it was replaced", async () => {
    await start();
    const news: string[] = [];
    const lengths = new Set<number>();
    device.manager.subscribe((change) => {
      if (change !== "overflowed") news.push(change.action);
      lengths.add(device.manager.list().length);
    });
    await replace(next("app", "runs"));
    expect(news).toEqual(["stopped", "replaced", "running"]);
    expect([...lengths]).toEqual([1]);
  });

  test("failures upon failures stack file systems only when something was written", async () => {
    await start("quiet");
    for (let round = 0; round < 4; round++) {
      expect((await replace(next("app", "fails"))).kind).toBe("rolled-back");
    }
    expect([...device.world.snapshots.keys()].sort()).toEqual(["app-snapshot", "app.old.1"]);
    device.expectNoLeaks();
  });

  test("a stack of file systems goes with the container, and with a successful replacement", async () => {
    await start();
    for (let round = 0; round < 3; round++) await replace(next("app", "fails"));
    expect(device.world.snapshots.size).toBe(4);
    device.expectNoLeaks();
    expect((await replace(next("app", "runs"))).kind).toBe("replaced");
    expect([...device.world.snapshots.keys()]).toEqual(["app-snapshot"]);
    await replace(next("app", "fails"));
    await device.finish(device.manager.remove("app", true, undefined, FOREVER));
    expect(device.world.snapshots.size).toBe(0);
  });

  test("a container named like another one's successor is left alone", async () => {
    await start();
    await device.createAndStart(wish("app.next", "runs"));
    expect((await replace(next("app", "runs"))).kind).toBe("replaced");
    expect(device.world.running()).toEqual(["app", "app.next"]);
    device.expectNoLeaks();
  });

  test("removed by a user while it is looked at for the last time: gone, and it does not come back", async () => {
    await start();
    // No time of watching at all; the removal waits for its turn behind the swap, the last look comes after its kill.
    const before = device.engine.calls;
    let removing: Promise<void> | undefined;
    device.engine.faultAt = (call, name) => {
      if (call > before && name === "startTask") {
        removing ??= device.manager.remove("app", true, { ...STOP, signal: "SIGKILL" }, FOREVER);
      }
      if (name === "task") device.world.tasks.get("app")?.kill(9);
      return undefined;
    };
    const options = { ...OPTIONS, probationMs: 0 };
    const work = device.manager.replace("app", next("app", "runs"), options, FOREVER).catch(String);
    await device.finish(work);
    await device.finish(Promise.resolve(removing));
    await device.clock.advance(60_000);
    expect(device.manager.list()).toEqual([]);
    device.expectNoLeaks();
  });

  test("removed by a user during the probation: gone, with its predecessor", async () => {
    await start();
    const work = device.manager.replace("app", next("app", "runs"), OPTIONS, FOREVER).catch(String);
    await device.until(
      () => device.get("app").image.name === NEW_IMAGE && device.world.running().length === 1,
    );
    await device.finish(device.manager.remove("app", true, undefined, FOREVER));
    expect(await device.finish(work)).toContain("was removed while it was being replaced");
    expect(device.manager.list()).toEqual([]);
    expect(device.journal.notes.size).toBe(0);
    device.expectNoLeaks();
  });
});

describe("replacing with a new id", () => {
  test("the successor's id is taken while it is prepared, and a taken one is refused", async () => {
    await start();
    await device.create(wish("other", "runs"));
    const outcome = await replace(next("other", "runs"));
    expect(outcome).toMatchObject({ kind: "rolled-back", phase: "prepare" });
    const work = device.manager.replace("app", next("mine", "runs"), OPTIONS, FOREVER);
    await device.until(() => device.images.ensured === 3);
    const clash = device.manager
      .create(wish("mine", "runs"), "test", FOREVER)
      .catch((thrown) => thrown.message);
    expect(await device.finish(clash)).toBe("container with id = mine already exists");
    expect((await device.finish(work)).kind).toBe("replaced");
    expect(device.manager.list().map(({ id }) => id)).toEqual(["other", "mine"]);
    device.expectNoLeaks();
  });

  test("the stopped old one cannot be started in between", async () => {
    await start();
    const work = device.manager.replace("app", next("mine", "runs"), OPTIONS, FOREVER);
    await device.until(() => device.manager.get("mine")?.state.status === "Running");
    const refused = device.manager.start("app", FOREVER).catch((thrown) => thrown.message);
    expect(await device.finish(refused)).toContain("it is being replaced by mine");
    await device.finish(work);
  });

  test("removed by a user during the probation: the old one comes back", async () => {
    await start();
    const work = device.manager.replace("app", next("mine", "runs"), OPTIONS, FOREVER);
    await device.until(() => device.manager.get("mine")?.state.status === "Running");
    await device.finish(device.manager.remove("mine", true, undefined, FOREVER));
    expect(await device.finish(work)).toMatchObject({ kind: "rolled-back", phase: "probation" });
    expect(device.world.running()).toEqual(["app"]);
    device.expectNoLeaks();
  });
});

describe("removed while its successor is prepared", () => {
  for (const nextId of ["app", "mine"]) {
    test(`successor ${nextId}: nothing of it stays, and a new container of the id is left alone`, async () => {
      for (const isMadeAnew of [false, true]) {
        const own = new Device();
        await own.boot();
        await own.createAndStart(wish("app", "runs"));
        // The preparation waits for its image while the old one is removed, and perhaps made anew.
        const ensure = own.images.ensure.bind(own.images);
        own.images.ensure = async (name, signal) => {
          own.images.ensure = ensure;
          await own.manager.remove("app", true, undefined, FOREVER);
          if (isMadeAnew) await own.manager.create(wish("app", "done"), "test", FOREVER);
          return await ensure(name, signal);
        };
        const work = own.manager.replace("app", next(nextId, "runs"), OPTIONS, FOREVER).catch(String);
        const outcome = await own.finish(work);
        if (isMadeAnew) expect(outcome).toContain("was removed while it was being replaced");
        else expect(outcome).toMatchObject({ kind: "rolled-back", phase: "prepare" });
        await own.clock.advance(60_000);
        expect(own.manager.list().map(({ id, state }) => `${id} ${state.status}`)).toEqual(
          isMadeAnew ? ["app Created"] : [],
        );
        expect(own.manager.get("app")?.config?.cmd).toEqual(isMadeAnew ? ["done"] : undefined);
        expect(own.journal.notes.size).toBe(0);
        own.expectNoLeaks();
      }
    });
  }
});

test("a container that is not there cannot be replaced", async () => {
  expect(await device.finish(replace(next("app", "runs")).catch((thrown) => thrown.message))).toBe(
    "no such container with id = app exists",
  );
});
