/** From hints to changes: editors' ways of saving, bursts, lost and found folders. */

import { afterEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { until } from "../../../../scripts/demo/until.ts";
import { systemClock } from "../../../../src/base/clock.ts";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import { FolderWatch } from "../../../../src/base/watch-folder.ts";
import { type FolderChange, FolderFollower } from "../../../../src/deploy/folder/follow.ts";
import { listManifests } from "../../../../src/deploy/folder/listing.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/folder.ts";

const open: Disposable[] = [];
afterEach(() => {
  for (const one of open.splice(0).reverse()) one[Symbol.dispose]();
});

function folder(): TemporaryFolder {
  const made = temporaryFolder();
  open.push(made);
  return made;
}

function describeChange(change: FolderChange): string {
  if (change.kind !== "files") return change.kind;
  const changed = change.changed.map((file) => `${file.isNew ? "new" : "changed"} ${file.name}`);
  return [...changed, ...change.gone.map((name) => `gone ${name}`)].join(", ");
}

/** The kernel's own hints and the real clock. */
function followReally(path: string) {
  const changes: string[] = [];
  const follower = new FolderFollower(path, systemClock, (change) => changes.push(describeChange(change)));
  const watch = new FolderWatch(path, {
    clock: systemClock,
    rescanMs: 3_600_000,
    blindMs: 3_600_000,
    onHint: (name) => follower.hint(name),
    onBlind: () => {},
  });
  open.push(watch, { [Symbol.dispose]: () => follower.end() });
  follower.begin(listManifests(path));
  /** What has been told up to a file that is made now. */
  const told = async (): Promise<readonly string[]> => {
    await until(() => changes.length > 0, "the change is told");
    writeFileSync(join(path, "end.json"), "");
    await until(() => changes.at(-1)?.includes("end.json") === true, "the end is told");
    return changes.slice(0, -1);
  };
  return { changes, told };
}

/** Hints by hand and a virtual clock. */
function followByHand(path: string) {
  const changes: string[] = [];
  const clock = new VirtualClock();
  const follower = new FolderFollower(path, clock, (change) => changes.push(describeChange(change)));
  return { changes, clock, follower };
}

describe("one save is one change", () => {
  const WAYS: Readonly<Record<string, (path: string) => void>> = {
    "written in place": (path) => writeFileSync(path, "new"),
    "written in place in pieces": (path) => {
      writeFileSync(path, "");
      for (let piece = 0; piece < 50; piece++) appendFileSync(path, "piece");
    },
    "renamed over": (path) => {
      writeFileSync(`${path}.tmp`, "new");
      renameSync(`${path}.tmp`, path);
    },
    "vim with swap file and backup": (path) => {
      const swap = path.replace("a.json", ".a.json.swp");
      const probe = path.replace("a.json", "4913");
      writeFileSync(swap, "");
      writeFileSync(probe, "");
      unlinkSync(probe);
      renameSync(path, `${path}~`);
      writeFileSync(path, "new");
      unlinkSync(`${path}~`);
      unlinkSync(swap);
    },
    "emacs with lock link and backup": (path) => {
      const lock = path.replace("a.json", ".#a.json");
      symlinkSync("user@host.1:2", lock);
      renameSync(path, `${path}~`);
      writeFileSync(path, "new");
      unlinkSync(lock);
    },
    "removed and written anew": (path) => {
      unlinkSync(path);
      writeFileSync(path, "new");
    },
    touched: (path) => utimesSync(path, 2_000_000_000, 2_000_000_000),
  };
  for (const [way, save] of Object.entries(WAYS)) {
    test(way, async () => {
      const { path } = folder();
      writeFileSync(join(path, "a.json"), "old");
      const { told } = followReally(path);
      save(join(path, "a.json"));
      expect(await told()).toEqual(["changed a.json"]);
    });
  }
});

test("a change is told within a tenth of a second of quiet", async () => {
  const { path } = folder();
  const { changes, clock, follower } = followByHand(path);
  writeFileSync(join(path, "a.json"), "");
  follower.hint("a.json");
  await clock.advance(100);
  expect(changes).toEqual(["new a.json"]);
});

test("a file that is written without pause is told after a second all the same", async () => {
  const { path } = folder();
  const { changes, clock, follower } = followByHand(path);
  writeFileSync(join(path, "a.json"), "");
  for (let round = 0; round < 60; round++) {
    follower.hint("a.json");
    await clock.advance(20);
  }
  expect(changes).toEqual(["new a.json"]);
});

test("a renamed manifest is one change, a switched-off one is gone, what is no manifest is nothing", async () => {
  const { path } = folder();
  writeFileSync(join(path, "a.json"), "1");
  writeFileSync(join(path, "b.json"), "2");
  const { told } = followReally(path);
  renameSync(join(path, "a.json"), join(path, "c.json"));
  renameSync(join(path, "b.json"), join(path, "b.json.disabled"));
  writeFileSync(join(path, ".hidden.json"), "3");
  mkdirSync(join(path, "sub"));
  writeFileSync(join(path, "sub", "d.json"), "4");
  expect(await told()).toEqual(["new c.json, gone a.json, gone b.json"]);
});

test("a burst of many files is told in full", async () => {
  const { path } = folder();
  const { changes } = followReally(path);
  for (let file = 0; file < 500; file++) writeFileSync(join(path, `${file}.json`), "{}");
  const count = () => changes.join(", ").split("new ").length - 1;
  await until(() => count() === 500, "all 500 are told");
});

test("a look at everything finds what was never hinted, and nothing when nothing changed", async () => {
  const { path } = folder();
  writeFileSync(join(path, "a.json"), "1");
  const { changes, clock, follower } = followByHand(path);
  follower.begin(listManifests(path));
  follower.hint(undefined);
  await clock.advance(100);
  expect(changes).toEqual([]);
  writeFileSync(join(path, "a.json"), "12");
  writeFileSync(join(path, "b.json"), "");
  follower.hint(undefined);
  await clock.advance(100);
  expect(changes).toEqual(["changed a.json, new b.json"]);
});

test("links that are exchanged behind a hidden name are noticed", async () => {
  const { path } = folder();
  mkdirSync(join(path, "..v1"));
  mkdirSync(join(path, "..v2"));
  writeFileSync(join(path, "..v1", "a.json"), "1");
  writeFileSync(join(path, "..v2", "a.json"), "22");
  symlinkSync("..v1", join(path, "..data"));
  symlinkSync("..data/a.json", join(path, "a.json"));
  const { told } = followReally(path);
  symlinkSync("..v2", join(path, "..next"));
  renameSync(join(path, "..next"), join(path, "..data"));
  expect(await told()).toEqual(["changed a.json"]);
});

test("a folder that vanishes is lost, not emptied, and what is in it later is looked at anew", async () => {
  const { path } = folder();
  const own = join(path, "own");
  mkdirSync(own);
  writeFileSync(join(own, "a.json"), "1");
  const { changes } = followReally(own);
  rmSync(own, { recursive: true });
  await until(() => changes.length > 0, "the loss is told");
  expect(changes).toEqual(["lost"]);
  mkdirSync(own);
  writeFileSync(join(own, "a.json"), "1");
  await until(() => changes.length > 1, "it is back");
  expect(changes[1]).toBe("back");
});
