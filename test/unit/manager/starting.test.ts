/** Making and starting containers: what is asked of the other rooms, and what is told and kept when it fails (spec/engine.md §5, §6). */

import { beforeEach, describe, expect, test } from "bun:test";
import { SupercargoError } from "../../../src/errors/error.ts";
import { newId } from "../../../src/manager/create.ts";
import { Device, FOREVER, OLD_IMAGE, policy, wish } from "./support/device.ts";

const STOP = { timeoutSeconds: 1, force: true, signal: "" };

let device: Device;
/** What is told from now on. */
let news: string[];

beforeEach(async () => {
  device = new Device();
  await device.boot();
  news = [];
  follow();
});

function follow(): void {
  device.manager.subscribe((change) => {
    if (change !== "overflowed") news.push(`${change.action} ${change.container.state.status}`);
  });
}

/** Why it was refused. */
function failure(work: Promise<unknown>): Promise<string> {
  return device.finish(work).then(
    () => "succeeded",
    (thrown) => String(thrown.message),
  );
}

const start = (id: string) => device.manager.start(id, FOREVER);

describe("making a container", () => {
  test("without an id gives it a random one of version 4", () => {
    expect(newId({})).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(newId({})).not.toBe(newId({}));
  });

  test("makes one that was never started, held or counted", async () => {
    const { created, ...made } = await device.create(wish("one", "runs"));
    expect(created).toBe(device.clock.stamp());
    expect(made).toMatchObject({ manuallyStopped: false, restartCount: 0, startedSuccessfullyBefore: false });
    expect(made.networkSettings).toBeUndefined();
  });

  test("ends without anything left when the caller goes while the file system is made", async () => {
    const given = new AbortController();
    device.engine.faultAt = (_, name) => {
      if (name === "prepareSnapshot") given.abort(new Error("enough"));
      return undefined;
    };
    expect(await failure(device.manager.create(wish("one", "runs"), "test", given.signal))).toBe("enough");
    await device.clock.advance(1000);
    expect(device.manager.list()).toEqual([]);
    device.expectNoLeaks();
  });
});

describe("starting a container", () => {
  test("asks the network for what it wants", async () => {
    const port = { protocol: "udp", hostIp: "1.2.3.4", hostPort: 1, hostPortEnd: 2, containerPort: 3 };
    const bridged = { extraHosts: ["a:1.2.3.4"], portMappings: [port] };
    await device.createAndStart(wish("one", "runs", { hostName: "h", domainName: "d", hostConfig: bridged }));
    await device.createAndStart(wish("two", "runs", { hostConfig: { networkMode: "host" } }));
    expect(device.network.requests).toEqual([
      {
        ...{ id: "one", name: "one", mode: "bridge", hostName: "h", domainName: "d" },
        ...{ ...bridged, filesDir: "/home/containers/one" },
      },
      {
        ...{ id: "two", name: "two", mode: "host", hostName: "two-host", domainName: "two-domain" },
        ...{ extraHosts: [], portMappings: [], filesDir: "/home/containers/two" },
      },
    ]);
    expect(device.manager.details("one").published).toEqual([
      { protocol: "udp", hostIp: "1.2.3.4", hostPort: 1, containerPort: 3 },
    ]);
    expect(device.manager.additions("two")?.["published"]).toBeUndefined();
  });

  test("never fetches the image: what was made from it is enough", async () => {
    await device.create(wish("one", "runs"));
    device.images.known.clear();
    await device.finish(start("one"));
    expect([device.images.ensured, device.images.lookedUp]).toEqual([1, []]);
  });

  test("of an encrypted image asks for its keys each time, and without them nothing is started", async () => {
    device.images.encrypted.add(OLD_IMAGE);
    await device.createAndStart(wish("one", "runs"));
    await device.finish(device.manager.stop("one", STOP, FOREVER));
    expect(device.images.keysAsked).toEqual([OLD_IMAGE]);
    device.images.isKeyRefused = true;
    expect(await failure(start("one"))).toBe("you are not authorized to use this image: no key");
    expect(device.images.keysAsked).toEqual([OLD_IMAGE, OLD_IMAGE]);
    expect(device.get("one").state).toMatchObject({
      status: "Stopped",
      exitCode: 143,
      error: "you are not authorized to use this image: no key",
    });
    expect(device.world.createdTasks).toHaveLength(1);
    device.expectNoLeaks();
  });

  test("of one that Kanto made looks its image up once, and fetches it only when it is gone", async () => {
    for (const id of ["here", "gone"]) await device.create(wish(id, "runs"));
    device.kill();
    // Kanto's state says nothing of the image.
    for (const [id, { container }] of device.store.saved) {
      device.store.saved.set(id, { container, additions: { origin: "", values: {} } });
    }
    await device.boot();
    await device.finish(start("here"));
    await device.finish(device.manager.stop("here", STOP, FOREVER));
    await device.finish(start("here"));
    expect([device.images.lookedUp, device.images.ensured]).toEqual([[OLD_IMAGE], 2]);
    device.images.known.clear();
    expect(await failure(start("gone"))).toBe(`${OLD_IMAGE}: not found`);
    expect(device.get("gone").state).toMatchObject({ status: "Created", error: `${OLD_IMAGE}: not found` });
    device.images.known.add(OLD_IMAGE);
    await device.finish(start("gone"));
    expect(device.get("gone").state.status).toBe("Running");
  });
});

