/** Containers whose files are gone: taken away where that is wanted, and only what was made for them. */

import { afterEach, describe, expect, test } from "bun:test";
import { renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import { FolderDeployment } from "../../../../src/deploy/folder/deployment.ts";
import { FolderFollower } from "../../../../src/deploy/folder/follow.ts";
import { listManifests } from "../../../../src/deploy/folder/listing.ts";
import { PRUNE_AFTER_MS, PRUNE_AGAIN_MS } from "../../../../src/deploy/folder/pruning.ts";
import { volatileMemory } from "../../../../src/deploy/wish.ts";
import { SupercargoError } from "../../../../src/errors/error.ts";
import { fillDefaults } from "../../../../src/model/defaults.ts";
import { makeBench } from "../support/bench.ts";
import { FakeContainers } from "../support/fake-containers.ts";
import { manifestText, type TemporaryFolder, temporaryFolder } from "../support/folder.ts";

const open: Disposable[] = [];
afterEach(() => {
  for (const one of open.splice(0).reverse()) one[Symbol.dispose]();
});

function world(flavour: "ours" | "peer" = "ours") {
  const clock = new VirtualClock();
  return { clock, containers: new FakeContainers(clock, flavour), memory: volatileMemory() };
}

async function pruner(
  folder: TemporaryFolder,
  { clock, containers, memory }: ReturnType<typeof world>,
  prunes = true,
) {
  const bench = makeBench("ours", { clock, containers, memory, probationMs: 0 });
  const supervise = (work: Promise<void>) => {
    work.catch((thrown: unknown) => faults.push(thrown));
  };
  const faults: unknown[] = [];
  const deployment = new FolderDeployment({
    folder: folder.path,
    runner: bench.runner,
    memory,
    clock,
    holdsBroken: true,
    prunes,
    tell: () => {},
    supervise,
  });
  const follower = new FolderFollower(folder.path, clock, (change) => supervise(deployment.change(change)));
  const files = listManifests(folder.path);
  follower.begin(files);
  const first = deployment.deployAll(files);
  await clock.advance(2000);
  await first;
  const pruned = deployment.prune();
  await clock.advance(1);
  await pruned;
  const notice = async (ms: number) => {
    follower.hint(undefined);
    await clock.advance(ms);
  };
  return { notice, faults, clock };
}

function folderOf(...names: readonly string[]): TemporaryFolder {
  const folder = temporaryFolder();
  open.push(folder);
  for (const name of names) writeFileSync(join(folder.path, `${name}.json`), manifestText(name));
  return folder;
}

function namesOf({ containers }: ReturnType<typeof world>): readonly string[] {
  return [...containers.all.values()].map(({ name }) => name).sort();
}

describe.each(["ours", "peer"] as const)("pruning, %s", (flavour) => {
  test("takes away the container of a file that is gone, and no other", async () => {
    const folder = folderOf("web", "db");
    const at = world(flavour);
    const { notice, faults } = await pruner(folder, at);
    unlinkSync(join(folder.path, "web.json"));
    await notice(PRUNE_AFTER_MS - 100);
    expect(namesOf(at)).toEqual(["db", "web"]);
    await at.clock.advance(1000);
    expect(namesOf(at)).toEqual(["db"]);
    expect(faults).toEqual([]);
  });

  test("is off unless it was asked for", async () => {
    const folder = folderOf("web", "db");
    const at = world(flavour);
    const { notice } = await pruner(folder, at, false);
    unlinkSync(join(folder.path, "web.json"));
    await notice(60_000);
    expect(namesOf(at)).toEqual(["db", "web"]);
  });

  test("forgives an absence: what went while the deployer was away goes at its start", async () => {
    const folder = folderOf("web", "db");
    const at = world(flavour);
    await pruner(folder, at);
    unlinkSync(join(folder.path, "web.json"));
    await pruner(folder, at);
    expect(namesOf(at)).toEqual(["db"]);
  });
});

test("a file that is removed and written anew within the wait is an edit, not a removal", async () => {
  const folder = folderOf("web", "db");
  const at = world();
  const { notice } = await pruner(folder, at);
  const removed: string[] = [];
  at.containers.onCall = (call, subject) => void (call === "remove" && removed.push(subject));
  unlinkSync(join(folder.path, "web.json"));
  await notice(PRUNE_AFTER_MS / 2);
  writeFileSync(join(folder.path, "web.json"), manifestText("web"));
  await notice(60_000);
  expect(at.containers.named("web").state.status).toBe("Running");
  expect(removed).toEqual([]);
});

test("an empty folder and one that vanished take nothing away", async () => {
  const folder = folderOf("web", "db");
  const at = world();
  const { notice } = await pruner(folder, at);
  unlinkSync(join(folder.path, "web.json"));
  unlinkSync(join(folder.path, "db.json"));
  await notice(60_000);
  expect(namesOf(at)).toEqual(["db", "web"]);
  rmSync(folder.path, { recursive: true });
  await notice(60_000);
  expect(namesOf(at)).toEqual(["db", "web"]);
});

test("a container that was there before its file stays when the file goes", async () => {
  const folder = folderOf("web", "db");
  const at = world();
  at.containers.put(fillDefaults({ name: "web", image: { name: "host/web:1" } }), { status: "Running" });
  const { notice } = await pruner(folder, at);
  unlinkSync(join(folder.path, "web.json"));
  await notice(60_000);
  expect(namesOf(at)).toEqual(["db", "web"]);
});

test("a name that is changed in its file leaves no orphan, and a broken file keeps its container", async () => {
  const folder = folderOf("web", "db");
  const at = world();
  const { notice } = await pruner(folder, at);
  writeFileSync(join(folder.path, "web.json"), manifestText("site"));
  writeFileSync(join(folder.path, "db.json"), "{");
  await notice(60_000);
  expect(namesOf(at)).toEqual(["db", "site"]);
  await pruner(folder, at);
  expect(namesOf(at)).toEqual(["db", "site"]);
});

test("a renamed file keeps its container", async () => {
  const folder = folderOf("web", "db");
  const at = world();
  const { notice } = await pruner(folder, at);
  renameSync(join(folder.path, "web.json"), join(folder.path, "zzz.json"));
  await notice(60_000);
  expect(at.containers.named("web").state.status).toBe("Running");
});

test("what cannot be removed is tried again", async () => {
  const folder = folderOf("web", "db");
  const at = world();
  const { notice } = await pruner(folder, at);
  let refusals = 0;
  at.containers.onCall = (call) => {
    if (call !== "remove" || refusals >= 2) return;
    refusals++;
    throw new SupercargoError("SC_CALL_FAILED", "it resists");
  };
  unlinkSync(join(folder.path, "web.json"));
  await notice(PRUNE_AFTER_MS + 200);
  expect(namesOf(at)).toEqual(["db", "web"]);
  await at.clock.advance(3 * PRUNE_AGAIN_MS);
  expect(namesOf(at)).toEqual(["db"]);
  expect(refusals).toBe(2);
});
