/** A folder kept deployed: first pass, edits, broken and rival files, absence. */

import { afterEach, describe, expect, test } from "bun:test";
import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type JsonValue, printJson } from "../../../../src/base/json/print.ts";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import {
  FolderDeployment,
  type FolderNews,
  HOLD_MS,
  nameOf,
} from "../../../../src/deploy/folder/deployment.ts";
import { FolderFollower } from "../../../../src/deploy/folder/follow.ts";
import { listManifests } from "../../../../src/deploy/folder/listing.ts";
import { type Memory, volatileMemory } from "../../../../src/deploy/wish.ts";
import { toManifestValues } from "../../../../src/manifest/write.ts";
import { makeBench } from "../support/bench.ts";
import { FakeContainers } from "../support/fake-containers.ts";
import { manifestText, type TemporaryFolder, temporaryFolder } from "../support/folder.ts";

const SHARED = join(import.meta.dir, "../../../../../shared/cases");
const open: Disposable[] = [];
afterEach(() => {
  for (const one of open.splice(0).reverse()) one[Symbol.dispose]();
});

interface Place {
  readonly clock: VirtualClock;
  readonly containers: FakeContainers;
  readonly memory: Memory;
}

function place(): Place {
  const clock = new VirtualClock();
  return { clock, containers: new FakeContainers(clock, "ours"), memory: volatileMemory() };
}

/** A deployer over a folder; another one over the same place is the next process. */
function deployer(folder: TemporaryFolder, { clock, containers, memory }: Place, isDaemon = true) {
  const bench = makeBench("ours", { clock, containers, memory, probationMs: 0 });
  const news: FolderNews[] = [];
  const faults: unknown[] = [];
  const supervise = (work: Promise<void>) => void work.catch((thrown: unknown) => faults.push(thrown));
  const deployment = new FolderDeployment({
    folder: folder.path,
    runner: bench.runner,
    memory,
    clock,
    holdsBroken: isDaemon,
    tell: (one) => news.push(one),
    supervise,
  });
  const follower = new FolderFollower(folder.path, clock, (change) => supervise(deployment.change(change)));
  const told = () =>
    news.flatMap((one) => {
      if (one.kind === "invalid") return [`invalid ${one.file.name}`];
      if (one.kind === "rival") return [`rival ${one.name}`];
      return one.kind === "read" || one.kind === "forgotten" ? [] : [one.kind];
    });
  const begin = async () => {
    const files = listManifests(folder.path);
    follower.begin(files);
    const results = deployment.deployAll(files);
    await clock.advance(2000);
    return results;
  };
  const notice = async () => {
    follower.hint(undefined);
    await clock.advance(200);
  };
  return { bench, begin, notice, told, faults, news };
}

function folder(files: Readonly<Record<string, string>> = {}): TemporaryFolder {
  const made = temporaryFolder();
  open.push(made);
  for (const [name, text] of Object.entries(files)) writeOld(made, name, text);
  return made;
}

/** Writes a file that was last changed long ago. */
function writeOld(made: TemporaryFolder, name: string, text: string | Uint8Array): void {
  const path = join(made.path, name);
  writeFileSync(path, text);
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}

/** Writes a file with a date in the future of all others. */
let tick = 0;
function edit(made: TemporaryFolder, name: string, text: string): void {
  const path = join(made.path, name);
  writeFileSync(path, text);
  tick += 10;
  utimesSync(path, 1_800_000_000 + tick, 1_800_000_000 + tick);
}

/** The same document with the keys of every object in the opposite order. */
function backwards(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(backwards);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, member]): [string, JsonValue] => [key, backwards(member)]);
  return Object.fromEntries(members.reverse());
}

function acts(containers: FakeContainers): readonly string[] {
  return containers.calls.filter((call) => call !== "list" && call !== "watch");
}

