/**
 * The container store on the disk. Order of a save: additions (for the old and the new content), then config.json, each
 * atomic and synced: cut anywhere, the next load finds the state before or after the save, never a mixture.
 */

import { join } from "node:path";
import { isLeftoverName, makeFolderDurable, syncFolder, writeFileAtomic } from "../base/atomic-file.ts";
import { errorCode, type FileSystem, isMissing, realFileSystem } from "../base/file-system.ts";
import { sha256Hex } from "../base/hash.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import { toStoredJson } from "../manifest/stored.ts";
import { fromStoredJson } from "../manifest/stored-reader.ts";
import type { Container } from "../model/container.ts";
import type { Extras } from "../model/extras.ts";
import { tidyExtras } from "../model/extras-rules.ts";
import { clip } from "../model/fault.ts";
import { ID_RULE, isContainerId } from "../model/names.ts";
import {
  type AdditionsFile,
  decodeAdditions,
  type Entry,
  encodeAdditions,
  NO_ADDITIONS,
} from "./additions.ts";
import { listIfThere, Quarantine, readIfThere } from "./quarantine.ts";
import type { Additions, ContainerStore, LoadedState, StoredContainer, StoreProblem } from "./store.ts";
import { writingState } from "./write-failure.ts";

const CONFIG = "config.json";
const ADDITIONS = "supercargo.json";
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o711;

/** Makes the store of a home folder, such as `/var/lib/container-management`. Makes no folder before it is claimed or something is saved. */
export function openContainerStore(home: string, files: FileSystem = realFileSystem): ContainerStore {
  return new ContainerFiles(home, files);
}

class ContainerFiles implements ContainerStore {
  readonly #folder: string;
  readonly #quarantine: Quarantine;
  /** The newest entry on the disk by container, kept for the next save. */
  readonly #newest = new Map<string, Entry>();
  /** What this process has saved wholly: it need not be written again. */
  readonly #saved = new Map<string, Entry>();

  constructor(
    home: string,
    private readonly files: FileSystem,
  ) {
    this.#folder = join(home, "containers");
    this.#quarantine = new Quarantine(home, files);
  }

  containerDir(id: string): string {
    if (isContainerId(id)) return join(this.#folder, id);
    throw new SupercargoError("SC_CONTAINER_INVALID", `invalid container id format : ${clip(id)}`, {
      hint: ID_RULE,
    });
  }

  load(): LoadedState {
    const containers: StoredContainer[] = [];
    const problems: StoreProblem[] = [];
    this.#newest.clear();
    this.#saved.clear();
    const entries = listIfThere(this.#folder, this.files);
    for (const entry of entries ?? []) {
      if (!entry.isFolder) continue;
      const path = join(this.#folder, entry.name);
      if (!isContainerId(entry.name)) {
        const reason = `the folder name is no container id (${ID_RULE}); left as it is`;
        problems.push({ id: entry.name, path, reason });
        continue;
      }
      try {
        const loaded = this.#loadOne(entry.name, path, problems);
        if (loaded !== undefined) containers.push(loaded);
      } catch (thrown) {
        // A disk that is full or failing at one container must not keep the others from being loaded.
        if (errorCode(thrown) === undefined) throw thrown;
        problems.push({ id: entry.name, path, reason: `${toError(thrown).message}; left as it is` });
      }
    }
    return { containers, problems, isNew: entries === undefined };
  }

  claim(): void {
    writingState(this.#folder, () => makeFolderDurable(this.#folder, FOLDER_MODE, this.files));
  }

  #loadOne(id: string, folder: string, problems: StoreProblem[]): StoredContainer | undefined {
    this.#sweep(folder);
    let content: Uint8Array | undefined;
    try {
      content = readIfThere(join(folder, CONFIG), this.files);
    } catch (thrown) {
      if (errorCode(thrown) === undefined) throw thrown;
      const additions = this.#readAdditions(id, folder, problems);
      return this.#recover(id, folder, undefined, additions, toError(thrown).message, problems);
    }
    if (content === undefined) {
      // An interrupted create or remove: nothing of it was promised to anybody.
      this.files.removeTree(folder);
      syncFolder(this.#folder, this.files);
      return undefined;
    }
    const additions = this.#readAdditions(id, folder, problems);
    try {
      return this.#adopt(id, readContainer(id, content), sha256Hex(content), additions);
    } catch (thrown) {
      if (!(thrown instanceof SupercargoError) || thrown.code !== "SC_STATE_UNREADABLE") throw thrown;
      return this.#recover(id, folder, content, additions, thrown.message, problems);
    }
  }

  /** Takes away temporary files of a save that was cut off. They do no harm: what a failing disk keeps is for the next start. */
  #sweep(folder: string): void {
    try {
      for (const entry of listIfThere(folder, this.files) ?? []) {
        if (!entry.isFolder && isLeftoverName(entry.name)) this.files.unlink(join(folder, entry.name));
      }
    } catch (thrown) {
      if (errorCode(thrown) === undefined) throw thrown;
    }
  }

  #readAdditions(id: string, folder: string, problems: StoreProblem[]): AdditionsFile | undefined {
    const path = join(folder, ADDITIONS);
    const decoded = this.#decodeFile(path);
    if (typeof decoded !== "string") return decoded;
    const aside = this.#quarantine.take(path, folder, `${id}.${ADDITIONS}`);
    problems.push({ id, path, reason: `${decoded}; moved to ${aside}, additions of the container are lost` });
    return undefined;
  }

  /** The file, or in words why it cannot be used; undefined when it is not there. */
  #decodeFile(path: string): AdditionsFile | string | undefined {
    try {
      const bytes = readIfThere(path, this.files);
      return bytes === undefined ? undefined : decodeAdditions(bytes);
    } catch (thrown) {
      if (errorCode(thrown) === undefined) throw thrown;
      return toError(thrown).message;
    }
  }

  #adopt(id: string, container: Container, sha256: string, file: AdditionsFile | undefined): StoredContainer {
    const own = file?.entries.find((entry) => entry.sha256 === sha256);
    // Without a file of ours the container comes from Kanto: taken over, not edited.
    const entry: Entry = { ...(own ?? file?.entries[0] ?? { additions: NO_ADDITIONS }), sha256 };
    this.#newest.set(id, entry);
    return {
      container: withExtras(container, entry.extras),
      additions: entry.additions,
      editedElsewhere: file !== undefined && own === undefined,
    };
  }

