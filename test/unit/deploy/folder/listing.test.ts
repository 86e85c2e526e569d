/** Which files count as manifests. */

import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  isManifestName,
  listManifests,
  listPassedOver,
  stateOf,
} from "../../../../src/deploy/folder/listing.ts";
import { temporaryFolder } from "../support/folder.ts";

const NAMES: readonly (readonly [string, boolean])[] = [
  ["web.json", true],
  ["with space.json", true],
  ["web.json.json", true],
  ["x.JSON", false],
  ["web.json.disabled", false],
  ["web.yaml", false],
  [".json", false],
  [".web.json", false],
  [".web.json.swp", false],
  ["web.json~", false],
  ["#web.json#", false],
  [".#web.json", false],
  ["~web.json", false],
  ["web.json.bak", false],
  ["web.json.tmp", false],
  ["web.json___jb_tmp___", false],
  ["4913", false],
];

for (const [name, counts] of NAMES) {
  test(`${name} ${counts ? "is a manifest" : "is none"}`, () => {
    expect(isManifestName(name)).toBe(counts);
  });
}

test("files are listed in the order of their bytes, links followed, sub-folders left alone", () => {
  using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  mkdirSync(at("sub"));
  writeFileSync(at("sub/inner.json"), "{}");
  writeFileSync(at("b.json"), "{}");
  writeFileSync(at("a.json"), "{}");
  writeFileSync(at("Z.json"), "{}");
  symlinkSync("sub/inner.json", at("link.json"));
  symlinkSync("nowhere", at("dangling.json"));
  symlinkSync("loop.json", at("loop.json"));
  mkdirSync(at("folder.json"));
  const files = listManifests(folder.path);
  expect([...files].map(([name, state]) => `${name} ${state.kind}`)).toEqual([
    "Z.json file",
    "a.json file",
    "b.json file",
    "dangling.json dangling",
    "folder.json folder",
    "link.json file",
    "loop.json dangling",
  ]);
  expect(listPassedOver(folder.path)).toEqual(["sub"]);
});

test("a file that was put back with its old date and size is another state", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "a.json");
  writeFileSync(path, "1");
  utimesSync(path, 1000, 1000);
  const before = stateOf(folder.path, "a.json");
  writeFileSync(path, "2");
  utimesSync(path, 1000, 1000);
  const after = stateOf(folder.path, "a.json");
  expect(after?.modifiedNanos).toBe(before?.modifiedNanos);
  expect(after?.mark).not.toBe(before?.mark);
});
