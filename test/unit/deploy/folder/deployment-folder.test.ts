/** The daemon's own deployment folder: once in a life, once at each start, or all the time (spec/engine.md §18, §22). */

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../../../scripts/demo/until.ts";
import { createLog, type LogRecord } from "../../../../src/base/log.ts";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import { DEFAULT_STATE_DIR } from "../../../../src/cli/auto-deployer-options.ts";
import { DEFAULT_CONFIG } from "../../../../src/config/daemon-config.ts";
import { DeploymentFolder, type DeploymentMode } from "../../../../src/deploy/folder/deployment-folder.ts";
import { memoryPlace, ownFolder } from "../../../../src/deploy/folder/memory-file.ts";
import { SupercargoError } from "../../../../src/errors/error.ts";
import type { Container } from "../../../../src/model/container.ts";
import { fillDefaults } from "../../../../src/model/defaults.ts";
import { FakeContainers } from "../support/fake-containers.ts";
import { manifestText, type TemporaryFolder, temporaryFolder } from "../support/folder.ts";

let root: TemporaryFolder;
let folder: string;
let clock: VirtualClock;
let containers: FakeContainers;
let records: LogRecord[];

beforeEach(() => {
  root = temporaryFolder();
  folder = join(root.path, "containers.d");
  mkdirSync(folder);
  clock = new VirtualClock();
  containers = new FakeContainers(clock, "ours");
  records = [];
});
afterEach(() => root[Symbol.dispose]());

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const marker = () => existsSync(join(root.path, "deployment"));
const changes = () => containers.calls.filter((call) => !/^(list|watch)/.test(call));
const said = (text: string) =>
  records.some(({ message, fields }) => `${message} ${fields["reason"]}`.includes(text));

