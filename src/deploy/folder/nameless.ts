/**
 * Names for descriptors that give neither name nor id: the same at each start, unlike the peer's (spec/engine.md §22.22).
 * A container that the peer has made from such a file is known by its name, which is its id, and is taken on.
 */

import { compareAsPeer } from "../../model/compare.ts";
import type { Container } from "../../model/container.ts";
import { isContainerName } from "../../model/names.ts";
import { comparableTo } from "../log-size.ts";
import type { Remembered } from "../wish.ts";
import type { FileState } from "./listing.ts";
import { type FolderReading, readManifestFile, type ValidManifest } from "./read-file.ts";

const READING: FolderReading = { source: "init-dir" };

/** `b/web app.json` is called `b.web_app`. */
export function nameOfFile(file: string): string {
  const name = file
    .replace(/\.json$/, "")
    .replaceAll("/", ".")
    .replace(/[^a-zA-Z0-9_.-]/g, "_")
    .replace(/^[.-]+/, "");
  return isContainerName(name) ? name : `container_${name}`.slice(0, 200);
}

/** The name of each nameless file: the one it had before, that of a container of the peer's, or one made of the file's. */
export function nameNameless(
  folder: string,
  files: ReadonlyMap<string, FileState>,
  remembered: ReadonlyMap<string, Remembered>,
  containers: readonly Container[],
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set(remembered.keys());
  for (const [file, state] of files) {
    const { valid } = readManifestFile(folder, file, state, READING);
    if (valid === undefined || valid.desired.name !== "" || valid.desired.id !== "") continue;
    const before = [...remembered].find(([, { source }]) => source === file)?.[0];
    const adopted = before === undefined ? madeByPeer(file, valid, containers, taken)?.name : undefined;
    const name = before ?? adopted ?? nameOfFile(file);
    taken.add(name);
    names.set(file, name);
  }
  return names;
}

/** The newest one that is just as the file says: the peer made one more at each of its starts. */
function madeByPeer(
  file: string,
  { desired, fingerprint }: ValidManifest,
  containers: readonly Container[],
  taken: ReadonlySet<string>,
): Container | undefined {
  const wish = {
    name: "",
    desired,
    fingerprint,
    source: file,
    modifiedNanos: 0n,
    occasion: "start",
  } as const;
  return containers
    .filter(({ id, name }) => name === id && !taken.has(name))
    .filter((container) => {
      const { verdict } = compareAsPeer(comparableTo(container, wish), container);
      return verdict === "same";
    })
    .sort((a, b) => (a.created < b.created ? 1 : -1))[0];
}
