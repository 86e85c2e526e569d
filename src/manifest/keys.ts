/** Finding the field that a key of a manifest means: exactly, by another spelling, by case, or by likeness. */

import { nearestWord } from "../base/json/nearest.ts";
import { shown } from "../base/json/show.ts";
import type { ManifestFormat } from "./reading.ts";
import type { Fields } from "./shape.ts";

export interface FoundKey {
  /** Name of the field; undefined = no field has this key. */
  readonly name: string | undefined;
  /** Exact 0, other accepted spelling 1, other case 2. */
  readonly rank: number;
  /** How the key should be spelt, when it is not as it should be. */
  readonly advice: string;
}

export interface KeyIndex {
  /** Proper key by field name. */
  readonly spelling: ReadonlyMap<string, string>;
  /** `withAdvice` false saves the search for likeness. */
  find(key: string, withAdvice: boolean): FoundKey;
}

/** Keys longer than any that we know are not worth a search. */
const KEY_LIMIT = 64;

export function keyIndexOf(fields: Fields, format: ManifestFormat): KeyIndex {
  const spelling = new Map<string, string>();
  const exact = new Map<string, { readonly name: string; readonly rank: number }>();
  const byCase = new Map<string, string>();
  /** Key of the other form -> proper key here. */
  const foreign = new Map<string, string>();
  for (const [name, field] of Object.entries(fields)) {
    const own = field[format];
    const other = format === "cm" ? field.internal : field.cm;
    if (own === undefined) continue;
    spelling.set(name, own);
    exact.set(own, { name, rank: 0 });
    byCase.set(own.toLowerCase(), name);
    for (const alias of field.also ?? []) if (!exact.has(alias)) exact.set(alias, { name, rank: 1 });
    if (other !== undefined && other !== own) foreign.set(other, own);
  }
  return {
    spelling,
    find: (key, withAdvice) => {
      const found = exact.get(key);
      if (found !== undefined) return { ...found, advice: "" };
      if (key.length > KEY_LIMIT || (!withAdvice && !byCase.has(key.toLowerCase()))) {
        return { name: undefined, rank: 0, advice: "" };
      }
      const name = byCase.get(key.toLowerCase());
      if (name !== undefined) return { name, rank: 2, advice: shown(spelling.get(name) ?? "") };
      const proper = foreign.get(key) ?? nearestWord(key, spelling.values());
      const advice = proper === undefined ? "" : `${shown(proper)} is the nearest known key`;
      return { name: undefined, rank: 0, advice };
    },
  };
}