describe("a start that fails", () => {
  test("is told, whether it came to a task or not", async () => {
    await device.create(wish("one", "missing"));
    expect(await failure(start("one"))).toContain("stat /missing: no such file");
    device.network.ports.set(80, "other");
    const port = { protocol: "", hostIp: "", hostPort: 80, hostPortEnd: 0, containerPort: 80 };
    await device.create(wish("two", "runs", { hostConfig: { portMappings: [port] } }));
    expect(await failure(start("two"))).toBe("port 80 is in use by other");
    await device.clock.advance(0);
    expect(news).toEqual(["created Created", "stopped Stopped", "created Created", "stopped Created"]);
  });

  test("because the engine goes away in the middle leaves the status as it was", async () => {
    await device.create(wish("one", "runs"));
    device.engine.faultAt = (_, name) => (name === "createTask" ? "drop-before" : undefined);
    expect(await failure(start("one"))).not.toBe("succeeded");
    expect(device.get("one").state).toMatchObject({ status: "Created", finishedAt: "" });
    expect(device.get("one").state.error).not.toBe("");
  });

  test("on request is not tried again by itself, unless a restart was due anyway", async () => {
    const behaviour = device.world.behaviour;
    const refuse = () => ({ failsToCreate: "no such device" });
    await device.create(wish("new", "runs", { hostConfig: policy("always") }));
    device.world.behaviour = refuse;
    expect(await failure(start("new"))).toBe("no such device");
    await device.clock.advance(120_000);
    expect(device.manager.details("new").restart).toBeUndefined();

    device.world.behaviour = behaviour;
    await device.createAndStart(wish("looping", "fails", { hostConfig: policy("always") }));
    await device.until(() => device.get("looping").restartCount === 3);
    device.world.behaviour = refuse;
    expect(await failure(start("looping"))).toBe("no such device");
    expect(device.manager.details("looping").restart).toEqual({
      reason: "could not be started: no such device",
      waitMs: 100,
      inMs: 100,
    });
    device.world.behaviour = behaviour;
    await device.until(() => device.get("looping").state.status === "Running", 1000);
  });

  test("in the middle of a requested restart is tried again by the policy", async () => {
    await device.createAndStart(wish("one", "runs", { hostConfig: policy("always") }));
    const behaviour = device.world.behaviour;
    device.world.behaviour = () => ({ failsToCreate: "no such device" });
    expect(await failure(device.manager.restart("one", FOREVER))).toBe("no such device");
    expect(device.manager.details("one").restart?.reason).toBe("could not be started: no such device");
    device.world.behaviour = behaviour;
    await device.until(() => device.get("one").state.status === "Running", 1000);
  });

  test("counts as a failure for on-failure, although there is no exit code", async () => {
    await device.createAndStart(wish("one", "fails", { hostConfig: policy("on-failure") }));
    const behaviour = device.world.behaviour;
    device.world.behaviour = () => ({ failsToCreate: "no such device" });
    await device.until(() => device.get("one").restartCount === 3);
    expect(device.get("one").state).toMatchObject({
      status: "Stopped",
      exitCode: 0,
      error: "no such device",
    });
    device.world.behaviour = behaviour;
    await device.until(() => device.get("one").state.status === "Running");
  });
});

test("a task that is killed by somebody, not by want of memory, did not run out of it", async () => {
  await device.createAndStart(wish("one", "runs", { hostConfig: policy("no") }));
  device.world.tasks.get("one")?.end(137);
  await device.until(() => device.get("one").state.status === "Exited");
  expect(device.get("one").state).toMatchObject({ exitCode: 137, oomKilled: false, error: "" });
});

test("a restart after want of memory says so", async () => {
  await device.createAndStart(wish("one", "hungry", { hostConfig: policy("always") }));
  await device.until(() => device.get("one").restartCount === 1);
  expect(device.get("one").state).toMatchObject({ exitCode: 137, oomKilled: true, error: "OOM Killed" });
  expect(device.manager.details("one").restart?.reason).toBe("OOM Killed");
});

test("an engine that lost the task says so with a code that is no success", async () => {
  await device.createAndStart(wish("one", "runs", { hostConfig: policy("no") }));
  device.world.loseTasks();
  await device.until(() => device.get("one").state.status === "Exited");
  expect(device.get("one").state).toMatchObject({
    exitCode: 255,
    oomKilled: false,
    error: "task for containerd container id = one not found - container is also deleted",
  });
});

test("errors of the rooms keep their code on the way to the caller", async () => {
  await device.create(wish("one", "missing"));
  const thrown = await device.finish(start("one")).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown instanceof SupercargoError && thrown.code).toBe("SC_ENGINE_FAILED");
});