interface Start {
  readonly deployment: DeploymentFolder;
  readonly running: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A daemon's start. */
function begin(mode: DeploymentMode): Start {
  const deployment = new DeploymentFolder({
    ...{ mode, folder, home: root.path, stateDir: join(root.path, "state"), containers, clock },
    log: createLog("test", (record) => records.push(record)),
  });
  const ending = new AbortController();
  const running = deployment.run(ending.signal);
  const stop = async () => {
    ending.abort(new Error("the daemon ends"));
    await finish(running);
  };
  return { deployment, running, stop };
}

/** Moves the time on until the promise settles. */
async function finish(work: Promise<void>, limitMs = 60_000): Promise<void> {
  let isSettled = false;
  void work.finally(() => {
    isSettled = true;
  });
  for (let ms = 0; !isSettled && ms < limitMs; ms += 50) await clock.advance(50);
  if (!isSettled) throw new Error("it did not end");
  await work;
}

/** One whole life of a daemon whose deployment comes to its end. */
async function once(mode: DeploymentMode): Promise<DeploymentFolder> {
  containers.calls.length = 0;
  const { deployment, running } = begin(mode);
  await finish(running);
  return deployment;
}

/** As the peer's own start leaves a container: what the descriptor says, with its defaults. */
function madeByPeer(name: string, more: Parameters<typeof fillDefaults>[0] = {}): Container {
  return containers.put(fillDefaults({ id: `peer-${name}`, name, image: { name: "host/web:1" }, ...more }));
}

describe("update mode", () => {
  test("makes and starts what is described, in sub-folders too, and does nothing at the next start", async () => {
    write("a.json", manifestText("a"));
    mkdirSync(join(folder, "sub"));
    write("sub/b.json", manifestText("b"));
    write("c.json.disabled", manifestText("c"));
    await once("update");
    expect([...containers.all.values()].map(({ name, state }) => `${name} ${state.status}`).sort()).toEqual([
      "a Running",
      "b Running",
    ]);
    expect(containers.named("a").hostConfig.logConfig.driver.maxSize).toBe("100M");
    expect(marker()).toBe(true);
    await once("update");
    expect(changes()).toEqual([]);
  });

  test("adopts every container that the peer has made, and recreates none at the first run after a take-over", async () => {
    // The peer stores twice the memory as swap, and its own defaults (spec/engine.md §22.24).
    const more = { host_config: { resources: { memory: "64m" } } };
    write("a.json", manifestText("a", "host/web:1", more));
    write("b.json", manifestText("b", "host/web:2"));
    write(
      "c.json",
      JSON.stringify({ container_id: "fixed", container_name: "c", image: { name: "host/web:1" } }),
    );
    const resources = { memory: "64m", memoryReservation: "", memorySwap: "128m" };
    madeByPeer("a", { hostConfig: { resources } });
    // Changed since the peer's last start: adopted as it is, all the same.
    madeByPeer("b");
    madeByPeer("c", { id: "fixed" });
    await once("update");
    expect(changes()).toEqual([]);
    await once("update");
    expect(changes()).toEqual([]);
    // From now on a changed file counts.
    write("b.json", manifestText("b", "host/web:3"));
    await once("update");
    expect(changes()).toEqual(["replace peer-b"]);
    expect(containers.named("b").image.name).toBe("host/web:3");
  });

  test("memory without swap is never updated; a changed limit is updated in place, anything else replaced", async () => {
    const limited = (memory: string) => ({ host_config: { resources: { memory } } });
    write("a.json", manifestText("a", "host/web:1", limited("64m")));
    await once("update");
    await once("update");
    expect(changes()).toEqual([]);
    const { id } = containers.named("a");
    write("a.json", manifestText("a", "host/web:1", limited("96m")));
    await once("update");
    expect(changes()).toEqual([`update ${id}`]);
    expect(containers.named("a").hostConfig.resources?.memorySwap).toBe("192m");
    write("a.json", manifestText("a", "host/web:1", { ...limited("96m"), host_name: "other" }));
    await once("update");
    expect(changes()).toEqual([`replace ${id}`]);
  });

  test("a descriptor with a fixed id is replaced under its id", async () => {
    const fixed = (image: string) =>
      JSON.stringify({ container_id: "fixed", container_name: "web", image: { name: image } });
    write("web.json", fixed("host/web:1"));
    await once("update");
    write("web.json", fixed("host/web:2"));
    await once("update");
    expect(changes()).toEqual(["replace fixed"]);
    // One that does not listen is killed after the daemon's own time, so that the new one can start (spec/engine.md §18).
    expect(containers.replacements.map(({ stop }) => stop)).toEqual([
      { timeoutSeconds: 0, force: true, signal: "SIGTERM" },
    ]);
    expect(containers.all.get("fixed")).toMatchObject({ name: "web", image: { name: "host/web:2" } });
  });

  test("what a user has stopped or paused stays so; what ended otherwise is started", async () => {
    for (const name of ["stopped", "paused", "ended"]) write(`${name}.json`, manifestText(name));
    await once("update");
    const ids = ["stopped", "paused", "ended"].map((name) => containers.named(name).id);
    const [stopped = "", paused = "", ended = ""] = ids;
    await containers.stop(
      stopped,
      { timeoutSeconds: 1, force: true, signal: "" },
      new AbortController().signal,
    );
    const set = (id: string, status: "Paused" | "Exited") =>
      containers.change(id, {
        state: { ...containers.named(id === paused ? "paused" : "ended").state, status },
      });
    set(paused, "Paused");
    set(ended, "Exited");
    await once("update");
    expect(changes()).toEqual([`start ${ended}`]);
  });

  test("a descriptor without a name is one container, however often the daemon starts", async () => {
    mkdirSync(join(folder, "sub"));
    write("sub/my app.json", JSON.stringify({ image: { name: "host/web:1" } }));
    await once("update");
    await once("update");
    expect([...containers.all.values()].map(({ name }) => name)).toEqual(["sub.my_app"]);
  });

  test("the newest container that the peer has made of a nameless descriptor is taken on", async () => {
    for (const id of ["5f0c3c3e-0000-4000-8000-000000000001", "5f0c3c3e-0000-4000-8000-000000000002"])
      containers.put(fillDefaults({ id, name: id, image: { name: "host/web:1" }, hostConfig: {} }));
    write("x.json", JSON.stringify({ image: { name: "host/web:1" } }));
    await once("update");
    await once("update");
    expect(changes()).toEqual([]);
    expect(containers.all.size).toBe(2);
    write("x.json", JSON.stringify({ image: { name: "host/web:2" } }));
    await once("update");
    expect(changes()).toEqual(["replace 5f0c3c3e-0000-4000-8000-000000000002"]);
  });

  test("a restart policy that is faster is no failure", async () => {
    write("a.json", manifestText("a"));
    await once("update");
    const { id, state } = containers.named("a");
    containers.change(id, { state: { ...state, status: "Exited" } });
    containers.onCall = (call) => {
      if (call !== "start") return;
      containers.change(id, { state: { ...state, status: "Running" } });
      throw new SupercargoError("SC_CONTAINER_STATE", `the container with id = ${id} is already running`);
    };
    const { problems } = await once("update");
    expect(problems).toEqual([]);
  });

  test("bad files are named with place and key and stay in the status; null, lists and numbers harm nothing", async () => {
    write("null.json", "null");
    write("list.json", "[1]");
    write("number.json", "7");
    write(
      "key.json",
      '{"container_name":"k","image":{"name":"host/web:1"},\n "host_config":{"network_mode":"none"}}',
    );
    write("image.json", '{"container_name":"i"}');
    write("good.json", manifestText("good"));
    symlinkSync("/nowhere", join(folder, "link.json"));
    const { problems } = await once("update");
    expect(containers.named("good").state.status).toBe("Running");
    const path = (name: string) => join(folder, name);
    expect(problems.map(({ subject }) => subject).sort()).toEqual(
      ["image.json", "key.json", "link.json", "list.json", "null.json", "number.json"].map(path),
    );
    const key = problems.find(({ subject }) => subject === path("key.json"));
    expect(key?.message).toStartWith(
      `${path("key.json")}:2:32: host_config.network_mode: unsupported network mode none`,
    );
    write("key.json", manifestText("k"));
    expect((await once("update")).problems.some(({ subject }) => subject === path("key.json"))).toBe(false);
  });

  test("a registry that is away is tried until it is back", async () => {
    write("a.json", manifestText("a"));
    const createError = new SupercargoError("SC_REGISTRY_UNAVAILABLE", "no answer");
    containers.images.set("host/web:1", { createError });
    const { deployment, running } = begin("update");
    await clock.advance(5000);
    expect(deployment.problems).toMatchObject([{ code: "SC_REGISTRY_UNAVAILABLE", message: "a: no answer" }]);
    containers.images.set("host/web:1", {});
    await finish(running);
    expect(deployment.problems).toEqual([]);
    expect(containers.named("a").state.status).toBe("Running");
  });

  test("a folder that is not there is nothing to do; one that is a file is named and ends nothing", async () => {
    rmSync(folder, { recursive: true });
    expect((await once("update")).problems).toEqual([]);
    expect(records.filter(({ level }) => level !== "DEBUG")).toEqual([]);
    writeFileSync(folder, "x");
    const { problems } = await once("update");
    expect(problems).toMatchObject([{ code: "SC_CONFIG_INVALID", subject: folder }]);
    expect(problems[0]?.message).toContain(`${folder} is not a folder`);
  });

  test("a container whose descriptor is gone is left alone", async () => {
    write("a.json", manifestText("a"));
    await once("update");
    rmSync(join(folder, "a.json"));
    await once("update");
    expect(changes()).toEqual([]);
    expect(containers.named("a").state.status).toBe("Running");
  });

  test("a folder that the auto deployer keeps is left to it", async () => {
    write("a.json", manifestText("a"));
    const state = join(root.path, "state");
    const ownership = ownFolder(state, memoryPlace(state, folder));
    if (ownership.kind !== "owner") throw new Error("not owner");
    await once("update");
    expect(changes()).toEqual([]);
    expect(said("another deployer keeps the deployment folder")).toBe(true);
    ownership.release();
    await once("update");
    expect(containers.named("a").state.status).toBe("Running");
  });
});

describe("init mode", () => {
  test("deploys once in the life of a device, and never again", async () => {
    write("a.json", manifestText("a"));
    await once("init");
    expect(containers.named("a").state.status).toBe("Running");
    expect(marker()).toBe(true);
    const { id } = containers.named("a");
    containers.all.delete(id);
    await once("init");
    expect(changes()).toEqual([]);
  });

  test("does nothing on a device that has containers, but remembers that", async () => {
    madeByPeer("x");
    write("a.json", manifestText("a"));
    await once("init");
    expect(changes()).toEqual([]);
    expect(marker()).toBe(true);
  });

  test("a first run that was cut off goes on at the next start, without what was removed since", async () => {
    for (const name of ["a", "b", "c"]) write(`${name}.json`, manifestText(name, `host/${name}:1`));
    const createError = new SupercargoError("SC_REGISTRY_UNAVAILABLE", "no answer");
    containers.images.set("host/c:1", { createError });
    const first = begin("init");
    await clock.advance(5000);
    expect(containers.all.size).toBe(2);
    await first.stop();
    expect(marker()).toBe(false);
    containers.all.delete(containers.named("b").id);
    containers.images.set("host/c:1", {});
    await once("init");
    expect([...containers.all.values()].map(({ name }) => name).sort()).toEqual(["a", "c"]);
    expect(marker()).toBe(true);
  });

  test("a broken descriptor leaves the marker unset, so that it is deployed when it has been mended", async () => {
    write("a.json", manifestText("a"));
    write("b.json", "{");
    await once("init");
    expect(marker()).toBe(false);
    write("b.json", manifestText("b"));
    await once("init");
    expect(changes()).toEqual(["create b", `start ${containers.named("b").id}`]);
    expect(marker()).toBe(true);
  });
});

describe("watch mode", () => {
  test("daemon and auto deployer keep locks and memories in the same place", () => {
    expect(DEFAULT_CONFIG.deployment.stateDir).toBe(DEFAULT_STATE_DIR);
  });

  test("the daemon keeps the folder deployed, and owns it until it ends", async () => {
    write("a.json", manifestText("a"));
    const { deployment, stop } = begin("watch");
    await clock.advance(100);
    expect(containers.named("a").hostConfig.logConfig.driver.maxSize).toBe("1M");
    const state = join(root.path, "state");
    expect(ownFolder(state, memoryPlace(state, folder))).toMatchObject({ kind: "taken" });
    write("b.json", manifestText("b"));
    write("bad.json", "[]");
    await until(async () => {
      await clock.advance(100);
      return containers.all.size === 2 && deployment.problems.length === 1;
    }, "both files are noticed");
    write("a.json", manifestText("a", "host/web:2"));
    const isReplaced = async () => {
      await clock.advance(100);
      return containers.named("a").image.name === "host/web:2";
    };
    await until(isReplaced, "the edit is noticed");
    rmSync(join(folder, "bad.json"));
    await until(async () => {
      await clock.advance(100);
      return deployment.problems.length === 0;
    }, "the broken file is gone");
    await stop();
    const ownership = ownFolder(state, memoryPlace(state, folder));
    expect(ownership.kind).toBe("owner");
    if (ownership.kind === "owner") ownership.release();
  });

  test("waits for a folder that is not there, and for a deployer that keeps it", async () => {
    rmSync(folder, { recursive: true });
    const { deployment, stop } = begin("watch");
    await clock.advance(3000);
    mkdirSync(folder);
    write("a.json", manifestText("a"));
    const state = join(root.path, "state");
    const ownership = ownFolder(state, memoryPlace(state, folder));
    if (ownership.kind !== "owner") throw new Error("not owner");
    await clock.advance(3000);
    expect(deployment.problems).toHaveLength(1);
    expect(changes()).toEqual([]);
    ownership.release();
    await clock.advance(1100);
    expect(containers.named("a").state.status).toBe("Running");
    expect(deployment.problems).toEqual([]);
    await stop();
  });

  test("from update to watch and back nothing is recreated for the sake of a log size that nobody gave", async () => {
    write("a.json", manifestText("a"));
    await once("update");
    const { stop } = begin("watch");
    await clock.advance(500);
    await stop();
    await once("update");
    expect(changes()).toEqual([]);
    expect(containers.named("a").hostConfig.logConfig.driver.maxSize).toBe("100M");
    // A size that is given, and one that is given no more, are changes.
    const sized = { host_config: { log_config: { driver_config: { max_size: "5M" } } } };
    write("a.json", manifestText("a", "host/web:1", sized));
    await once("update");
    expect(changes()).toHaveLength(1);
    write("a.json", manifestText("a"));
    await once("update");
    expect(changes()).toHaveLength(1);
    expect(containers.named("a").hostConfig.logConfig.driver.maxSize).toBe("100M");
  });
});
