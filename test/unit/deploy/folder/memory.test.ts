/** The memory of a folder on disk: what is written is read again, and whatever lies there is survived. */

import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import { FileMemory, loadMemory, memoryPlace, ownFolder } from "../../../../src/deploy/folder/memory-file.ts";
import { formatMemory, parseMemory } from "../../../../src/deploy/folder/memory-form.ts";
import type { Remembered } from "../../../../src/deploy/wish.ts";
import { temporaryFolder } from "../support/folder.ts";
import { wish } from "../support/wishes.ts";

const one = wish({ id: "x" });
const full: Remembered = {
  source: "web.json",
  fingerprint: one.fingerprint,
  modifiedNanos: 1_700_000_000_123_456_789n,
  containerId: "x",
  refused: { fingerprint: one.fingerprint, modifiedNanos: 2n, reason: "it ended" },
  pending: {
    fingerprint: one.fingerprint,
    earlierImages: ["0123456789abcdef"],
    madeOld: { "image.name": "fedcba9876543210" },
    oldId: "x",
    oldCreated: "2026-01-01T00:00:00Z",
    wasRunning: true,
    by: "us",
    saved: one.desired,
  },
  leftovers: ["y"],
};

test("everything that is remembered is read again, large integers exactly", () => {
  const entries = new Map([
    ["web", full],
    ["__proto__", { ...full, source: "odd.json" }],
  ]);
  expect(parseMemory(formatMemory("/manifests", entries))).toEqual(entries);
});

test("no value of an environment is written down for a container that runs", () => {
  const secret = wish({ more: { config: { env: ["PASSWORD=hunter2"] } } });
  const { pending: _pending, refused: _refused, ...rest } = full;
  const text = formatMemory("/m", new Map([["web", { ...rest, fingerprint: secret.fingerprint }]]));
  expect(text).not.toContain("hunter2");
});

describe("a file that is no memory", () => {
  for (const text of [
    "",
    "{",
    "[]",
    "null",
    '{"version":2,"containers":{}}',
    '{"version":1}',
    "\u0000\u0001",
  ]) {
    test(`is put aside and the deployer begins anew: ${JSON.stringify(text)}`, () => {
      using folder = temporaryFolder();
      const path = join(folder.path, "state.json");
      writeFileSync(path, text);
      const loaded = loadMemory(path, true);
      expect(loaded.entries.size).toBe(0);
      expect(loaded.problem).toContain("put aside");
      expect(existsSync(path)).toBe(false);
      expect(readFileSync(`${path}.unreadable`, "utf8")).toBe(text);
    });
  }

  test("loses only the entries that are none", () => {
    const entries = parseMemory(
      formatMemory("/m", new Map([["web", full]])).replace('"web":', '"bad":1,"web":'),
    );
    expect([...entries.keys()]).toEqual(["web"]);
  });
});

test("what a deployer that was killed while writing has left goes with the next owner, and nothing else", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "state.json");
  const others = [".other.json.1.0.tmp", "state.json.unreadable", ".state.json.tmp.kept"];
  writeFileSync(path, formatMemory("/m", new Map([["web", full]])));
  for (const name of [".state.json.77.3.tmp", ".state.json.78.0.tmp", ...others])
    writeFileSync(join(folder.path, name), "half");
  expect([...loadMemory(path, false).entries.keys()]).toEqual(["web"]);
  expect(readdirSync(folder.path)).toHaveLength(6);
  expect([...loadMemory(path, true).entries.keys()]).toEqual(["web"]);
  expect(readdirSync(folder.path).sort()).toEqual([...others, "state.json"].sort());
});

test("a durable note is on the disk at once, others a moment later, for nobody else to read", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "state.json");
  const clock = new VirtualClock();
  const memory = new FileMemory(path, "/m", new Map(), clock, () => {});
  memory.set("a", full);
  expect(existsSync(path)).toBe(false);
  await clock.advance(100);
  expect([...loadMemory(path, false).entries.keys()]).toEqual(["a"]);
  memory.set("b", full, true);
  expect([...loadMemory(path, false).entries.keys()]).toEqual(["a", "b"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  memory.forget("a");
  memory[Symbol.dispose]();
  expect([...loadMemory(path, false).entries.keys()]).toEqual(["b"]);
});

test("a memory that cannot be written says so once and goes on", () => {
  using folder = temporaryFolder();
  const troubles: string[] = [];
  const path = join(folder.path, "missing", "state.json");
  const memory = new FileMemory(path, "/m", new Map(), new VirtualClock(), (reason) => troubles.push(reason));
  memory.set("a", full, true);
  memory.set("b", full, true);
  expect(troubles.length).toBe(1);
  mkdirSync(join(folder.path, "missing"));
  memory.set("c", full, true);
  expect([...loadMemory(path, false).entries.keys()]).toEqual(["a", "b", "c"]);
});

describe("owning a folder", () => {
  test("one deployer owns it, a second learns which process that is, a third may when it is given up", () => {
    using folder = temporaryFolder();
    const state = join(folder.path, "state");
    const place = memoryPlace(state, "/manifests");
    const first = ownFolder(state, place);
    expect(first.kind).toBe("owner");
    const second = ownFolder(state, place);
    expect(second).toEqual({ kind: "taken", owner: String(process.pid) });
    if (first.kind === "owner") first.release();
    const third = ownFolder(state, place);
    expect(third.kind).toBe("owner");
    if (third.kind === "owner") third.release();
  });

  test("another folder has another owner", () => {
    using folder = temporaryFolder();
    const first = ownFolder(folder.path, memoryPlace(folder.path, "/a"));
    const second = ownFolder(folder.path, memoryPlace(folder.path, "/b"));
    expect([first.kind, second.kind]).toEqual(["owner", "owner"]);
    for (const one of [first, second]) if (one.kind === "owner") one.release();
  });

  test("a state directory that cannot be made is no reason to fail", () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "file"), "");
    const state = join(folder.path, "file", "state");
    expect(ownFolder(state, memoryPlace(state, "/a")).kind).toBe("unavailable");
  });
});
