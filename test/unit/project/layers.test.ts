import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkLayers, ROOMS } from "../../../scripts/project/layers.mjs";
import { ROOT } from "../../../scripts/project/setup.mjs";

const folder = mkdtempSync(join(tmpdir(), "supercargo-layers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tree(name: string, files: Record<string, string>): string {
  const root = join(folder, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

describe("the house rules", () => {
  test("a clean tree has no findings and every file was read", () => {
    const root = tree("clean", {
      "model/a.ts": "export const a = 1;\n",
      "manager/b.ts": 'import { a } from "../model/a.ts";\nexport const b = a;\n',
    });
    expect(checkLayers(root)).toEqual({ findings: [], files: 2 });
  });

  test("an import of a room below is found, also as a type and as a dynamic import", () => {
    const root = tree("below", {
      "manager/b.ts": "export type B = 1;\n",
      "model/a.ts":
        'import type { B } from "../manager/b.ts";\nexport const later = () => import("../manager/b.ts");\n',
    });
    const { findings } = checkLayers(root);
    expect(findings).toHaveLength(2);
    expect(findings[0]).toBe("model/a.ts:1: model must not import manager, a room below it");
    expect(findings[1]).toStartWith("model/a.ts:2:");
  });

  test("an import by a name of package.json is followed", () => {
    const root = tree("named/src", {
      "base/a.ts": 'import "#keeper";\nimport "#nobody";\n',
      "manager/keeper.ts": "export {};\n",
      "../package.json": '{ "imports": { "#keeper": { "default": "./src/manager/keeper.ts" } } }',
    });
    expect(checkLayers(root).findings).toEqual([
      "base/a.ts:1: base must not import manager, a room below it",
      "base/a.ts:2: #nobody is not there",
    ]);
  });

  test("the runtime's own API outside of base is found", () => {
    const root = tree("runtime", {
      "base/a.ts": "Bun.gc(true);\n",
      "logs/b.ts": '// Bun.gc in a comment is fine\nimport { dlopen } from "bun:ffi";\nBun.gc(true);\n',
    });
    expect(checkLayers(root).findings).toEqual([
      "logs/b.ts:3: the runtime's own API belongs into base",
      "logs/b.ts:2: bun:ffi belongs into base",
    ]);
  });

  test("long files, empty names, unknown rooms and missing targets are found", () => {
    const root = tree("names", {
      "base/utils.ts": "export {};\n",
      "attic/a.ts": "export {};\n",
      "store/long.ts": "// line\n".repeat(301),
      "store/gen/long.ts": "// line\n".repeat(301),
      "store/missing.ts": 'import "./nowhere.ts";\n',
    });
    const findings = checkLayers(root).findings.join("\n");
    expect(findings).toContain("base/utils.ts: the name utils.ts says nothing");
    expect(findings).toContain("attic/a.ts: attic is not a room");
    expect(findings).toContain("store/long.ts: 301 lines, at most 300");
    expect(findings).not.toContain("gen/long.ts");
    expect(findings).toContain("./nowhere.ts is not there");
  });

  test("the product's own tree follows the rules", () => {
    const { findings, files } = checkLayers(join(import.meta.dir, "../../../src"));
    expect(findings).toEqual([]);
    expect(files).toBeGreaterThan(20);
  });

  test("the table of ARCHITECTURE.md has every room, in the order of the rule, and no other", () => {
    const text = readFileSync(join(ROOT, "docs/ARCHITECTURE.md"), "utf8");
    const [, table = ""] = text.split("| room | what lives here |\n");
    const told = [...(table.split("\n\n")[0] ?? "").matchAll(/^\| `([\w-]+)` \| \S.* \|$/gm)].map(
      (row) => row[1] ?? "",
    );
    expect(told).toEqual([...ROOMS]);
    expect(readdirSync(join(ROOT, "src")).filter((room) => !told.includes(room))).toEqual([]);
  });
});
