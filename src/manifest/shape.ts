/**
 * Shapes of values in a manifest. The tables in `fields.ts` are built of them; the same tables drive reading, the search
 * for unknown keys, and the JSON Schema.
 */

import {
  describeKind,
  type JsonMember,
  type JsonNode,
  type JsonNumber,
  type JsonObject,
  wholeNumber,
} from "../base/json/node.ts";
import { shown } from "../base/json/show.ts";
import { type KeyIndex, keyIndexOf } from "./keys.ts";
import type { ManifestFormat, Reading, Where } from "./reading.ts";

/** What a shape accepts, for the schema and for messages. */
export type ShapeInfo =
  | { readonly kind: "text" | "flag" | "hook-type" | "ignored" }
  | { readonly kind: "decimal" | "duration" | "text-map" | "ulimit-map" }
  | { readonly kind: "whole"; readonly least: bigint; readonly most: bigint }
  | { readonly kind: "list"; readonly of: ShapeInfo }
  | { readonly kind: "object"; readonly fields: Fields };

export interface Shape<T> {
  readonly info: ShapeInfo;
  /** The value, or undefined after noting a problem. Never called with null. */
  read(node: JsonNode, reading: Reading, where: Where): T | undefined;
}

export interface Field<T> {
  readonly shape: Shape<T>;
  /** Key in Kanto's file form; absent = not known there. */
  readonly cm?: string;
  /** Key in the internal form. */
  readonly internal?: string;
  /** Spellings that are accepted besides, without a warning. */
  readonly also?: readonly string[];
  readonly isRequired?: boolean;
  /** Key to name when it is missing, if another says more. */
  readonly missingKey?: string;
  /** One sentence for the schema. */
  readonly doc: string;
  /** All texts that the model's rules let pass, for the schema. */
  readonly words?: readonly string[];
  /** What a text looks like that the model's rules let pass, for the schema. */
  readonly pattern?: string;
  /** What leaving it out means, for the schema. */
  readonly fallback?: string | number | boolean;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;
export type ReadOf<F extends Fields> = {
  readonly [K in keyof F]?: F[K] extends Field<infer T> ? T : never;
};

/** Notes a problem, and answers that there is no value. */
export function wrongType(node: JsonNode, reading: Reading, where: Where, expected: string): undefined {
  reading.problem(where, node.offset, `${expected} expected, ${describeKind(node)} found`, expected);
  return undefined;
}

export const text: Shape<string> = {
  info: { kind: "text" },
  read: (node, reading, where) =>
    node.kind === "text" ? node.value : wrongType(node, reading, where, "text"),
};

export const flag: Shape<boolean> = {
  info: { kind: "flag" },
  read: (node, reading, where) =>
    node.kind === "flag" ? node.value : wrongType(node, reading, where, "true or false"),
};

/** Known and without meaning in a manifest: what a daemon found out or keeps. */
export const ignored: Shape<never> = { info: { kind: "ignored" }, read: () => undefined };

function readWhole(
  node: JsonNumber,
  info: ShapeInfo & { kind: "whole" },
  reading: Reading,
  where: Where,
): bigint | undefined {
  const value = wholeNumber(node);
  if (value === undefined) {
    reading.problem(where, node.offset, `${shown(node.digits)} is no whole number`, "a whole number");
    return undefined;
  }
  if (value >= info.least && value <= info.most) return value;
  const range = `a whole number from ${info.least} to ${info.most}`;
  const words = info.most > 65_535n ? "the integer range" : "range";
  reading.problem(where, node.offset, `${shownDigits(node.digits)} is out of ${words}`, range);
  return undefined;
}

function shownDigits(digits: string): string {
  return digits.length <= 40 ? digits : `${digits.slice(0, 40)}...`;
}

/** Whole numbers without rounding. */
export function bigWhole(least: bigint, most: bigint): Shape<bigint> {
  const info = { kind: "whole", least, most } as const;
  return {
    info,
    read: (node, reading, where) =>
      node.kind === "number"
        ? readWhole(node, info, reading, where)
        : wrongType(node, reading, where, "whole number"),
  };
}

/** Whole numbers in the exact range of a number. */
export function whole(least: number, most: number): Shape<number> {
  const big = bigWhole(BigInt(least), BigInt(most));
  return {
    info: big.info,
    read: (node, reading, where) => {
      const value = big.read(node, reading, where);
      return value === undefined ? undefined : Number(value);
    },
  };
}

export function listOf<T>(item: Shape<T>): Shape<readonly T[]> {
  const words = item.info.kind === "text" ? "list of texts" : "list of objects";
  return {
    info: { kind: "list", of: item.info },
    read: (node, reading, where) => {
      if (node.kind !== "list") return wrongType(node, reading, where, words);
      const items: T[] = [];
      for (const [index, entry] of node.items.entries()) {
        if (reading.hasEnoughProblems) break;
        const inside = { model: `${where.model}[${index}]`, key: `${where.key}[${index}]` };
        reading.place(inside, entry.offset);
        if (entry.kind === "null") {
          reading.problem(inside, entry.offset, "null found in a list", words);
          continue;
        }
        const value = item.read(entry, reading, inside);
        if (value !== undefined) items.push(value);
      }
      return items;
    },
  };
}

/** An object of known fields; its result holds those that the manifest gives. */
export function objectOf<F extends Fields>(fields: F): Shape<ReadOf<F>> {
  const indexes = new Map<ManifestFormat, KeyIndex>();
  return {
    info: { kind: "object", fields },
    read: (node, reading, where) => {
      if (node.kind !== "object") return wrongType(node, reading, where, "object");
      let index = indexes.get(reading.format);
      if (index === undefined) {
        index = keyIndexOf(fields, reading.format);
        indexes.set(reading.format, index);
      }
      return readObject(fields, index, node, reading, where) as ReadOf<F>;
    },
  };
}

function readObject(
  fields: Fields,
  index: KeyIndex,
  node: JsonObject,
  reading: Reading,
  where: Where,
): { readonly [name: string]: unknown } {
  const chosen = choose(index, node, reading, where);
  const values: { [name: string]: unknown } = {};
  for (const [name, field] of Object.entries(fields)) {
    const member = chosen.get(name);
    const spelling = member?.key ?? index.spelling.get(name);
    if (spelling === undefined) continue;
    const inside = { model: join(where.model, name), key: join(where.key, spelling) };
    if (member === undefined || member.value.kind === "null") {
      if (field.isRequired !== true) continue;
      const offset = member?.value.offset ?? node.offset;
      const message = member === undefined ? "required, but missing" : "required, null found";
      const key = member === undefined ? join(where.key, field.missingKey ?? spelling) : inside.key;
      reading.problem({ model: inside.model, key }, offset, message, field.doc);
      continue;
    }
    reading.place(inside, member.value.offset);
    const value = field.shape.read(member.value, reading, inside);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** Which member of the object stands for which field; the exact spelling goes before others. */
function choose(
  index: KeyIndex,
  node: JsonObject,
  reading: Reading,
  where: Where,
): ReadonlyMap<string, JsonMember> {
  const chosen = new Map<string, { readonly member: JsonMember; readonly rank: number }>();
  for (const member of node.members) {
    const found = index.find(member.key, !reading.isFull);
    if (found.name === undefined && reading.isFull) continue;
    const key = join(where.key, member.key.length <= 80 ? member.key : `${member.key.slice(0, 80)}...`);
    if (found.name === undefined) {
      reading.unknownKey(member.keyOffset, key, `unknown key ${shown(member.key)}`, found.advice);
      continue;
    }
    if (found.advice !== "") {
      reading.warning(
        member.keyOffset,
        key,
        `the key ${shown(member.key)} is spelt differently`,
        found.advice,
      );
    }
    const earlier = chosen.get(found.name);
    if (earlier !== undefined && !isSame(earlier.member.value, member.value)) {
      const message = `${shown(earlier.member.key)} and ${shown(member.key)} mean the same and differ`;
      reading.warning(member.keyOffset, key, message, "one of them");
    }
    if (earlier === undefined || found.rank < earlier.rank)
      chosen.set(found.name, { member, rank: found.rank });
  }
  return new Map([...chosen].map(([name, { member }]) => [name, member]));
}

function isSame(one: JsonNode, other: JsonNode): boolean {
  return one.kind === "text" && other.kind === "text" && one.value === other.value;
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
