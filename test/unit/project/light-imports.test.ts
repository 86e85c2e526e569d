/** Each of node's modules costs every start of every program; those that cost milliseconds are loaded where they are needed. */

import { expect, test } from "bun:test";
import { Glob } from "bun";
import { ROOT } from "../../../scripts/project/setup.mjs";

/** Measured: below half a millisecond. node:crypto, node:net, node:tty and node:zlib cost two or three, and 2 to 4 MiB. */
const LIGHT = new Set(["node:fs", "node:fs/promises", "node:os", "node:path"]);
const LATE_IMPORT = /\bimport\("(node:[^"]+)"\)/g;
const STATIC_IMPORT = /^(?:import|export) (?!type )[^;]*?from "(node:[^"]+)"/gm;

test("no source file loads a heavy module of node's at its start", async () => {
  const heavy: string[] = [];
  let files = 0;
  for (const file of new Glob("src/**/*.ts").scanSync({ cwd: ROOT })) {
    files++;
    const text = await Bun.file(`${ROOT}/${file}`).text();
    for (const [, name = ""] of text.matchAll(STATIC_IMPORT)) {
      if (!LIGHT.has(name)) heavy.push(`${file} imports ${name}`);
    }
  }
  expect(files).toBeGreaterThan(100);
  expect(heavy).toEqual([]);
});

test("a heavy module is asked of the process: named in an import it would lie in the executable a second time, as bytecode", async () => {
  const named: string[] = [];
  let asked = 0;
  for (const file of new Glob("src/**/*.ts").scanSync({ cwd: ROOT })) {
    const text = await Bun.file(`${ROOT}/${file}`).text();
    for (const [, name = ""] of text.matchAll(LATE_IMPORT)) named.push(`${file} imports ${name}`);
    asked += text.split("process.getBuiltinModule(").length - 1;
  }
  expect(named).toEqual([]);
  expect(asked).toBeGreaterThan(5);
});

test("MQTT.js, the largest of others' code, is loaded by nothing but a first connection", async () => {
  const loads: string[] = [];
  for (const file of new Glob("src/**/*.ts").scanSync({ cwd: ROOT })) {
    const text = await Bun.file(`${ROOT}/${file}`).text();
    if (/^(?:import|export) (?!type )[^;]*?from "(?:mqtt|#mqtt-library)"/m.test(text)) loads.push(file);
  }
  expect(loads).toEqual(["src/mqtt/library.ts"]);
});
