/**
 * Hints that something in a folder may have changed: from the kernel within a millisecond, and from a slow clock for what
 * the kernel does not tell. A folder that is deleted and made again leaves a watch silent without an error
 * (spec/pitfalls.md §9), so its parent is watched too and its inode is compared.
 */

import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { Clock, Timer } from "./clock.ts";
import { errnoName } from "./libc.ts";

/** False in a build without the file watcher, where `absent/folder-watch.ts` stands in (package.json, imports). */
export const HAS_FILE_WATCHER: boolean = true;

export interface WatchFolderOptions {
  readonly clock: Clock;
  /** Pause between two hints by the clock, in ms. */
  readonly rescanMs: number;
  /** Pause while the kernel does not watch (folder missing, no watches left), in ms. */
  readonly blindMs: number;
  /** Name of what changed in the folder, or undefined: look at everything. */
  readonly onHint: (name: string | undefined) => void;
  /** Told once when the kernel refuses to watch; hints by the clock go on. */
  readonly onBlind: (reason: string) => void;
}

/** Watches until disposed. Never throws for a folder that is not there: it is waited for. */
export class FolderWatch implements Disposable {
  #watcher: FSWatcher | undefined;
  #parent: FSWatcher | undefined;
  #identity = "";
  #parentIdentity = "";
  #timer: Timer | undefined;
  #isBlindTold = false;
  #isDisposed = false;

  constructor(
    private readonly path: string,
    private readonly options: WatchFolderOptions,
  ) {
    this.#watchParent();
    this.#renew();
    this.#tick();
  }

  /** Whether the kernel watches the folder now. */
  get isWatching(): boolean {
    return this.#watcher !== undefined;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#timer?.cancel();
    this.#watcher?.close();
    this.#parent?.close();
  }

  #tick(): void {
    const pauseMs = this.isWatching ? this.options.rescanMs : this.options.blindMs;
    this.#timer = this.options.clock.after(pauseMs, () => {
      this.#watchParent();
      this.#renew();
      this.options.onHint(undefined);
      if (!this.#isDisposed) this.#tick();
    });
  }

  /** Watches the folder that is there now; answers whether it is another one than before. */
  #renew(): boolean {
    const identity = identityOf(this.path);
    if (identity === this.#identity && (this.#watcher !== undefined || identity === "")) return false;
    const isOther = identity !== this.#identity;
    this.#watcher?.close();
    this.#identity = identity;
    this.#watcher = identity === "" ? undefined : this.#watch(this.path, (name) => this.options.onHint(name));
    return isOther;
  }

  #watchParent(): void {
    const parent = dirname(this.path);
    if (parent === this.path) return;
    const identity = identityOf(parent);
    if (this.#parent !== undefined && identity === this.#parentIdentity) return;
    this.#parent?.close();
    this.#parentIdentity = identity;
    const own = basename(this.path);
    this.#parent = this.#watch(parent, (name) => {
      if ((name === undefined || name === own) && this.#renew()) this.options.onHint(undefined);
    });
  }

  #watch(path: string, onEvent: (name: string | undefined) => void): FSWatcher | undefined {
    try {
      const watcher = watch(path, (_event, name) => onEvent(name ?? undefined));
      watcher.on("error", (error) => {
        watcher.close();
        if (this.#watcher === watcher) this.#watcher = undefined;
        if (this.#parent === watcher) this.#parent = undefined;
        this.#tellBlind(error.message);
      });
      return watcher;
    } catch (thrown) {
      const name = errnoName(thrown);
      if (name === undefined) throw thrown;
      if (name !== "ENOENT" && name !== "ENOTDIR") this.#tellBlind(`${path}: ${name}`);
      return undefined;
    }
  }

  #tellBlind(reason: string): void {
    if (this.#isBlindTold) return;
    this.#isBlindTold = true;
    this.options.onBlind(reason);
  }
}

/** Device and inode of a folder; empty when it is not there or no folder. */
function identityOf(path: string): string {
  try {
    const stat = statSync(path);
    return stat.isDirectory() ? `${stat.dev}:${stat.ino}` : "";
  } catch (thrown) {
    if (errnoName(thrown) === undefined) throw thrown;
    return "";
  }
}
