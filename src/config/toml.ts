/**
 * A TOML file as the same tree that JSON gives, so that both are read alike. The library says where a mistake is, not
 * where a key stands: that comes from a look at the lines. It is loaded when a file is TOML, not before.
 */

import type { JsonMember, JsonNode } from "../base/json/node.ts";
import type { ConfigRemark } from "./remarks.ts";

export type TomlResult =
  | { readonly ok: true; readonly root: JsonNode }
  | { readonly ok: false; readonly fault: ConfigRemark };

export function parseToml(text: string): TomlResult {
  const { parse, TomlError } = require("smol-toml") as typeof import("smol-toml");
  try {
    const value: unknown = parse(text);
    return { ok: true, root: toNode(value, "", 0, keyOffsets(text)) };
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    const { line, column } = thrown;
    const message = thrown.message.split("\n", 1)[0] ?? thrown.message;
    return { ok: false, fault: { path: "", position: { line, column }, message } };
  }
}

/** Values whose own place is not known stand where what they belong to stands. */
function toNode(
  value: unknown,
  path: string,
  fallback: number,
  offsets: ReadonlyMap<string, number>,
): JsonNode {
  const offset = offsets.get(path) ?? fallback;
  switch (typeof value) {
    case "string":
      return { kind: "text", offset, value };
    case "boolean":
      return { kind: "flag", offset, value };
    case "number":
    case "bigint":
      return { kind: "number", offset, digits: String(value) };
  }
  if (Array.isArray(value)) {
    return { kind: "list", offset, items: value.map((item) => toNode(item, path, offset, offsets)) };
  }
  if (value instanceof Date) return { kind: "text", offset, value: value.toISOString() };
  const members = Object.entries(value ?? {}).map(([key, entry]): JsonMember => {
    const inside = joined(path, key);
    const node = toNode(entry, inside, offset, offsets);
    return { key, keyOffset: node.offset, value: node };
  });
  return { kind: "object", offset, members };
}

const SEPARATOR = "\u0000";

function joined(path: string, key: string): string {
  return `${path}${SEPARATOR}${key}`;
}

const KEY_PART = /^\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*/;

/** Offsets of `[table]` headers and of `key =` at the beginnings of lines, by path. */
function keyOffsets(text: string): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  let table = "";
  let quote: string | undefined;
  let lineStart = 0;
  for (const line of text.split("\n")) {
    if (quote === undefined) {
      const header = /^\s*\[\[?/.exec(line)?.[0];
      const keys = readKeys(line.slice(header?.length ?? 0));
      const at = lineStart + line.search(/\S/);
      if (header !== undefined && keys.next === "]") {
        table = note(offsets, "", keys.parts, at);
      } else if (header === undefined && keys.next === "=") note(offsets, table, keys.parts, at);
    }
    quote = openQuote(line, quote);
    lineStart += line.length + 1;
  }
  return offsets;
}

function note(offsets: Map<string, number>, base: string, parts: readonly string[], at: number): string {
  let path = base;
  for (const part of parts) {
    path = joined(path, part);
    if (!offsets.has(path)) offsets.set(path, at);
  }
  return path;
}

/** The parts of a dotted key at the beginning of the text, the character behind it, and how long it is with blanks. */
export function readKeys(text: string): {
  readonly parts: readonly string[];
  readonly next: string;
  readonly length: number;
} {
  const parts: string[] = [];
  for (let length = 0; ; length++) {
    const match = KEY_PART.exec(text.slice(length));
    if (match === null) return { parts, next: "", length };
    parts.push(match[2] ?? match[3] ?? withoutEscapes(match[1] ?? ""));
    length += match[0].length;
    const next = text.charAt(length);
    if (next !== ".") return { parts, next, length };
  }
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r" };

function withoutEscapes(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g,
    (_all, four, eight, letter: string) => {
      const digits = four ?? eight;
      return digits === undefined
        ? (ESCAPES[letter] ?? letter)
        : String.fromCodePoint(Number.parseInt(digits, 16));
    },
  );
}

/** Which text of several lines is open after this line. */
function openQuote(line: string, before: string | undefined): string | undefined {
  let open = before;
  for (const [quote] of line.matchAll(/"""|'''/g)) {
    if (open === undefined) open = quote;
    else if (open === quote) open = undefined;
  }
  return open;
}
