/** `kanto-cm list` is called by scripts again and again: what it loads decides what it costs (DESIGN §7). */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "../../../scripts/project/setup.mjs";

const STATIC_IMPORT = /^(?:import|export) (?!type )(?:[^;]*?from )?"(\.[^"]+)"/gm;

/** Files that are loaded with these, by imports that are no types and not made later. */
function loadedWith(...entries: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const open = entries.map((entry) => join(ROOT, "src", entry));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (!file.endsWith(".ts")) continue;
    for (const [, target = ""] of readFileSync(file, "utf8").matchAll(STATIC_IMPORT))
      open.push(join(dirname(file), target));
  }
  return [...seen].map((file) => relative(join(ROOT, "src"), file)).sort();
}

test("list loads its own command, the client, and nothing of what runs containers", () => {
  const files = loadedWith("bin/main.ts", "bin/kanto-cm.ts", "cli/kanto-cm/commands/list.ts");
  const rooms = new Set(files.map((file) => file.split("/")[0]));
  expect([...rooms].sort()).toEqual(["api", "base", "bin", "cli", "config", "errors", "grpc", "model"]);
  expect(files.filter((file) => file.startsWith("cli/kanto-cm/commands/"))).toEqual([
    "cli/kanto-cm/commands/list.ts",
  ]);
  // What a person gets on request, errors and help come when they are needed.
  for (const later of [
    "wide-table",
    "container-json",
    "colour",
    "help-pages",
    "absent-daemon",
    "log-lines",
  ]) {
    expect(files.filter((file) => file.endsWith(`/${later}.ts`))).toEqual([]);
  }
  expect(files.length).toBeGreaterThan(40);
  expect(files.length).toBeLessThan(110);
});