describe("the first pass", () => {
  test("deploys what is good and names what is not", async () => {
    const made = folder({ "a.json": manifestText("a"), "b.json": "{", "c.json": manifestText("c") });
    const at = place();
    const results = await deployer(made, at).begin();
    expect(results.map((one) => `${nameOf(one)} ${one.kind}`)).toEqual([
      "a.json wish",
      "b.json invalid",
      "c.json wish",
    ]);
    expect([...at.containers.all.values()].map((one) => `${one.name} ${one.state.status}`).sort()).toEqual([
      "a Running",
      "c Running",
    ]);
  });

  test("starts containers that are there and stopped", async () => {
    const made = folder({ "a.json": manifestText("a") });
    const at = place();
    await deployer(made, at).begin();
    at.containers.change(at.containers.named("a").id, {
      manuallyStopped: true,
      state: { ...at.containers.named("a").state, status: "Stopped" },
    });
    await deployer(made, at).begin();
    expect(at.containers.named("a").state.status).toBe("Running");
  });

  test("changes nothing about containers that were there before us", async () => {
    const made = folder({ "a.json": manifestText("a", "host/web:2") });
    const at = place();
    const before = deployer(folder({ "a.json": manifestText("a", "host/web:1") }), at);
    await before.begin();
    at.memory.forget("a");
    const { id, state } = at.containers.named("a");
    const after = deployer(made, at);
    await after.begin();
    expect(at.containers.named("a").image.name).toBe("host/web:1");
    expect(at.containers.named("a").id).toBe(id);
    expect(at.containers.named("a").state).toEqual(state);
    edit(made, "a.json", manifestText("a", "host/web:3"));
    await after.notice();
    expect(at.containers.named("a").image.name).toBe("host/web:3");
  });

  test("redeploys what was changed while nobody watched, and nothing for a date alone", async () => {
    const made = folder({ "a.json": manifestText("a"), "b.json": manifestText("b") });
    const at = place();
    await deployer(made, at).begin();
    const kept = at.containers.named("b").state;
    writeOld(made, "a.json", manifestText("a", "host/web:2"));
    edit(made, "b.json", manifestText("b"));
    await deployer(made, at).begin();
    expect(at.containers.named("a").image.name).toBe("host/web:2");
    expect(at.containers.named("b").state).toEqual(kept);
  });

  test("of the sample manifests has nothing to do the second time (R18)", async () => {
    const made = folder();
    const names = readdirSync(join(SHARED, "manifests")).filter((name) => name.endsWith(".json"));
    for (const name of names) writeOld(made, name, readFileSync(join(SHARED, "manifests", name)));
    const at = place();
    const first = await deployer(made, at).begin();
    expect(first.map((one) => one.kind)).toEqual(names.map(() => "wish"));
    expect(at.containers.all.size).toBe(13);
    const before = acts(at.containers).length;
    const second = await deployer(made, at).begin();
    expect(acts(at.containers).slice(before)).toEqual([]);
    expect(second.every((one) => one.kind === "wish" && one.settled.kind === "done")).toBe(true);
  });

  test("has nothing to do for any sample with its keys in another order and its defaults written out (R18)", async () => {
    const made = folder();
    const names = readdirSync(join(SHARED, "manifests")).filter((name) => name.endsWith(".json"));
    const texts = new Map(names.map((name) => [name, readFileSync(join(SHARED, "manifests", name), "utf8")]));
    for (const [name, text] of texts) writeOld(made, name, text);
    const at = place();
    await deployer(made, at).begin();
    const before = acts(at.containers).length;
    for (const [name, text] of texts) {
      const { container_id: id, container_name, name: internalName } = JSON.parse(text);
      const container = at.containers.named(container_name ?? internalName);
      // The container as it was made, each of its keys in Container Management's form.
      const written = toManifestValues(container, id !== undefined || internalName === container.id);
      const spelt = printJson(backwards(written));
      for (const key of ["network_mode", "privileged", "restart_policy", "open_stdin", "host_name"])
        expect(spelt).toContain(`"${key}":`);
      writeOld(made, name, spelt);
    }
    const results = await deployer(made, at).begin();
    expect(results.map((one) => one.kind)).toEqual(names.map(() => "wish"));
    expect(acts(at.containers).slice(before)).toEqual([]);
  });

  test("survives every bad manifest and deploys the good one beside it", async () => {
    const made = folder({ "zz-good.json": manifestText("good") });
    const bad = readdirSync(join(SHARED, "bad-manifests")).filter((name) => name.endsWith(".json"));
    for (const name of bad) writeOld(made, name, readFileSync(join(SHARED, "bad-manifests", name)));
    const at = place();
    const results = await deployer(made, at).begin();
    expect(at.containers.named("good").state.status).toBe("Running");
    for (const result of results) {
      if (result.kind !== "invalid") continue;
      for (const problem of result.file.problems)
        expect(problem.file).toBe(join(made.path, result.file.name));
    }
    const notInvalid = results.filter((one) => one.kind !== "invalid");
    expect(notInvalid.map((one) => `${nameOf(one)} ${one.kind}`)).toEqual([
      "03-unknown-key.json wish",
      // Fine in itself, but of the same name as the one before.
      "06-bom.json rival",
      "15-internal-format-key-missing.json wish",
      "zz-good.json wish",
    ]);
  });
});

