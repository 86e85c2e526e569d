/**
 * Keeps a folder deployed: reads its manifests, settles who has a name, and gives the wishes to the runner, once at the
 * start and then at each change. A file that is taken away leaves its container as it is.
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { settleRivals } from "../plan.ts";
import type { Runner } from "../runner.ts";
import type { Settled } from "../runner-news.ts";
import type { Memory, Occasion, Wish } from "../wish.ts";
import type { FolderChange } from "./follow.ts";
import { byBytes, type FileState, stateOf } from "./listing.ts";
import { type Keeping, PRUNE_AGAIN_MS, Pruning } from "./pruning.ts";
import { type FolderReading, type ManifestFile, readManifestFile, type ValidManifest } from "./read-file.ts";

/** A file that cannot be understood may still be being written: it is read again after this long before it is refused. */
export const HOLD_MS = 1000;

/** What happened to a file apart from what the runner tells of its wish. */
export type FolderNews =
  | { readonly kind: "read"; readonly file: ManifestFile }
  | { readonly kind: "invalid"; readonly file: ManifestFile }
  | { readonly kind: "rival"; readonly name: string; readonly reason: string }
  | { readonly kind: "gone"; readonly name: string; readonly container: string }
  /** Gone, and no container was made of it: it was broken or a rival. */
  | { readonly kind: "forgotten"; readonly name: string }
  | { readonly kind: "lost"; readonly reason: string }
  | { readonly kind: "back" };

/** What became of one file in a pass over the whole folder. */
export type FileResult =
  | { readonly kind: "invalid"; readonly file: ManifestFile }
  | { readonly kind: "rival"; readonly name: string; readonly reason: string }
  | { readonly kind: "wish"; readonly wish: Wish; readonly settled: Settled };

interface KnownFile {
  readonly name: string;
  state: FileState;
  /** The last valid content: a broken version keeps name and id for its file, so that no other file takes them. */
  valid: ValidManifest | undefined;
  isBroken: boolean;
  /** Taken part in the last settlement and won. */
  isAccepted: boolean;
}

export interface FolderDeploymentOptions {
  readonly folder: string;
  readonly runner: Pick<Runner, "submit" | "withdraw" | "prune">;
  readonly memory: Memory;
  readonly clock: Clock;
  /** Files that cannot be understood are read a second time before they are refused (a daemon watches, a single run cannot wait). */
  readonly holdsBroken: boolean;
  /** Default: as a watched folder is read. */
  readonly reading?: FolderReading;
  /** Containers made for files that are gone are taken away. Default: they stay. */
  readonly prunes?: boolean;
  readonly tell: (news: FolderNews) => void;
  /** Takes work that nobody waits for; a rejection is a fault of ours. */
  readonly supervise: (work: Promise<void>) => void;
}

export class FolderDeployment {
  readonly #files = new Map<string, KnownFile>();
  readonly #held = new Map<string, Timer>();
  readonly #options: FolderDeploymentOptions;
  readonly #pruning: Pruning;

  constructor(options: FolderDeploymentOptions) {
    this.#options = options;
    this.#pruning = new Pruning({ ...options, keeping: () => this.#keeping() });
  }

