/**
 * Turns hints about a folder into batches of files that have really changed, each read only when it has been quiet for a
 * moment: one save of an editor (write, rename over, swap and backup files) is one change.
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { errnoName } from "../../base/libc.ts";
import { byBytes, type FileState, isManifestName, listManifests, stateOf } from "./listing.ts";

/** A change is acted upon within a tenth of a second (DESIGN §5); most of it may be spent waiting for the end of a save. */
export const QUIET_MS = 50;
/** A folder in which something is written all the time is looked at this often all the same. */
export const LONGEST_WAIT_MS = 1000;

export interface ChangedFile {
  readonly name: string;
  readonly state: FileState;
  readonly isNew: boolean;
}

export type FolderChange =
  | { readonly kind: "files"; readonly changed: readonly ChangedFile[]; readonly gone: readonly string[] }
  /** The folder cannot be listed any more. */
  | { readonly kind: "lost"; readonly reason: string }
  /** It can again: everything in it, as if seen for the first time. */
  | { readonly kind: "back"; readonly files: ReadonlyMap<string, FileState> };

export class FolderFollower {
  readonly #known = new Map<string, string>();
  readonly #hinted = new Set<string>();
  #isEverythingHinted = false;
  #hasLinks = false;
  #isLost = false;
  #timer: Timer | undefined;
  #waitingSinceMs: number | undefined;

  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
    private readonly onChange: (change: FolderChange) => void,
  ) {}

  /** What has been seen and dealt with: the beginning. */
  begin(files: ReadonlyMap<string, FileState>): void {
    for (const [name, state] of files) this.#remember(name, state);
  }

  /** The folder was not there when the deployer began. */
  beginLost(): void {
    this.#isLost = true;
  }

  /** Something of this name may have changed; undefined: anything. */
  hint(name: string | undefined): void {
    if (name === undefined) this.#isEverythingHinted = true;
    else if (isManifestName(name)) this.#hinted.add(name);
    // A link's target may have been exchanged through a name that is no manifest.
    else if (this.#hasLinks) this.#isEverythingHinted = true;
    else return;
    const nowMs = this.clock.nowMs();
    this.#waitingSinceMs ??= nowMs;
    const leftMs = this.#waitingSinceMs + LONGEST_WAIT_MS - nowMs;
    this.#timer?.cancel();
    this.#timer = this.clock.after(Math.max(0, Math.min(QUIET_MS, leftMs)), () => this.#look());
  }

  /** Ends waiting; later hints are not acted upon. */
  end(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const names = this.#isEverythingHinted ? undefined : [...this.#hinted];
    this.#hinted.clear();
    this.#isEverythingHinted = false;
    this.#waitingSinceMs = undefined;
    if (names === undefined || this.#isLost) {
      this.#lookAtAll();
      return;
    }
    const states = new Map(names.map((name) => [name, stateOf(this.folder, name)]));
    // A file that is gone may be gone with its whole folder, which is another matter.
    if ([...states.values()].includes(undefined)) this.#lookAtAll();
    else this.#tellDifferences(states);
  }

  #lookAtAll(): void {
    let files: ReadonlyMap<string, FileState>;
    try {
      files = listManifests(this.folder);
    } catch (thrown) {
      const reason = errnoName(thrown);
      if (reason === undefined) throw thrown;
      if (!this.#isLost) this.onChange({ kind: "lost", reason });
      this.#isLost = true;
      this.#known.clear();
      return;
    }
    if (this.#isLost) {
      this.#isLost = false;
      this.begin(files);
      this.onChange({ kind: "back", files });
      return;
    }
    const states = new Map<string, FileState | undefined>(files);
    for (const name of this.#known.keys()) if (!files.has(name)) states.set(name, undefined);
    this.#tellDifferences(states);
  }

  #tellDifferences(states: ReadonlyMap<string, FileState | undefined>): void {
    const changed: ChangedFile[] = [];
    const gone: string[] = [];
    for (const [name, state] of states) {
      const known = this.#known.get(name);
      if (state === undefined) {
        if (known !== undefined) gone.push(name);
        this.#known.delete(name);
      } else if (state.mark !== known) {
        changed.push({ name, state, isNew: known === undefined });
        this.#remember(name, state);
      }
    }
    if (changed.length === 0 && gone.length === 0) return;
    changed.sort((a, b) => byBytes(a.name, b.name));
    this.onChange({ kind: "files", changed, gone });
  }

  #remember(name: string, state: FileState): void {
    this.#known.set(name, state.mark);
    if (state.isLink) this.#hasLinks = true;
  }
}
