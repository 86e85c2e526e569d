/** The journal on the disk: one small file per key in `<home>/supercargo/journal`, atomic and durable when the call returns. */

import { join } from "node:path";
import { isLeftoverName, makeFolderDurable, syncFolder, writeFileAtomic } from "../base/atomic-file.ts";
import { type FileSystem, isMissing, realFileSystem } from "../base/file-system.ts";
import { parsePlain } from "../base/json/plain.ts";
import { SupercargoError } from "../errors/error.ts";
import { listIfThere, Quarantine } from "./quarantine.ts";
import type { Journal, StoreProblem } from "./store.ts";
import { writingState } from "./write-failure.ts";

const SCHEMA = 1;
/** File names are bounded by the kernel; keys are `<word>/<container id>` and the like. */
const KEY_LIMIT = 120;
const SUFFIX = ".json";

export function openJournal(home: string, files: FileSystem = realFileSystem): Journal {
  return new JournalFiles(home, files);
}

class JournalFiles implements Journal {
  readonly #folder: string;
  readonly #quarantine: Quarantine;

  constructor(
    home: string,
    private readonly files: FileSystem,
  ) {
    this.#folder = join(home, "supercargo", "journal");
    this.#quarantine = new Quarantine(home, files);
  }

  write(key: string, entry: unknown): void {
    const path = this.#path(key);
    writingState(this.#folder, () => {
      makeFolderDurable(this.#folder, 0o700, this.files);
      writeFileAtomic(path, `${JSON.stringify({ schema: SCHEMA, key, entry })}\n`, 0o600, this.files);
    });
  }

  remove(key: string): void {
    const path = this.#path(key);
    writingState(this.#folder, () => this.#removeFile(path), "removed");
  }

  #removeFile(path: string): void {
    try {
      this.files.unlink(path);
    } catch (thrown) {
      if (isMissing(thrown)) return;
      throw thrown;
    }
    syncFolder(this.#folder, this.files);
  }

  entries(): { readonly entries: ReadonlyMap<string, unknown>; readonly problems: readonly StoreProblem[] } {
    const entries = new Map<string, unknown>();
    const problems: StoreProblem[] = [];
    for (const { name, isFolder } of listIfThere(this.#folder, this.files) ?? []) {
      const path = join(this.#folder, name);
      if (isFolder) continue;
      if (isLeftoverName(name)) {
        this.files.unlink(path);
        continue;
      }
      const note = readNote(this.files.read(path));
      if (typeof note !== "string" && fileName(note.key) === name) entries.set(note.key, note.entry);
      else {
        const aside = this.#quarantine.take(path, this.#folder, `journal.${name}`);
        const reason = typeof note === "string" ? note : "the note belongs to another key";
        problems.push({ id: name, path, reason: `${reason}; moved to ${aside}` });
      }
    }
    return { entries, problems };
  }

  #path(key: string): string {
    if (key !== "" && key.length <= KEY_LIMIT) return join(this.#folder, fileName(key));
    throw new SupercargoError(
      "SC_INTERNAL",
      `a journal key has 1 to ${KEY_LIMIT} characters, not ${key.length}`,
    );
  }
}

/** No two keys share a name, and none of them can leave the folder or hide in it. */
function fileName(key: string): string {
  return `${encodeURIComponent(key).replaceAll(".", "%2E")}${SUFFIX}`;
}

/** Key and entry, or in words why there are none. */
function readNote(bytes: Uint8Array): { readonly key: string; readonly entry: unknown } | string {
  const value = parsePlain(bytes);
  if (value instanceof SyntaxError) return value.message;
  if (typeof value !== "object" || value === null || !("key" in value) || !("entry" in value)) {
    return "key or entry is missing";
  }
  if (!("schema" in value) || value.schema !== SCHEMA) return "the schema is not known to this version";
  return typeof value.key === "string" ? { key: value.key, entry: value.entry } : "the key is no text";
}
