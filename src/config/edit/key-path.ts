/** The words by which people name keys: `things.enable`, `containers.registry_configurations.reg.example.org:5000.credentials.user_id`. */

import { SupercargoError } from "../../errors/error.ts";
import { ALIASES, CONFIG_KEYS, namesBelow } from "../keys.ts";
import type { ConfigDocument, KeyPath } from "./document.ts";

export const REGISTRIES: KeyPath = ["containers", "registry_configurations"];
/** What can stand below a host, from its end: hosts have dots themselves. */
const BELOW_HOST = /\.(credentials|transport|mirrors)(?:\.([a-z_]+))?$/;
const PART = /(?:^|\.)([^.["\]]+)|\[?"((?:[^"\\]|\\.)*)"\]?/y;

/** Keys from the outside in; a key with dots can be put in quotes. Throws SC_CONFIG_INVALID. */
export function readKeyPath(text: string): KeyPath {
  const prefix = `${REGISTRIES.join(".")}.`;
  const host = text.startsWith(prefix) && !text.includes('"') ? text.slice(prefix.length) : undefined;
  if (host !== undefined && host !== "") {
    const [tail, part, key] = BELOW_HOST.exec(host) ?? [];
    const name = tail === undefined ? host : host.slice(0, -tail.length);
    return [...REGISTRIES, name, ...(part === undefined ? [] : [part]), ...(key === undefined ? [] : [key])];
  }
  const parts = splitParts(text);
  const dotted = parts.join(".");
  const alias = ALIASES[dotted];
  return alias === undefined ? parts : alias.split(".");
}

/** The path by the spelling that the file has, where a key has two. */
export function spelledIn(document: ConfigDocument, path: KeyPath): KeyPath {
  const [other] = Object.entries(ALIASES).find(([, meant]) => meant === path.join(".")) ?? [];
  const second = other?.split(".");
  return second !== undefined && document.get(second) !== undefined ? second : path;
}

function splitParts(text: string): readonly string[] {
  const parts: string[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const match = PART.exec(text);
    if (match === null) break;
    parts.push(match[1] ?? (match[2] ?? "").replace(/\\(.)/g, "$1"));
    if (text[PART.lastIndex] === "." && text[PART.lastIndex + 1] === '"') PART.lastIndex++;
  }
  if (parts.length === 0 || PART.lastIndex < text.length) {
    throw new SupercargoError("SC_CONFIG_INVALID", `${JSON.stringify(text)} is no key`, {
      hint: 'keys are such as things.enable; put a part with dots in quotes: containers.registry_configurations."reg.example.org".credentials.user_id',
    });
  }
  return parts;
}

/** Names that were probably meant, when the daemon does not know the key; undefined when it does. */
export function knownNames(path: KeyPath): readonly string[] | undefined {
  const dotted = path.join(".");
  if (path.length >= REGISTRIES.length && REGISTRIES.every((key, at) => path[at] === key)) return undefined;
  if (CONFIG_KEYS.some((key) => key.path === dotted || key.path.startsWith(`${dotted}.`))) return undefined;
  const inPairs = CONFIG_KEYS.some(({ path: one, kind }) => kind === "pairs" && dotted.startsWith(`${one}.`));
  return inPairs ? undefined : namesBelow(path.slice(0, -1).join("."));
}
