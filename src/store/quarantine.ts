/** Where unreadable state goes: moved aside under a name that was never given before, never deleted. */

import { join } from "node:path";
import { makeFolderDurable, syncFolder, writeFileAtomic } from "../base/atomic-file.ts";
import { type FileSystem, isMissing } from "../base/file-system.ts";

export class Quarantine {
  readonly folder: string;

  constructor(
    home: string,
    private readonly files: FileSystem,
  ) {
    this.folder = join(home, "supercargo", "quarantine");
  }

  /** Moves a file or folder aside and answers where it is now. */
  take(path: string, parent: string, label: string): string {
    makeFolderDurable(this.folder, 0o700, this.files);
    const target = this.#free(label);
    this.files.rename(path, target);
    syncFolder(this.folder, this.files);
    syncFolder(parent, this.files);
    return target;
  }

  /** Keeps a copy of what could not be read; answers where it lies. */
  keep(content: Uint8Array, label: string): string {
    makeFolderDurable(this.folder, 0o700, this.files);
    const target = this.#free(label);
    writeFileAtomic(target, content, 0o600, this.files);
    return target;
  }

  #free(label: string): string {
    const taken = new Set(listIfThere(this.folder, this.files)?.map((entry) => entry.name));
    for (let number = 1; ; number++) {
      const name = `${label}.${number}`;
      if (!taken.has(name)) return join(this.folder, name);
    }
  }
}

/** Entries of a folder in the order of their names; undefined when it is not there. */
export function listIfThere(path: string, files: FileSystem): ReturnType<FileSystem["list"]> | undefined {
  try {
    return [...files.list(path)].sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

/** Content of a file, or undefined when it is not there. */
export function readIfThere(path: string, files: FileSystem): Uint8Array | undefined {
  try {
    return files.read(path);
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}
