/**
 * The memory of a folder on disk: what was deployed from which file. One JSON file per folder, 0600, replaced atomically;
 * beside it a lock, held by the deployer that owns the folder for as long as it lives.
 */

import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { isLeftoverName, writeFileAtomic } from "../../base/atomic-file.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { sha256Hex } from "../../base/hash.ts";
import { errnoName, tryLock } from "../../base/libc.ts";
import { describeError } from "../../errors/error.ts";
import type { Memory, Remembered } from "../wish.ts";
import { formatMemory, parseMemory } from "./memory-form.ts";

/** Writes that need not be durable at once are gathered this long. */
const GATHER_MS = 50;

export interface MemoryPlace {
  readonly statePath: string;
  readonly lockPath: string;
  /** What became of each manifest, see status-file.ts. */
  readonly statusPath: string;
}

/** Where the memory of a folder lies: named by a digest of the folder's real path. */
export function memoryPlace(stateDir: string, folder: string): MemoryPlace {
  const key = sha256Hex(folder).slice(0, 16);
  const path = (ending: string) => join(stateDir, `${key}.${ending}`);
  return { statePath: path("json"), lockPath: path("lock"), statusPath: path("status.json") };
}

export type Ownership =
  | { readonly kind: "owner"; readonly release: () => void }
  /** Somebody else has it; `owner` is what that one has written about itself. */
  | { readonly kind: "taken"; readonly owner: string }
  /** There is no place for a lock. */
  | { readonly kind: "unavailable"; readonly reason: string };

/** Tries to become the owner of a folder. Makes the state directory if it is missing. Never waits. */
export function ownFolder(stateDir: string, place: MemoryPlace): Ownership {
  let descriptor: number;
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o755 });
    descriptor = openSync(place.lockPath, "a+", 0o600);
  } catch (thrown) {
    return { kind: "unavailable", reason: reasonOf(thrown) };
  }
  try {
    if (!tryLock(descriptor)) {
      const owner = readFileSync(place.lockPath, "utf8").trim();
      closeSync(descriptor);
      return { kind: "taken", owner };
    }
    ftruncateSync(descriptor, 0);
    writeSync(descriptor, `${process.pid}\n`);
  } catch (thrown) {
    closeSync(descriptor);
    return { kind: "unavailable", reason: reasonOf(thrown) };
  }
  return { kind: "owner", release: () => closeSync(descriptor) };
}

/** Whether a deployer is at work on the folder now. */
export function isOwned(place: MemoryPlace): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(place.lockPath, "r");
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return false;
    throw thrown;
  }
  try {
    return !tryLock(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What a folder's memory holds, and what was wrong with its file. */
export interface LoadedMemory {
  readonly entries: ReadonlyMap<string, Remembered>;
  readonly problem: string | undefined;
}

/**
 * Reads a memory; a file that cannot be understood is put aside (if `mayRepair`), never deleted. What a deployer that was
 * killed in the middle of writing has left goes then too.
 */
export function loadMemory(statePath: string, mayRepair: boolean): LoadedMemory {
  if (mayRepair) removeHalfWritten(statePath);
  let text: string;
  try {
    text = readFileSync(statePath, "utf8");
  } catch (thrown) {
    const problem = errnoName(thrown) === "ENOENT" ? undefined : reasonOf(thrown);
    return { entries: new Map(), problem };
  }
  try {
    return { entries: parseMemory(text), problem: undefined };
  } catch (thrown) {
    const reason = `${statePath} cannot be understood (${describeError(thrown)})`;
    if (!mayRepair) return { entries: new Map(), problem: reason };
    const aside = `${statePath}.unreadable`;
    try {
      renameSync(statePath, aside);
    } catch (cause) {
      return { entries: new Map(), problem: `${reason}; it could not be put aside: ${reasonOf(cause)}` };
    }
    return { entries: new Map(), problem: `${reason}; it was put aside as ${aside}` };
  }
}

/** Temporary files of `writeFileAtomic`; only the folder's owner writes any. */
function removeHalfWritten(statePath: string): void {
  const folder = dirname(statePath);
  try {
    const left = readdirSync(folder).filter(
      (name) => isLeftoverName(name) && name.startsWith(`.${basename(statePath)}.`),
    );
    for (const name of left) unlinkSync(join(folder, name));
  } catch (thrown) {
    // They are in nobody's way.
    if (errnoName(thrown) === undefined) throw thrown;
  }
}

/** A memory that is kept in a file. One that cannot be written says so once and goes on in memory. */
export class FileMemory implements Memory, Disposable {
  readonly #entries: Map<string, Remembered>;
  #timer: Timer | undefined;
  #isFailing = false;

  constructor(
    private readonly statePath: string,
    private readonly folder: string,
    entries: ReadonlyMap<string, Remembered>,
    private readonly clock: Clock,
    private readonly onTrouble: (reason: string) => void,
  ) {
    this.#entries = new Map(entries);
  }

  get(name: string): Remembered | undefined {
    return this.#entries.get(name);
  }

  entries(): ReadonlyMap<string, Remembered> {
    return this.#entries;
  }

  set(name: string, remembered: Remembered, durable = false): void {
    this.#entries.set(name, remembered);
    this.#changed(durable);
  }

  forget(name: string): void {
    if (this.#entries.delete(name)) this.#changed(false);
  }

  /** Writes what is not written yet. */
  [Symbol.dispose](): void {
    if (this.#timer !== undefined) this.#write();
  }

  #changed(durable: boolean): void {
    if (durable) this.#write();
    else this.#timer ??= this.clock.after(GATHER_MS, () => this.#write());
  }

  #write(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    try {
      writeFileAtomic(this.statePath, formatMemory(this.folder, this.#entries));
      this.#isFailing = false;
    } catch (thrown) {
      if (!this.#isFailing) this.onTrouble(reasonOf(thrown));
      this.#isFailing = true;
    }
  }
}

function reasonOf(thrown: unknown): string {
  if (errnoName(thrown) === undefined) throw thrown;
  return describeError(thrown);
}
