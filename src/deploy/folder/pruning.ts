/**
 * Takes away, where that is wanted, the containers that were made for files which are gone. Never for a folder in which
 * nothing is left: it may not be mounted. A file that cannot be understood keeps what was made for it.
 */

import type { Clock, Timer } from "../../base/clock.ts";
import type { Runner } from "../runner.ts";
import type { Memory } from "../wish.ts";

/** A file that is gone may be on its way back: editors and package managers remove and write anew. */
export const PRUNE_AFTER_MS = 2000;
/** What could not be removed, or was being worked on, is tried again after this long. */
export const PRUNE_AGAIN_MS = 5000;

/** What of the folder keeps containers. */
export interface Keeping {
  /** Files that are there, whatever is in them. */
  readonly files: ReadonlySet<string>;
  /** Names of containers that files wish for, or wished for in their last version that could be understood. */
  readonly names: ReadonlySet<string>;
  /** Files there that cannot be understood. */
  readonly broken: ReadonlySet<string>;
}

export interface PruningOptions {
  readonly runner: Pick<Runner, "prune">;
  readonly memory: Memory;
  readonly clock: Clock;
  readonly keeping: () => Keeping;
  readonly supervise: (work: Promise<void>) => void;
}

export class Pruning {
  #timer: Timer | undefined;

  constructor(private readonly options: PruningOptions) {}

  /** Looks soon. */
  schedule(afterMs = PRUNE_AFTER_MS): void {
    this.#timer?.cancel();
    this.#timer = this.options.clock.after(afterMs, () => {
      this.#timer = undefined;
      this.options.supervise(
        this.now().then((left) => {
          if (left > 0) this.schedule(PRUNE_AGAIN_MS);
        }),
      );
    });
  }

  /** Looks now; answers how many could not be taken away. */
  async now(): Promise<number> {
    const { runner, memory, keeping } = this.options;
    const { files, names, broken } = keeping();
    if (files.size === 0) return 0;
    const gone = [...memory.entries()].filter(
      ([name, { source, isAdopted, pending }]) =>
        // What replaces a container that was there before the file is made for the file.
        (isAdopted !== true || pending !== undefined) && !names.has(name) && !broken.has(source),
    );
    const settled = await Promise.all(gone.map(([name]) => runner.prune(name)));
    return settled.filter((isDone) => !isDone).length;
  }

  end(): void {
    this.#timer?.cancel();
  }
}
