/** `containers.registry_configurations`: credentials, TLS files and mirrors by registry host (spec/config.md §4). */

import { nearestWord } from "../base/json/nearest.ts";
import type { JsonNode, JsonObject } from "../base/json/node.ts";
import type { RegistryConfig } from "./daemon-config.ts";
import type { Remarks } from "./remarks.ts";

const PARTS = {
  credentials: ["user_id", "password", "password_file", "password_env", "helper"],
  transport: ["root_ca", "client_cert", "client_key"],
} as const;
type Part = keyof typeof PARTS;
type Texts = Readonly<Record<string, string>>;

/** Entries by host; one without a host is skipped with a warning, as the peer does. */
export function readRegistries(
  path: string,
  node: JsonObject,
  remarks: Remarks,
): Readonly<Record<string, RegistryConfig>> {
  const entries: [string, RegistryConfig][] = [];
  for (const { key: host, keyOffset, value } of node.members) {
    if (host === "") {
      const message = "registry configuration parse failed for configuration: Host is not provided";
      remarks.warn(path, keyOffset, message);
      continue;
    }
    if (value.kind === "null") continue;
    const place = `${path}[${JSON.stringify(host)}]`;
    if (value.kind === "object") entries.push([host, readEntry(place, value, remarks)]);
    else remarks.wrongKind(place, value, "an object");
  }
  return Object.fromEntries(entries);
}

function readEntry(place: string, entry: JsonObject, remarks: Remarks): RegistryConfig {
  const parts = new Map<Part, Texts>();
  let mirrors: readonly string[] = [];
  for (const { key, keyOffset, value } of entry.members) {
    const part = partOf(key);
    if (key.toLowerCase() === "mirrors") mirrors = readMirrors(`${place}.mirrors`, value, remarks);
    else if (part === undefined)
      unknown(`${place}.${key}`, keyOffset, key, [...Object.keys(PARTS), "mirrors"], remarks);
    else if (value.kind !== "null") {
      const texts = readTexts(`${place}.${part}`, value, PARTS[part], remarks);
      if (texts !== undefined) parts.set(part, texts);
    }
  }
  const credentials = parts.get("credentials");
  const transport = parts.get("transport");
  return {
    ...(credentials && {
      credentials: {
        userId: credentials["user_id"] ?? "",
        password: credentials["password"] ?? "",
        ...(credentials["password_file"] && { passwordFile: credentials["password_file"] }),
        ...(credentials["password_env"] && { passwordEnv: credentials["password_env"] }),
        ...(credentials["helper"] && { helper: credentials["helper"] }),
      },
    }),
    ...(transport && {
      transport: {
        rootCa: transport["root_ca"] ?? "",
        clientCert: transport["client_cert"] ?? "",
        clientKey: transport["client_key"] ?? "",
      },
    }),
    ...(mirrors.length > 0 && { mirrors }),
  };
}

function readMirrors(place: string, node: JsonNode, remarks: Remarks): readonly string[] {
  if (node.kind === "null") return [];
  if (node.kind !== "list") return remarks.wrongKind(place, node, "a list of texts") ?? [];
  const mirrors: string[] = [];
  for (const [index, item] of node.items.entries()) {
    if (item.kind === "text") mirrors.push(item.value);
    else remarks.wrongKind(`${place}[${index}]`, item, "a text");
  }
  return mirrors;
}

function partOf(key: string): Part | undefined {
  const lower = key.toLowerCase();
  return lower === "credentials" || lower === "transport" ? lower : undefined;
}

function readTexts(
  place: string,
  node: JsonNode,
  keys: readonly string[],
  remarks: Remarks,
): Texts | undefined {
  if (node.kind !== "object") return remarks.wrongKind(place, node, "an object");
  const texts: Record<string, string> = {};
  for (const { key, keyOffset, value } of node.members) {
    const known = keys.find((other) => other === key.toLowerCase());
    if (known === undefined) unknown(`${place}.${key}`, keyOffset, key, keys, remarks);
    else if (value.kind === "text") texts[known] = value.value;
    else if (value.kind !== "null") remarks.wrongKind(`${place}.${key}`, value, "a text");
  }
  return texts;
}

function unknown(
  path: string,
  offset: number,
  key: string,
  known: readonly string[],
  remarks: Remarks,
): void {
  remarks.warn(path, offset, unknownKeyWords(key, known));
}

/** The same words for every key that nobody knows. */
export function unknownKeyWords(key: string, known: readonly string[]): string {
  const near = nearestWord(key, known);
  return `the key is not known and has no effect${near === undefined ? "" : `; did you mean ${near}?`}`;
}
