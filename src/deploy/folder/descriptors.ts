/**
 * The files of the deployment folder: all that end in `.json`, in sub-folders too, in the order in which the peer reads them
 * (spec/engine.md §18). Links to folders are not followed, so there is no way round in a circle.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../../base/libc.ts";
import { byBytes, type FileState, stateOf } from "./listing.ts";

export interface Descriptors {
  /** By path in the folder. */
  readonly files: ReadonlyMap<string, FileState>;
  /** Sub-folders that cannot be listed, with the reason. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/** Throws the file error when the folder itself cannot be listed. */
export function listDescriptors(folder: string): Descriptors {
  const files = new Map<string, FileState>();
  const unreadable = new Map<string, string>();
  const walk = (inside: string) => {
    const entries = readdirSync(join(folder, inside), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => byBytes(a.name, b.name))) {
      const name = join(inside, entry.name);
      if (entry.isDirectory()) {
        try {
          walk(name);
        } catch (thrown) {
          unreadable.set(name, reasonOf(thrown));
        }
      } else if (name.endsWith(".json")) {
        const state = stateOf(folder, name);
        if (state !== undefined) files.set(name, state);
      }
    }
  };
  walk("");
  return { files, unreadable };
}

function reasonOf(thrown: unknown): string {
  const reason = errnoName(thrown);
  if (reason === undefined) throw thrown;
  return reason;
}