  /** Takes away what was made for files that are gone; answers how many could not be. For a pass that has been deployed. */
  async prune(): Promise<number> {
    if (this.#options.prunes !== true) return 0;
    const left = await this.#pruning.now();
    if (left > 0 && this.#options.holdsBroken) this.#pruning.schedule(PRUNE_AGAIN_MS);
    return left;
  }

  /** Deploys everything that is there; content alone decides. Resolves when each wish has been tried once. */
  async deployAll(files: ReadonlyMap<string, FileState>): Promise<readonly FileResult[]> {
    const results: FileResult[] = [];
    for (const [name, state] of files) {
      const read = this.#read(name, state);
      if (read.problems.length > 0 && !this.#hold(read, "start"))
        results.push({ kind: "invalid", file: read });
    }
    const { accepted, refused } = this.#settle("start", () => true);
    for (const rival of refused)
      results.push({ kind: "rival", name: rival.wish.source, reason: rival.reason });
    const submitted = accepted.map((wish) => ({ wish, settling: this.#options.runner.submit(wish) }));
    for (const { wish, settling } of submitted) results.push({ kind: "wish", wish, settled: await settling });
    return results.sort((a, b) => byBytes(nameOf(a), nameOf(b)));
  }

  /** Takes a change that was noticed. The answer is for those who want to wait for the first tries. */
  async change(change: FolderChange): Promise<void> {
    switch (change.kind) {
      case "lost":
        this.#options.tell({ kind: "lost", reason: change.reason });
        this.#forgetAll();
        return;
      case "back":
        this.#options.tell({ kind: "back" });
        for (const result of await this.deployAll(change.files)) this.#tellResult(result);
        this.#pruneSoon();
        return;
      case "files":
        for (const name of change.gone) this.#takeAway(name);
        this.#pruneSoon();
        await this.#takeChanged(new Map(change.changed.map((file) => [file.name, file])));
    }
  }

  /** Ends the waiting for files that may be half written. */
  end(): void {
    for (const timer of this.#held.values()) timer.cancel();
    this.#held.clear();
    this.#pruning.end();
  }

  #pruneSoon(): void {
    if (this.#options.prunes === true) this.#pruning.schedule();
  }

  #keeping(): Keeping {
    const files = [...this.#files.values()];
    return {
      files: new Set(files.map(({ name }) => name)),
      names: new Set(files.flatMap(({ valid }) => (valid === undefined ? [] : [valid.desired.name]))),
      broken: new Set(files.filter(({ isBroken }) => isBroken).map(({ name }) => name)),
    };
  }

  async #takeChanged(
    changed: ReadonlyMap<string, { readonly state: FileState; readonly isNew: boolean }>,
  ): Promise<void> {
    for (const [name, { state, isNew }] of changed) {
      const read = this.#read(name, state);
      const occasion = isNew ? "appeared" : "modified";
      if (read.problems.length > 0 && !this.#hold(read, occasion)) {
        this.#options.tell({ kind: "invalid", file: read });
      }
    }
    const occasionOf = (name: string): Occasion =>
      changed.get(name)?.isNew === false ? "modified" : "appeared";
    const { accepted, refused } = this.#settle(occasionOf, (file, wasAccepted) => {
      return changed.has(file.name) || !wasAccepted;
    });
    for (const { wish, reason } of refused) {
      if (changed.has(wish.source)) this.#options.tell({ kind: "rival", name: wish.source, reason });
    }
    await Promise.all(accepted.map((wish) => this.#options.runner.submit(wish)));
  }

  #read(name: string, state: FileState): ManifestFile {
    this.#held.get(name)?.cancel();
    this.#held.delete(name);
    const read = readManifestFile(this.#options.folder, name, state, this.#options.reading);
    const known = this.#files.get(name);
    const file = known ?? { name, state, valid: undefined, isBroken: false, isAccepted: false };
    const before = file.valid?.desired.name;
    file.state = read.state;
    file.isBroken = read.valid === undefined;
    file.valid = read.valid ?? file.valid;
    this.#files.set(name, file);
    if (before !== undefined && (file.isBroken || file.valid?.desired.name !== before)) {
      // What was wished for before is not wished for any more in this form: no further tries of it.
      if (file.isAccepted) this.#options.runner.withdraw(before);
    }
    this.#options.tell({ kind: "read", file: read });
    return read;
  }

  /** Who has which name and id; answers the wishes to submit and the rivals that lost. */
  #settle(
    occasion: Occasion | ((name: string) => Occasion),
    isDue: (file: KnownFile, wasAccepted: boolean) => boolean,
  ): { readonly accepted: readonly Wish[]; readonly refused: readonly { wish: Wish; reason: string }[] } {
    const wishes: Wish[] = [];
    for (const file of [...this.#files.values()].sort((a, b) => byBytes(a.name, b.name))) {
      if (file.valid === undefined) continue;
      const { desired, fingerprint } = file.valid;
      wishes.push({
        name: desired.name,
        desired,
        fingerprint,
        source: file.name,
        modifiedNanos: file.state.modifiedNanos,
        occasion: typeof occasion === "string" ? occasion : occasion(file.name),
      });
    }
    const { accepted, refused } = settleRivals(wishes, this.#options.memory.entries());
    const due = accepted.filter((wish) => {
      const file = this.#files.get(wish.source);
      if (file === undefined) return false;
      const wasAccepted = file.isAccepted;
      file.isAccepted = true;
      return !file.isBroken && isDue(file, wasAccepted);
    });
    const lost = refused.map(({ wish, reasons }) => ({ wish, reason: reasons.join(", ") }));
    for (const { wish } of lost) {
      const file = this.#files.get(wish.source);
      if (file !== undefined) file.isAccepted = false;
    }
    return {
      accepted: due,
      refused: lost.filter(({ wish }) => this.#files.get(wish.source)?.isBroken !== true),
    };
  }

  #takeAway(name: string): void {
    this.#held.get(name)?.cancel();
    this.#held.delete(name);
    const file = this.#files.get(name);
    this.#files.delete(name);
    if (file?.valid === undefined || !file.isAccepted) {
      this.#options.tell({ kind: "forgotten", name });
      return;
    }
    this.#options.runner.withdraw(file.valid.desired.name);
    this.#options.tell({ kind: "gone", name, container: file.valid.desired.name });
  }

  #forgetAll(): void {
    this.end();
    for (const file of this.#files.values()) {
      if (file.valid !== undefined && file.isAccepted) this.#options.runner.withdraw(file.valid.desired.name);
    }
    this.#files.clear();
  }

  /** Whether the broken file gets a second reading; its problems are told then, if it has not changed. */
  #hold(read: ManifestFile, occasion: Occasion): boolean {
    const { holdsBroken, clock, folder, tell, supervise } = this.#options;
    if (!holdsBroken || read.state.kind !== "file") return false;
    // At the start only a file that was written just now can be half written.
    if (occasion === "start" && Date.now() - Number(read.state.modifiedNanos / 1_000_000n) > HOLD_MS)
      return false;
    const timer = clock.after(HOLD_MS, () => {
      this.#held.delete(read.name);
      const state = stateOf(folder, read.name);
      if (state === undefined) return;
      if (state.mark === read.state.mark) tell({ kind: "invalid", file: read });
      else supervise(this.#takeChanged(new Map([[read.name, { state, isNew: occasion === "appeared" }]])));
    });
    this.#held.set(read.name, timer);
    return true;
  }

  #tellResult(result: FileResult): void {
    if (result.kind === "invalid" || result.kind === "rival") this.#options.tell(result);
  }
}

/** Name of the file that a result is about. */
export function nameOf(result: FileResult): string {
  switch (result.kind) {
    case "invalid":
      return result.file.name;
    case "rival":
      return result.name;
    case "wish":
      return result.wish.source;
  }
}
