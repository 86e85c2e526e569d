import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countWritten } from "../../../src/engine/containerd/written-layers.ts";

const root = mkdtempSync(join(tmpdir(), "supercargo-written-"));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function layer(name: string, files: Readonly<Record<string, string>>): string {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, name, file, ".."), { recursive: true });
    writeFileSync(join(root, name, file), text);
  }
  return join(root, name);
}

function overlay(upper: string, lower: readonly string[]) {
  const options = [`upperdir=${upper}`, `lowerdir=${lower.join(":")}`];
  return [{ type: "overlay", source: "overlay", target: "", options }];
}

test("files with content count, what the runtime makes for its mounts does not, and no link is followed", async () => {
  // Folders and empty files, as runc leaves them.
  const upper = layer("upper", { "etc/hosts": "", "etc/resolv.conf": "", "data/a": "12345" });
  symlinkSync("/etc", join(upper, "data/link"));
  const image = layer("image", { "bin/sh": "a program" });
  expect(await countWritten(overlay(upper, [image]), 1)).toEqual({ bytes: 5, files: 1, isAll: true });
});

test("layers that were set aside count too, those of the image never", async () => {
  const [upper, aside, image] = [layer("u", { a: "1" }), layer("o", { b: "22" }), layer("i", { c: "333" })];
  expect(await countWritten(overlay(upper, [aside, image]), 2)).toEqual({ bytes: 3, files: 2, isAll: true });
});

test("very many files are not all counted", async () => {
  const upper = join(root, "many");
  mkdirSync(upper, { recursive: true });
  for (let index = 0; index < 50; index++) writeFileSync(join(upper, `f${index}`), "1");
  expect(await countWritten(overlay(upper, []), 1, 49)).toEqual({ bytes: 49, files: 49, isAll: false });
  expect(await countWritten(overlay(upper, []), 1, 50)).toEqual({ bytes: 50, files: 50, isAll: true });
});

test("it is unknown with a snapshotter of another kind, and when the files cannot be read", async () => {
  expect(await countWritten([{ type: "bind", source: root, target: "", options: [] }], 1)).toBeUndefined();
  expect(await countWritten(overlay(join(root, "none"), []), 1)).toBeUndefined();
});
