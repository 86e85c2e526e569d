/**
 * The configuration file over the defaults: Go's rules (keys in any case, null leaves the default, lists replace), but
 * unknown keys are named with their position and nearest known key, and every fault at once (spec/config.md §1, §2).
 */

import { nearestWord } from "../base/json/nearest.ts";
import {
  describeKind,
  type JsonNode,
  type JsonObject,
  type Position,
  wholeNumber,
} from "../base/json/node.ts";
import { parseJson } from "../base/json/parse.ts";
import type { RegistryConfig } from "./daemon-config.ts";
import { parseDurationMs } from "./duration.ts";
import { ALIASES, type ConfigKey, keyAt, namesBelow } from "./keys.ts";

export type ConfigValue =
  | string
  | boolean
  | number
  | readonly string[]
  | Readonly<Record<string, string>>
  | Readonly<Record<string, RegistryConfig>>;

/** Something to say about a place of the file. */
export interface ConfigRemark {
  readonly path: string;
  readonly position: Position;
  readonly message: string;
}

export interface ConfigFile {
  readonly values: ReadonlyMap<string, ConfigValue>;
  readonly faults: readonly ConfigRemark[];
  readonly warnings: readonly ConfigRemark[];
}

const LIMIT_BYTES = 1024 * 1024;
const DEFAULT_STOP_TEXT = "30s";

class Reader {
  readonly values = new Map<string, ConfigValue>();
  readonly faults: ConfigRemark[] = [];
  readonly warnings: ConfigRemark[] = [];

  constructor(private readonly at: (offset: number) => Position) {}

  section(object: JsonObject, section: string): void {
    const known = namesBelow(section);
    for (const { key, keyOffset, value } of object.members) {
      const name =
        known.find((other) => other === key) ??
        known.find((other) => other.toLowerCase() === key.toLowerCase());
      const prefix = section === "" ? "" : `${section}.`;
      if (name === undefined) {
        const near = nearestWord(key, known);
        const suggestion = near === undefined ? "" : `; did you mean ${near}?`;
        this.#warn(`${prefix}${key}`, keyOffset, `the key is not known and has no effect${suggestion}`);
        continue;
      }
      const path = ALIASES[`${prefix}${name}`] ?? `${prefix}${name}`;
      const definition = keyAt(path);
      if (value.kind === "null") continue;
      if (definition !== undefined) this.#value(definition, value);
      else if (value.kind === "object") this.section(value, path);
      else this.#fault(path, value, `an object is expected, ${describeKind(value)} found`);
    }
  }

