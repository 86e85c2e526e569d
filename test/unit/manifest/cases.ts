/** The shared sample and bad manifests. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SHARED = join(import.meta.dir, "../../../../shared");

/** Content by file name, in the order of the names. */
export function sharedManifests(folder: "manifests" | "bad-manifests"): ReadonlyMap<string, Uint8Array> {
  const path = join(SHARED, "cases", folder);
  const names = readdirSync(path)
    .filter((name) => name.endsWith(".json"))
    .sort();
  return new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(path, name)))]));
}

/** The internal form that the documentation shows in full. */
export function documentedManifest(): string {
  const text = readFileSync(join(SHARED, "documents", "001_a632c497a5c7a161.txt"), "utf8");
  const from = text.indexOf("{\n");
  return text.slice(from, text.indexOf("\n}\n", from) + 2);
}
