/**
 * Which files of a folder are manifests, and how one state of a file is told from another. One rule, for the first pass
 * and while watching: files of the folder itself (no sub-folders) whose name ends in `.json` and does not begin with
 * `.`, `#` or `~`. Editors' files (`.x.json.swp`, `x.json~`, `#x.json#`) and switched-off ones (`x.json.disabled`) thus
 * do not count. Links are followed.
 */

import { lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../../base/libc.ts";

export function isManifestName(name: string): boolean {
  return name.endsWith(".json") && !/^[.#~]/.test(name);
}

/** One state of a file. Two states with the same mark have the same content. */
export interface FileState {
  readonly mark: string;
  readonly modifiedNanos: bigint;
  readonly kind: "file" | "folder" | "other" | "dangling" | "unreadable";
  readonly sizeBytes: number;
  readonly isLink: boolean;
}

/** State of one file now; undefined when there is nothing of that name. */
export function stateOf(folder: string, name: string): FileState | undefined {
  const path = join(folder, name);
  try {
    const isLink = lstatSync(path).isSymbolicLink();
    try {
      const stat = statSync(path, { bigint: true });
      return {
        // The change time is in it for content that was put back with its old date.
        mark: `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`,
        modifiedNanos: stat.mtimeNs,
        kind: stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other",
        sizeBytes: Number(stat.size),
        isLink,
      };
    } catch (thrown) {
      const reason = errnoName(thrown);
      if (reason === undefined) throw thrown;
      if (reason === "ENOENT" && !isLink) return undefined;
      const kind = reason === "ENOENT" || reason === "ELOOP" ? "dangling" : "unreadable";
      return { mark: `${kind}:${reason}`, modifiedNanos: 0n, kind, sizeBytes: 0, isLink };
    }
  } catch (thrown) {
    const reason = errnoName(thrown);
    if (reason === undefined) throw thrown;
    if (reason === "ENOENT" || reason === "ENOTDIR") return undefined;
    return {
      mark: `unreadable:${reason}`,
      modifiedNanos: 0n,
      kind: "unreadable",
      sizeBytes: 0,
      isLink: false,
    };
  }
}

/** All manifests of a folder by name, in the order of their names. Throws the file error when the folder cannot be listed. */
export function listManifests(folder: string): ReadonlyMap<string, FileState> {
  const states = new Map<string, FileState>();
  const names = readdirSync(folder).filter(isManifestName);
  for (const name of names.sort(byBytes)) {
    const state = stateOf(folder, name);
    if (state !== undefined) states.set(name, state);
  }
  return states;
}

/** Sub-folders that hold manifests, which are not deployed; hidden ones and those that cannot be read are left out. */
export function listPassedOver(folder: string): readonly string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith(".") || isManifestName(entry.name)) continue;
    try {
      if (readdirSync(join(folder, entry.name)).some(isManifestName)) found.push(entry.name);
    } catch (thrown) {
      if (errnoName(thrown) === undefined) throw thrown;
    }
  }
  return found.sort(byBytes);
}

/** The peer sorts by bytes, not by the rules of a language (spec/kad.md §4). */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
