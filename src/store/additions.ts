/**
 * `supercargo.json`: what we keep of a container that Kanto's form has no place for, bound by a hash to the config.json
 * it belongs to. It is written first and holds the newest entry and the one before it, so that whichever config.json a
 * cut-off save leaves has its own additions beside it, and one that matches neither was written by somebody else.
 */

import { parsePlain } from "../base/json/plain.ts";
import type { Extras } from "../model/extras.ts";
import type { Additions } from "./store.ts";
import { decodeExtras } from "./stored-extras.ts";

export const SCHEMA = 1;

/** The additions of one content of config.json. */
export interface Entry {
  /** Of the bytes of config.json. */
  readonly sha256: string;
  readonly additions: Additions;
  /** Of the container of that config.json. */
  readonly extras?: Extras;
}

export interface AdditionsFile {
  /** Newest first, one or two. */
  readonly entries: readonly Entry[];
  /** Text of the newest config.json, for the day when that file cannot be read. */
  readonly spare: string;
}

export const NO_ADDITIONS: Additions = { origin: "", values: {} };

export function encodeAdditions(file: AdditionsFile): string {
  return `${JSON.stringify({
    schema: SCHEMA,
    entries: file.entries.map(({ sha256, additions, extras }) => ({
      sha256,
      origin: additions.origin,
      values: additions.values,
      ...(extras === undefined ? {} : { extras }),
    })),
    spare: file.spare,
  })}\n`;
}

/** The file, or in words why it cannot be used. */
export function decodeAdditions(bytes: Uint8Array): AdditionsFile | string {
  const value = parsePlain(bytes);
  if (value instanceof SyntaxError) return value.message;
  if (!isObject(value)) return "object expected at top level";
  if (value["schema"] !== SCHEMA) return `schema ${String(value["schema"])} is not known to this version`;
  const { entries, spare } = value;
  if (!Array.isArray(entries) || typeof spare !== "string") return "entries or spare copy are missing";
  const decoded = entries.map(decodeEntry);
  const whole = decoded.filter((entry) => entry !== undefined);
  return whole.length === decoded.length && whole.length > 0
    ? { entries: whole, spare }
    : "an entry is incomplete";
}

function decodeEntry(value: unknown): Entry | undefined {
  if (!isObject(value)) return undefined;
  const { sha256, origin, values } = value;
  if (typeof sha256 !== "string" || typeof origin !== "string" || !isObject(values)) return undefined;
  const additions = { origin, values };
  if (value["extras"] === undefined) return { sha256, additions };
  const extras = decodeExtras(value["extras"]);
  return extras === undefined ? undefined : { sha256, additions, extras };
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
