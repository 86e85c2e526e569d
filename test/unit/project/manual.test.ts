/** The manual against the sources: links lead somewhere, every error code and every key of a manifest has its place. */

import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "../../../scripts/project/setup.mjs";
import { CATALOGUE } from "../../../src/errors/catalogue.ts";
import { manifestSchema } from "../../../src/manifest/schema.ts";

const MANUAL = join(ROOT, "docs/manual");

function markdownFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownFiles(path);
    return entry.name.endsWith(".md") ? path : [];
  });
}

const read = (path: string) => readFileSync(path, "utf8");

/** As readers of Markdown make them: lower case, blanks become hyphens, other marks go. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** What a file refers to, code left out. */
function linksOf(text: string): string[] {
  const prose = text.replace(/```[\s\S]*?```/g, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

describe("links", () => {
  for (const path of [join(ROOT, "README.md"), ...markdownFiles(join(ROOT, "docs"))]) {
    test(`of ${relative(ROOT, path)} lead to files and headings that are there`, () => {
      for (const link of linksOf(read(path))) {
        if (/^[a-z]+:/.test(link)) continue;
        const [file = "", anchor] = link.split("#");
        const target = file === "" ? path : join(dirname(path), file);
        expect(`${link} ${existsSync(target)}`).toBe(`${link} true`);
        if (anchor !== undefined) expect(anchorsOf(read(target))).toContain(anchor);
      }
    });
  }

  test("lead from the index to every page", () => {
    const pages = markdownFiles(MANUAL).map((path) => relative(MANUAL, path));
    const linked = linksOf(read(join(MANUAL, "index.md")));
    expect(pages.filter((page) => page !== "index.md" && !linked.includes(page))).toEqual([]);
  });
});

describe("trouble by error code", () => {
  const rows = [
    ...read(join(MANUAL, "trouble.md")).matchAll(/^\| `(SC_\w+)` \| ([\w-]+) \| (.+) \| (.+) \|$/gm),
  ];

  test("has every code of the catalogue, once, and no other", () => {
    expect(rows.map(([, code]) => code).sort()).toEqual(Object.keys(CATALOGUE).sort());
  });

  test("tells the kind that the catalogue gives", () => {
    const kinds = new Map(Object.entries(CATALOGUE).map(([code, { kind }]) => [code, kind]));
    for (const [, code = "", kind = ""] of rows) expect(`${code} ${kind}`).toBe(`${code} ${kinds.get(code)}`);
  });
});

describe("manifests", () => {
  test("every key of the schema stands in the table, and no other", () => {
    const table = [...read(join(MANUAL, "manifests.md")).matchAll(/^\| `([\w.$[\]]+)` \|/gm)].map(
      ([, key = ""]) => key.replaceAll("[]", ""),
    );
    expect([...new Set(table)].sort()).toEqual([...new Set(keysOf(schemaOfCm(), ""))].sort());
  });
});

type Schema = Readonly<Record<string, unknown>>;

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function child(schema: Schema, name: string): Schema {
  const value = schema[name];
  return isSchema(value) ? value : {};
}

function schemaOfCm(): Schema {
  const schema: unknown = JSON.parse(JSON.stringify(manifestSchema(false)));
  return isSchema(schema) ? child(child(schema, "$defs"), "cm") : {};
}

/** Keys that mean something in a manifest, with the path to them. */
function keysOf(schema: Schema, path: string): string[] {
  return Object.entries(child(schema, "properties")).flatMap(([key, value]) => {
    if (!isSchema(value) || String(value["description"]).includes("kept by the daemon")) return [];
    const below = "properties" in value ? value : child(value, "items");
    return [`${path}${key}`, ...keysOf(below, `${path}${key}.`)];
  });
}
