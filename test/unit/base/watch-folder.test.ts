/** Hints about a real folder: what the kernel tells, and what it does not tell. */

import { afterEach, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { FolderWatch } from "../../../src/base/watch-folder.ts";
import { type TemporaryFolder, temporaryFolder } from "../deploy/support/folder.ts";

const open: Disposable[] = [];
afterEach(() => {
  for (const one of open.splice(0).reverse()) one[Symbol.dispose]();
});

function watched(path: string, rescanMs = 3_600_000, blindMs = 3_600_000) {
  const hints: (string | undefined)[] = [];
  const blind: string[] = [];
  const watch = new FolderWatch(path, {
    clock: systemClock,
    rescanMs,
    blindMs,
    onHint: (name) => hints.push(name),
    onBlind: (reason) => blind.push(reason),
  });
  open.push(watch);
  return { hints, blind, watch };
}

function folder(): TemporaryFolder {
  const made = temporaryFolder();
  open.push(made);
  return made;
}

test("a file that is made, written, renamed or removed is named", async () => {
  const { path } = folder();
  const { hints } = watched(path);
  writeFileSync(join(path, "a.json"), "{}");
  await until(() => hints.includes("a.json"), "a.json is hinted");
  writeFileSync(join(path, "b.tmp"), "{}");
  renameSync(join(path, "b.tmp"), join(path, "b.json"));
  await until(() => hints.includes("b.json"), "b.json is hinted");
  hints.length = 0;
  rmSync(join(path, "a.json"));
  await until(() => hints.includes("a.json"), "the removal is hinted");
});

test("a folder that is deleted and made again is watched again", async () => {
  const { path } = folder();
  const own = join(path, "own");
  mkdirSync(own);
  const { hints, watch } = watched(own);
  rmSync(own, { recursive: true });
  await until(() => !watch.isWatching, "the loss is noticed");
  mkdirSync(own);
  await until(() => watch.isWatching, "it is watched again");
  hints.length = 0;
  writeFileSync(join(own, "a.json"), "{}");
  await until(() => hints.includes("a.json"), "a file in the new folder is hinted");
});

test("a folder that is exchanged by another is looked at as a whole", async () => {
  const { path } = folder();
  const own = join(path, "own");
  mkdirSync(own);
  mkdirSync(join(path, "other"));
  const { hints } = watched(own);
  renameSync(own, join(path, "old"));
  renameSync(join(path, "other"), own);
  await until(() => hints.includes(undefined), "everything is hinted");
  hints.length = 0;
  writeFileSync(join(own, "a.json"), "{}");
  await until(() => hints.includes("a.json"), "a file in the other folder is hinted");
});

test("a folder that is not there yet is waited for", async () => {
  const { path } = folder();
  const own = join(path, "own");
  const { hints, watch } = watched(own);
  expect(watch.isWatching).toBe(false);
  mkdirSync(own);
  await until(() => watch.isWatching, "it is watched");
  expect(hints).toContain(undefined);
});

test("a folder whose parent is deleted and made again with it is watched again", async () => {
  const { path } = folder();
  const parent = join(path, "parent");
  const own = join(parent, "own");
  mkdirSync(own, { recursive: true });
  const { hints, watch } = watched(own, 20, 20);
  rmSync(parent, { recursive: true });
  await until(() => !watch.isWatching, "the loss is noticed");
  mkdirSync(own, { recursive: true });
  await until(() => watch.isWatching, "it is watched again");
  writeFileSync(join(own, "a.json"), "{}");
  await until(() => hints.includes("a.json"), "a file in the new folder is hinted");
});

test("everything is hinted now and then by the clock", async () => {
  const { path } = folder();
  const { hints } = watched(path, 20);
  await until(() => hints.filter((name) => name === undefined).length >= 2, "two rescans");
});
