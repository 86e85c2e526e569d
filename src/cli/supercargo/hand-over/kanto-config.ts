/**
 * What Kanto would make of the configuration (spec/config.md §1–§3): it reads JSON only, takes times in one form, ignores
 * what it does not know and ends at what has a wrong type.
 */

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseGoDurationMs } from "../../../base/go-duration.ts";
import { describeKind, type JsonNode, type Position, wholeNumber } from "../../../base/json/node.ts";
import { parseJson } from "../../../base/json/parse.ts";
import { keyAt } from "../../../config/keys.ts";
import { KANTO_KEYS, KANTO_SECTIONS, LOSSES } from "./kanto-keys.ts";
import type { Remark } from "./remark.ts";

const LIMIT_BYTES = 1024 * 1024;
const LEVELS = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];
/** @param path of the file that Kanto's unit names */
export function kantosConfiguration(path: string): readonly Remark[] {
  const remarks: Remark[] = [];
  const say = (level: Remark["level"], message: string) =>
    remarks.push({ level, subject: "configuration", message });
  const overlay = join(dirname(path), "config.toml");
  if (basename(path) === "config.json" && existsSync(overlay))
    say("warning", `Kanto does not read ${overlay}: what stands in it does not count`);
  if (!existsSync(path)) return remarks;
  const content = readFileSync(path);
  if (content.length === 0) return remarks;
  const parsed = parseJson(content, { limitBytes: LIMIT_BYTES });
  if (!parsed.ok) {
    const { position, message } = parsed.faults[0];
    say(
      "problem",
      `Kanto does not start with ${place(path, position)}: it reads JSON only, and here ${message}`,
    );
    return remarks;
  }
  for (const fault of look(parsed.root, "", false)) {
    say(fault.level, `${place(path, parsed.at(fault.node.offset))}: ${fault.key}: ${fault.message}`);
  }
  return remarks;
}

function place(path: string, { line, column }: Position): string {
  return `${path}:${line}:${column}`;
}

interface Fault {
  readonly level: Remark["level"];
  readonly key: string;
  readonly node: JsonNode;
  readonly message: string;
}

function* look(node: JsonNode, key: string, isLeaf: boolean): Generator<Fault> {
  if (isLeaf) {
    yield* lookAtValue(node, key);
    return;
  }
  if (node.kind !== "object") {
    const message =
      node.kind === "null"
        ? "Kanto crashes at a section that is null"
        : `Kanto does not start: an object is expected, ${describeKind(node)} found`;
    yield { level: "problem", key, node, message };
    return;
  }
  for (const { key: name, value } of node.members) {
    const path = key === "" ? name.toLowerCase() : `${key}.${name.toLowerCase()}`;
    if (KANTO_SECTIONS.has(path) || KANTO_KEYS.has(path)) yield* look(value, path, KANTO_KEYS.has(path));
    else {
      const loss = LOSSES[path];
      const message = `Kanto does not know this key${loss === undefined ? "" : `: ${loss}`}`;
      yield { level: "warning", key: path, node: value, message };
    }
  }
}

function* lookAtValue(node: JsonNode, key: string): Generator<Fault> {
  if (node.kind === "null") return;
  const kind = keyAt(key)?.kind ?? "text";
  const wrong = (expected: string): Fault => ({
    level: "problem",
    key,
    node,
    message: `Kanto does not start: ${expected} is expected, ${describeKind(node)} found`,
  });
  switch (kind) {
    case "bool":
      if (node.kind !== "flag") yield wrong("true or false");
      return;
    case "number":
      if (node.kind !== "number" || wholeNumber(node) === undefined) yield wrong("a whole number");
      return;
    case "texts":
      if (node.kind !== "list" || node.items.some((item) => item.kind !== "text"))
        yield wrong("a list of texts");
      return;
    case "pairs":
      if (node.kind !== "object") yield wrong("an object of texts");
      return;
    case "registries":
      yield* lookAtRegistries(node, key);
      return;
    case "stop-timeout":
      if (node.kind === "number" ? wholeNumber(node) === undefined : node.kind !== "text")
        yield wrong("a duration such as 30s");
      return;
    case "duration":
    case "lenient-duration":
      if (node.kind !== "text" || typeof parseGoDurationMs(node.value) !== "number")
        yield wrong("a duration such as 744h");
      return;
    case "text":
      if (node.kind !== "text") yield wrong("a text");
      else yield* lookAtText(node, key, node.value);
  }
}

function* lookAtText(node: JsonNode, key: string, value: string): Generator<Fault> {
  if (key === "log.log_level" && !LEVELS.includes(value)) {
    const message = `Kanto logs nothing at the level ${JSON.stringify(value)}; it knows ${LEVELS.join(", ")}`;
    yield { level: "warning", key, node, message };
  }
  if (key === "deployment.mode" && value === "watch")
    yield { level: "warning", key, node, message: "Kanto deploys the folder at its start only (update)" };
}

/** By host: credentials and TLS files; a password from a file is ours. */
function* lookAtRegistries(node: JsonNode, key: string): Generator<Fault> {
  if (node.kind !== "object") {
    yield {
      level: "problem",
      key,
      node,
      message: `Kanto does not start: an object is expected, ${describeKind(node)} found`,
    };
    return;
  }
  for (const { key: host, value } of node.members) {
    if (value.kind !== "object") continue;
    for (const { key: part, value: content } of value.members) {
      if (content.kind !== "object") continue;
      for (const { key: name, value: text } of content.members) {
        const path = `${key}.${host}.${part}.${name}`;
        if (!["user_id", "password", "root_ca", "client_cert", "client_key"].includes(name))
          yield { level: "warning", key: path, node: text, message: "Kanto does not know this key" };
      }
    }
  }
}