  /** config.json cannot be read: the spare copy takes its place, or the whole folder goes aside. */
  #recover(
    id: string,
    folder: string,
    content: Uint8Array | undefined,
    file: AdditionsFile | undefined,
    reason: string,
    problems: StoreProblem[],
  ): StoredContainer | undefined {
    const path = join(folder, CONFIG);
    const spare = spareOf(id, file);
    if (spare === undefined) {
      const aside = this.#quarantine.take(folder, this.#folder, id);
      problems.push({ id, path, reason: `${reason}; the folder was moved to ${aside}` });
      return undefined;
    }
    // Copied, not moved: a cut leaves the broken file or the spare copy in its place, never neither.
    const aside =
      content === undefined ? "" : `copied to ${this.#quarantine.keep(content, `${id}.${CONFIG}`)}, `;
    writeFileAtomic(path, spare.text, FILE_MODE, this.files);
    problems.push({ id, path, reason: `${reason}; ${aside}the spare copy is used` });
    return this.#adopt(id, spare.container, sha256Hex(spare.text), file);
  }

  save(container: Container, additions: Additions): void {
    const folder = this.containerDir(container.id);
    writingState(folder, () => this.#save(folder, container, additions));
  }

  #save(folder: string, container: Container, additions: Additions): void {
    const text = `${toStoredJson(container)}\n`;
    const { extras } = container;
    const entry: Entry = { sha256: sha256Hex(text), additions, ...(extras === undefined ? {} : { extras }) };
    // Cheap when the folder is there; somebody may have taken it away.
    const isNewFolder = makeFolderDurable(folder, FOLDER_MODE, this.files);
    if (isNewFolder) this.#newest.delete(container.id);
    const saved = this.#saved.get(container.id);
    if (!isNewFolder && saved !== undefined && isSame(saved, entry)) return;
    this.#saved.delete(container.id);
    if (!this.#newest.has(container.id)) this.#learn(container.id, folder);
    const before = this.#newest.get(container.id);
    const entries = before === undefined || before.sha256 === entry.sha256 ? [entry] : [entry, before];
    writeFileAtomic(
      join(folder, ADDITIONS),
      encodeAdditions({ entries, spare: text }),
      FILE_MODE,
      this.files,
    );
    writeFileAtomic(join(folder, CONFIG), text, FILE_MODE, this.files);
    this.#newest.set(container.id, entry);
    this.#saved.set(container.id, entry);
  }

  /** First save of a container in this process: learns what lies there already. */
  #learn(id: string, folder: string): void {
    const content = readIfThere(join(folder, CONFIG), this.files);
    if (content === undefined) return;
    const bytes = readIfThere(join(folder, ADDITIONS), this.files);
    const file = bytes === undefined ? undefined : decodeAdditions(bytes);
    const sha256 = sha256Hex(content);
    const known = typeof file === "object" ? file.entries : [];
    const own = known.find((entry) => entry.sha256 === sha256) ?? known[0];
    this.#newest.set(id, { ...(own ?? { additions: NO_ADDITIONS }), sha256 });
  }

  remove(id: string): void {
    const folder = this.containerDir(id);
    this.#newest.delete(id);
    this.#saved.delete(id);
    writingState(folder, () => this.#removeFolder(folder), "removed");
  }

  #removeFolder(folder: string): void {
    try {
      this.files.unlink(join(folder, CONFIG));
      syncFolder(folder, this.files);
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
    }
    this.files.removeTree(folder);
    try {
      syncFolder(this.#folder, this.files);
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
    }
  }
}

function isSame(one: Entry, other: Entry): boolean {
  return one.sha256 === other.sha256 && JSON.stringify(one) === JSON.stringify(other);
}

/** What Kanto's form has no place for. A read-only mount that Kanto has taken away is not one of the container any more. */
function withExtras(container: Container, extras: Extras | undefined): Container {
  const destinations = new Set(container.mounts.map((mount) => mount.destination));
  const readOnlyMounts = extras?.readOnlyMounts?.filter((destination) => destinations.has(destination));
  const tidy = tidyExtras(extras && { ...extras, readOnlyMounts });
  return tidy === undefined ? container : { ...container, extras: tidy };
}

/** Throws SC_STATE_UNREADABLE; a file that was copied from another container's folder counts as unreadable. */
function readContainer(id: string, content: Uint8Array | string): Container {
  const container = fromStoredJson(content);
  if (container.id === id) return container;
  throw new SupercargoError(
    "SC_STATE_UNREADABLE",
    `the file is of a container with id = ${clip(container.id)}`,
  );
}

function spareOf(
  id: string,
  file: AdditionsFile | undefined,
): { readonly text: string; readonly container: Container } | undefined {
  if (file === undefined) return undefined;
  try {
    return { text: file.spare, container: readContainer(id, file.spare) };
  } catch (thrown) {
    if (thrown instanceof SupercargoError && thrown.code === "SC_STATE_UNREADABLE") return undefined;
    throw thrown;
  }
}
