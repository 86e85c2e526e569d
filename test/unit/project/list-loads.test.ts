/** `kanto-cm list` is called by scripts again and again: what it loads decides what it costs (DESIGN §7). */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "../../../scripts/project/setup.mjs";

const STATIC_IMPORT = /^(?:import|export) (?!type )(?:[^;]*?from )?"((?:\.|node:|bun:)[^"]+)"/gm;

/** Files that are loaded with these, by imports that are no types and not made later. */
function loadedWith(...entries: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const open = entries.map((entry) => join(ROOT, "src", entry));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (!file.endsWith(".ts")) continue;
    for (const [, target = ""] of readFileSync(file, "utf8").matchAll(STATIC_IMPORT))
      open.push(target.startsWith(".") ? join(dirname(file), target) : target);
  }
  return [...seen].map((file) => (file.startsWith("/") ? relative(join(ROOT, "src"), file) : file)).sort();
}

const LIST = ["bin/main.ts", "bin/kanto-cm.ts", "cli/kanto-cm/commands/list.ts"];

test("list loads its own command, the client, and nothing of what runs containers", () => {
  const files = loadedWith(...LIST);
  const rooms = new Set(files.filter((file) => file.endsWith(".ts")).map((file) => file.split("/")[0]));
  expect([...rooms].sort()).toEqual(["api", "base", "bin", "cli", "config", "errors", "grpc", "model"]);
  expect(files.filter((file) => file.startsWith("cli/kanto-cm/commands/"))).toEqual([
    "cli/kanto-cm/commands/list.ts",
  ]);
  // What a person gets on request, errors and help come when they are needed.
  for (const later of [
    "containers-client",
    "full-list",
    "wide-table",
    "container-json",
    "colour",
    "help-pages",
    "absent-daemon",
    "log-lines",
  ]) {
    expect(files.filter((file) => file.endsWith(`/${later}.ts`))).toEqual([]);
  }
  // Of a hundred values in the messages it takes the ten of a row.
  expect(files.filter((file) => file.includes("/gen/"))).toEqual([]);
  expect(files.length).toBeGreaterThan(40);
  expect(files.length).toBeLessThan(80);
});

test("list loads none of node's modules: node:fs alone takes as long as all that list does before it connects", () => {
  expect(loadedWith(...LIST).filter((file) => !file.endsWith(".ts"))).toEqual(["bun:ffi"]);
  // Else nothing would be found in what does load them.
  expect(loadedWith("base/atomic-file.ts")).toContain("node:fs");
});
