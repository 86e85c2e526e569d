/** Each of node's modules costs every start of every program; those that cost milliseconds are loaded where they are needed. */

import { expect, test } from "bun:test";
import { Glob } from "bun";
import { ROOT } from "../../../scripts/project/setup.mjs";

/** Measured: below half a millisecond. node:crypto, node:net, node:tty and node:zlib cost two or three, and 2 to 4 MiB. */
const LIGHT = new Set(["node:fs", "node:fs/promises", "node:os", "node:path"]);
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