describe("while watching", () => {
  test("a new file is deployed, an edited one redeployed, a touched one too", async () => {
    const made = folder();
    const at = place();
    const kad = deployer(made, at);
    await kad.begin();
    edit(made, "a.json", manifestText("a"));
    await kad.notice();
    const first = at.containers.named("a");
    edit(made, "a.json", manifestText("a", "host/web:2"));
    await kad.notice();
    const second = at.containers.named("a");
    expect(second.image.name).toBe("host/web:2");
    expect(second.created).not.toBe(first.created);
    edit(made, "a.json", manifestText("a", "host/web:2"));
    await kad.notice();
    expect(at.containers.named("a").created).not.toBe(second.created);
  });

  test("an older date with the same content is nothing, with other content a change", async () => {
    const made = folder({ "a.json": manifestText("a") });
    const at = place();
    const kad = deployer(made, at);
    await kad.begin();
    const { created } = at.containers.named("a");
    utimesSync(join(made.path, "a.json"), 1000, 1000);
    await kad.notice();
    expect(at.containers.named("a").created).toBe(created);
    writeFileSync(join(made.path, "a.json"), manifestText("a", "host/web:2"));
    utimesSync(join(made.path, "a.json"), 900, 900);
    await kad.notice();
    expect(at.containers.named("a").image.name).toBe("host/web:2");
  });

  test("a removed, renamed or switched-off file leaves its container alone", async () => {
    const made = folder({
      "a.json": manifestText("a"),
      "b.json": manifestText("b"),
      "c.json": manifestText("c"),
    });
    const at = place();
    const kad = deployer(made, at);
    await kad.begin();
    const before = acts(at.containers).length;
    unlinkSync(join(made.path, "a.json"));
    renameSync(join(made.path, "b.json"), join(made.path, "b2.json"));
    renameSync(join(made.path, "c.json"), join(made.path, "c.json.disabled"));
    await kad.notice();
    renameSync(join(made.path, "c.json.disabled"), join(made.path, "c.json"));
    await kad.notice();
    expect(acts(at.containers).slice(before)).toEqual([]);
    expect(at.containers.all.size).toBe(3);
    edit(made, "b2.json", manifestText("b", "host/web:2"));
    await kad.notice();
    expect(at.containers.named("b").image.name).toBe("host/web:2");
  });

  test("a half-written file is never refused nor deployed before it is whole", async () => {
    const made = folder({ "a.json": manifestText("a") });
    const at = place();
    const kad = deployer(made, at);
    await kad.begin();
    const text = manifestText("a", "host/web:2");
    const before = acts(at.containers).length;
    edit(made, "a.json", text.slice(0, 20));
    await kad.notice();
    edit(made, "a.json", text.slice(0, 40));
    await kad.notice();
    expect(kad.told()).toEqual([]);
    expect(acts(at.containers).slice(before)).toEqual([]);
    edit(made, "a.json", text);
    await kad.notice();
    await at.clock.advance(2 * HOLD_MS);
    expect(kad.told()).toEqual([]);
    expect(acts(at.containers).slice(before).length).toBe(1);
    expect(at.containers.named("a").image.name).toBe("host/web:2");
  });

  test("a broken file is told once it stays as it is, and its container keeps running", async () => {
    const made = folder({ "a.json": manifestText("a") });
    const at = place();
    const kad = deployer(made, at);
    await kad.begin();
    edit(made, "a.json", "");
    await kad.notice();
    await at.clock.advance(2 * HOLD_MS);
    expect(kad.told()).toEqual(["invalid a.json"]);
    expect(at.containers.named("a").state.status).toBe("Running");
  });

  test("a second file for one name is refused until the first is gone", async () => {
    const made = folder({ "b.json": manifestText("web", "host/web:1") });
    const at = place();
    const kad = deployer(made, at);
    await kad.begin();
    edit(made, "a.json", manifestText("web", "host/web:9"));
    await kad.notice();
    expect(kad.told()).toEqual(["rival a.json"]);
    expect(at.containers.named("web").image.name).toBe("host/web:1");
    edit(made, "b.json", "broken");
    await kad.notice();
    expect(at.containers.named("web").image.name).toBe("host/web:1");
    unlinkSync(join(made.path, "b.json"));
    await kad.notice();
    expect(at.containers.named("web").image.name).toBe("host/web:9");
    expect(at.containers.all.size).toBe(1);
  });

  test("a name that is changed in its file makes a new container and leaves the old one", async () => {
    const made = folder({ "a.json": manifestText("a") });
    const at = place();
    const kad = deployer(made, at);
    await kad.begin();
    edit(made, "a.json", manifestText("b"));
    await kad.notice();
    expect([...at.containers.all.values()].map((one) => one.name).sort()).toEqual(["a", "b"]);
  });

  test("a folder that vanishes touches nothing, and content alone decides when it is back", async () => {
    const made = folder({ "a.json": manifestText("a"), "b.json": manifestText("b") });
    const at = place();
    const kad = deployer(made, at);
    await kad.begin();
    const before = acts(at.containers).length;
    renameSync(made.path, `${made.path}-away`);
    await kad.notice();
    expect(kad.told()).toEqual(["lost"]);
    renameSync(`${made.path}-away`, made.path);
    edit(made, "a.json", manifestText("a"));
    edit(made, "b.json", manifestText("b", "host/web:2"));
    await kad.notice();
    expect(kad.told()).toEqual(["lost", "back"]);
    expect(acts(at.containers).slice(before)).toEqual([
      `replace ${at.containers.calls[0] === "" ? "" : "made-2"}`,
    ]);
    expect(at.containers.named("b").image.name).toBe("host/web:2");
    rmSync(made.path, { recursive: true });
  });

  test("five quick edits end with the last one", async () => {
    const made = folder({ "a.json": manifestText("a") });
    const at = place();
    const kad = deployer(made, at);
    await kad.begin();
    for (let version = 2; version <= 6; version++) {
      edit(made, "a.json", manifestText("a", `host/web:${version}`));
      await kad.notice();
    }
    await at.clock.advance(1000);
    expect(at.containers.named("a").image.name).toBe("host/web:6");
    expect(at.containers.all.size).toBe(1);
    expect(kad.faults).toEqual([]);
  });
});