  #value(key: ConfigKey, node: JsonNode): void {
    const value = this.#read(key, node);
    if (value === undefined) return;
    if (key.choices !== undefined && !key.choices.includes(String(value))) {
      this.#fault(key.path, node, `${JSON.stringify(value)} is none of ${key.choices.join(", ")}`);
      return;
    }
    this.values.set(key.path, value);
  }

  #read(key: ConfigKey, node: JsonNode): ConfigValue | undefined {
    const wrong = (expected: string): undefined => {
      this.#fault(key.path, node, `${expected} is expected, ${describeKind(node)} found`);
      return undefined;
    };
    switch (key.kind) {
      case "text":
        return node.kind === "text" ? node.value : wrong("a text");
      case "bool":
        return node.kind === "flag" ? node.value : wrong("true or false");
      case "number": {
        const number = node.kind === "number" ? wholeNumber(node) : undefined;
        return number === undefined ? wrong("a whole number") : Number(number);
      }
      case "texts":
        return this.#texts(key.path, node) ?? wrong("a list of texts");
      case "duration":
        return node.kind === "text"
          ? this.#duration(key.path, node, node.value)
          : wrong('a duration such as "20s"');
      case "stop-timeout":
        return this.#stopTimeout(key.path, node) ?? wrong('a duration such as "30s", or whole seconds,');
      case "pairs":
        return this.#pairs(node) ?? wrong("an object of texts");
      case "registries":
        return node.kind === "object"
          ? this.#registries(key.path, node)
          : wrong("an object by registry host");
    }
  }

  #texts(path: string, node: JsonNode): readonly string[] | undefined {
    if (node.kind !== "list") return undefined;
    const texts: string[] = [];
    for (const [index, item] of node.items.entries()) {
      if (item.kind === "text") texts.push(item.value);
      else this.#fault(`${path}[${index}]`, item, `a text is expected, ${describeKind(item)} found`);
    }
    return texts;
  }

  #duration(path: string, node: JsonNode, text: string): number | undefined {
    if (text === "") return undefined;
    const parsed = parseDurationMs(text);
    if (typeof parsed === "number") return parsed;
    this.#fault(path, node, parsed.fault);
    return undefined;
  }

  /** The peer takes 30 s and warns for a text that is no duration; a number 0 leaves the default. */
  #stopTimeout(path: string, node: JsonNode): number | undefined {
    if (node.kind === "number") {
      const seconds = wholeNumber(node);
      return seconds === undefined ? undefined : seconds === 0n ? 30_000 : Number(seconds) * 1000;
    }
    if (node.kind !== "text") return undefined;
    const parsed = parseDurationMs(/^\d+$/.test(node.value) ? `${node.value}s` : node.value);
    if (typeof parsed === "number") return Math.trunc(parsed / 1000) * 1000;
    this.#warn(path, node.offset, `Invalid Duration string: ${node.value}; ${DEFAULT_STOP_TEXT} is used`);
    return 30_000;
  }

  #pairs(node: JsonNode): Readonly<Record<string, string>> | undefined {
    if (node.kind !== "object") return undefined;
    const pairs: [string, string][] = [];
    for (const { key, value } of node.members) {
      if (value.kind !== "text") return undefined;
      pairs.push([key, value.value]);
    }
    return Object.fromEntries(pairs);
  }

  #registries(path: string, node: JsonObject): Readonly<Record<string, RegistryConfig>> {
    const entries: [string, RegistryConfig][] = [];
    for (const { key: host, keyOffset, value } of node.members) {
      if (host === "") {
        this.#warn(
          path,
          keyOffset,
          "registry configuration parse failed for configuration: Host is not provided",
        );
        continue;
      }
      const place = `${path}[${JSON.stringify(host)}]`;
      if (value.kind !== "object") {
        if (value.kind !== "null")
          this.#fault(place, value, `an object is expected, ${describeKind(value)} found`);
        continue;
      }
      const credentials = this.#record(place, value, "credentials", ["user_id", "password"]);
      const transport = this.#record(place, value, "transport", ["root_ca", "client_cert", "client_key"]);
      entries.push([
        host,
        {
          ...(credentials && {
            credentials: { userId: credentials["user_id"] ?? "", password: credentials["password"] ?? "" },
          }),
          ...(transport && {
            transport: {
              rootCa: transport["root_ca"] ?? "",
              clientCert: transport["client_cert"] ?? "",
              clientKey: transport["client_key"] ?? "",
            },
          }),
        },
      ]);
    }
    return Object.fromEntries(entries);
  }

  /** The texts of one part of a registry's entry; undefined when it is absent. */
  #record(
    place: string,
    entry: JsonObject,
    name: string,
    keys: readonly string[],
  ): Record<string, string> | undefined {
    const member = entry.members.find(({ key }) => key.toLowerCase() === name);
    if (member === undefined || member.value.kind === "null") return undefined;
    if (member.value.kind !== "object") {
      this.#fault(
        `${place}.${name}`,
        member.value,
        `an object is expected, ${describeKind(member.value)} found`,
      );
      return undefined;
    }
    const texts: Record<string, string> = {};
    for (const { key, keyOffset, value } of member.value.members) {
      const known = keys.find((other) => other === key.toLowerCase());
      if (known === undefined)
        this.#warn(`${place}.${name}.${key}`, keyOffset, "the key is not known and has no effect");
      else if (value.kind === "text") texts[known] = value.value;
      else if (value.kind !== "null")
        this.#fault(`${place}.${name}.${key}`, value, `a text is expected, ${describeKind(value)} found`);
    }
    return texts;
  }

  #fault(path: string, node: JsonNode, message: string): void {
    this.faults.push({ path, position: this.at(node.offset), message });
  }

  #warn(path: string, offset: number, message: string): void {
    this.warnings.push({ path, position: this.at(offset), message });
  }
}

/** Reads the content of a configuration file; never throws for what is in it. */
export function readConfigFile(content: Uint8Array): ConfigFile {
  const parsed = parseJson(content, { limitBytes: LIMIT_BYTES });
  if (!parsed.ok) {
    const faults = parsed.faults.map(({ position, message }) => ({ path: "", position, message }));
    return { values: new Map(), faults, warnings: [] };
  }
  const reader = new Reader(parsed.at);
  if (parsed.root.kind === "object") reader.section(parsed.root, "");
  else {
    const message = `an object is expected, ${describeKind(parsed.root)} found`;
    reader.faults.push({ path: "", position: parsed.at(parsed.root.offset), message });
  }
  return reader;
}
