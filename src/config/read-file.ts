/**
 * The configuration file over the defaults: Go's rules (keys in any case, the last of two equal ones wins, null leaves
 * the default but empties a list, lists replace), but unknown keys are named with their position and nearest known key,
 * and every fault at once (spec/config.md §1, §2). JSON or TOML: the content decides, not the name.
 */

import { parseGoDurationMs } from "../base/go-duration.ts";
import { decodeUtf8 } from "../base/json/decode.ts";
import { Locator } from "../base/json/locate.ts";
import { type JsonNode, type JsonObject, type Position, wholeNumber } from "../base/json/node.ts";
import { type JsonResult, parseJson } from "../base/json/parse.ts";
import type { ConfigValue } from "./config-value.ts";
import { ALIASES, type ConfigKey, keyAt, namesBelow } from "./keys.ts";
import { settleText } from "./lenient.ts";
import { impossibleWords } from "./possible-values.ts";
import { readRegistries, unknownKeyWords } from "./registries.ts";
import { type ConfigRemark, Remarks } from "./remarks.ts";
import { parseToml } from "./toml.ts";

export interface ConfigFile {
  readonly values: ReadonlyMap<string, ConfigValue>;
  readonly faults: readonly ConfigRemark[];
  readonly warnings: readonly ConfigRemark[];
  /** Where the value of a key stands. */
  readonly positions: ReadonlyMap<string, Position>;
}

const LIMIT_BYTES = 1024 * 1024;
const UNKNOWN_KEY_LIMIT = 50;

interface Spelling {
  readonly name: string;
  readonly value: JsonNode;
}

class Reader {
  readonly values = new Map<string, ConfigValue>();
  readonly positions = new Map<string, Position>();
  #unknownKeys = 0;

  constructor(private readonly remarks: Remarks) {}

  section(object: JsonObject, section: string): void {
    const known = namesBelow(section);
    const prefix = section === "" ? "" : `${section}.`;
    const seen = new Map<string, Spelling>();
    for (const { key, keyOffset, value } of object.members) {
      const name = known.find((other) => other === key) ?? known.find((other) => other === key.toLowerCase());
      if (name === undefined) {
        if (this.#unknownKeys++ >= UNKNOWN_KEY_LIMIT) continue;
        this.remarks.warn(`${prefix}${key}`, keyOffset, unknownKeyWords(key, known));
        continue;
      }
      const path = ALIASES[`${prefix}${name}`] ?? `${prefix}${name}`;
      const before = seen.get(path);
      if (before !== undefined && before.name !== name) this.#twoSpellings(prefix, before, { name, value });
      else if (before !== undefined) {
        this.remarks.warn(path, keyOffset, "the key stands here again; the last one counts");
      }
      seen.set(path, { name, value });
      const definition = keyAt(path);
      if (definition !== undefined) this.#value(definition, value);
      else if (value.kind === "object") this.section(value, path);
      else if (value.kind !== "null") this.remarks.wrongKind(path, value, "an object");
    }
  }

  /** `enable` and `enabled` mean the same: when both stand there they have to say the same (DESIGN §4 "config"). */
  #twoSpellings(prefix: string, one: Spelling, other: Spelling): void {
    if (one.value.kind !== "flag" || other.value.kind !== "flag" || one.value.value === other.value.value)
      return;
    const { line, column } = this.remarks.position(one.value.offset);
    const message = `${other.value.value} contradicts ${prefix}${one.name} at ${line}:${column}, which is ${one.value.value}; they mean the same, take one away`;
    this.remarks.fault(`${prefix}${other.name}`, other.value, message);
  }

  #value(key: ConfigKey, node: JsonNode): void {
    const value = node.kind === "null" ? emptyOf(key) : this.#read(key, node);
    if (value === undefined) return;
    if (key.choices !== undefined && !key.choices.includes(String(value))) {
      this.remarks.fault(key.path, node, `${JSON.stringify(value)} is none of ${key.choices.join(", ")}`);
      return;
    }
    const words = impossibleWords(key, value);
    if (words !== undefined) {
      this.remarks.fault(key.path, node, `${JSON.stringify(value)} ${words}`);
      return;
    }
    this.values.set(key.path, value);
    this.positions.set(key.path, this.remarks.position(node.offset));
  }

  #read(key: ConfigKey, node: JsonNode): ConfigValue | undefined {
    const wrong = (expected: string): undefined => this.remarks.wrongKind(key.path, node, expected);
    switch (key.kind) {
      case "text":
        return node.kind === "text" ? this.#settled(key, node, node.value) : wrong("a text");
      case "bool":
        return node.kind === "flag" ? node.value : wrong("true or false");
      case "number":
        return this.#whole(node) ?? wrong("a whole number");
      case "texts":
        return node.kind === "list" ? this.#texts(key.path, node.items) : wrong("a list of texts");
      case "duration":
        return node.kind === "text"
          ? this.#duration(key.path, node, node.value)
          : wrong('a duration such as "20s"');
      case "lenient-duration":
        return node.kind === "text"
          ? this.#settled(key, node, node.value)
          : wrong('a duration such as "20s"');
      case "stop-timeout":
        return this.#stopTimeout(key, node);
      case "pairs":
        return pairsOf(node) ?? wrong("an object of texts");
      case "registries":
        return node.kind === "object"
          ? readRegistries(key.path, node, this.remarks)
          : wrong("an object by registry host");
    }
  }

  #whole(node: JsonNode): number | undefined {
    const number = node.kind === "number" ? wholeNumber(node) : undefined;
    return number === undefined || !Number.isSafeInteger(Number(number)) ? undefined : Number(number);
  }

  #settled(key: ConfigKey, node: JsonNode, text: string): ConfigValue | undefined {
    const { value, warning } = settleText(key, text);
    if (warning !== undefined) this.remarks.warn(key.path, node.offset, warning);
    return value;
  }

  #texts(path: string, items: readonly JsonNode[]): readonly string[] {
    const texts: string[] = [];
    for (const [index, item] of items.entries()) {
      if (item.kind === "text") texts.push(item.value);
      else this.remarks.wrongKind(`${path}[${index}]`, item, "a text");
    }
    return texts;
  }

  /** An empty text leaves the default. */
  #duration(path: string, node: JsonNode, text: string): number | undefined {
    if (text === "") return undefined;
    const parsed = parseGoDurationMs(text);
    if (typeof parsed === "number") return parsed;
    this.remarks.fault(path, node, parsed.fault);
    return undefined;
  }

  /** A number is whole seconds, and 0 leaves the default. */
  #stopTimeout(key: ConfigKey, node: JsonNode): ConfigValue | undefined {
    if (node.kind === "text") return this.#settled(key, node, node.value);
    const seconds = this.#whole(node);
    if (seconds === undefined) {
      return this.remarks.wrongKind(key.path, node, 'a duration such as "30s", or whole seconds,');
    }
    return seconds === 0 ? undefined : seconds * 1000;
  }
}

/** null makes a list empty and leaves everything else as it is, as in Go. */
function emptyOf(key: ConfigKey): ConfigValue | undefined {
  if (key.kind === "texts") return [];
  return key.kind === "pairs" || key.kind === "registries" ? {} : undefined;
}

function pairsOf(node: JsonNode): Readonly<Record<string, string>> | undefined {
  if (node.kind !== "object") return undefined;
  const pairs: [string, string][] = [];
  for (const { key, value } of node.members) {
    if (value.kind !== "text") return undefined;
    pairs.push([key, value.value]);
  }
  return Object.fromEntries(pairs);
}

type Tree =
  | { readonly ok: true; readonly root: JsonNode; readonly at: (offset: number) => Position }
  | { readonly ok: false; readonly faults: readonly ConfigRemark[] };

/** What begins with a brace is JSON; anything else is JSON if it can be read as such, and TOML if not. */
function readTree(content: Uint8Array): Tree {
  const decoded = decodeUtf8(content);
  const json = parseJson(content, { limitBytes: LIMIT_BYTES, keepsDuplicates: true });
  if (json.ok || !decoded.ok || content.length > LIMIT_BYTES || /^\s*(?:\{|$)/.test(decoded.text)) {
    return json.ok ? json : { ok: false, faults: remarksOf(json) };
  }
  const toml = parseToml(decoded.text);
  if (!toml.ok) return { ok: false, faults: [toml.fault] };
  const locator = new Locator(decoded.text);
  return { ok: true, root: toml.root, at: (offset) => locator.at(offset) };
}

function remarksOf(json: JsonResult & { readonly ok: false }): readonly ConfigRemark[] {
  return json.faults.map(({ position, message }) => ({ path: "", position, message }));
}

/** Reads the content of a configuration file; never throws for what is in it. */
export function readConfigFile(content: Uint8Array): ConfigFile {
  const tree = readTree(content);
  if (!tree.ok) return { values: new Map(), positions: new Map(), faults: tree.faults, warnings: [] };
  const remarks = new Remarks(tree.at);
  const reader = new Reader(remarks);
  if (tree.root.kind === "object") reader.section(tree.root, "");
  else remarks.wrongKind("", tree.root, "an object");
  const { values, positions } = reader;
  return { values, positions, faults: remarks.faults, warnings: remarks.warnings };
}
