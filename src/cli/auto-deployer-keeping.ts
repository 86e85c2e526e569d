/** Owning a folder: the lock, the memory of what was deployed, and the status that others read. */

import { type Clock, delay } from "../base/clock.ts";
import { errnoName } from "../base/libc.ts";
import type { Log } from "../base/log.ts";
import {
  FileMemory,
  loadMemory,
  type MemoryPlace,
  memoryPlace,
  type Ownership,
  ownFolder,
} from "../deploy/folder/memory-file.ts";
import { StatusBook } from "../deploy/folder/status-book.ts";
import { type FolderStatus, writeStatus } from "../deploy/folder/status-file.ts";
import { type Memory, volatileMemory } from "../deploy/wish.ts";
import type { AutoDeployerOptions } from "./auto-deployer-options.ts";

/** A deployer that is being restarted gives the folder up within this time. */
const OWNER_WAIT_MS = 5000;
const OWNER_LOOK_MS = 100;

export interface KeepingDeps {
  readonly options: AutoDeployerOptions;
  /** Real path. */
  readonly folder: string;
  readonly log: Log;
  readonly clock: Clock;
}

export interface Keeping extends Disposable {
  readonly memory: Memory;
  readonly book: StatusBook;
  readonly ownsFolder: boolean;
}

/** Becomes the folder's owner and opens its memory; undefined when another daemon owns it, or the end is asked for. */
export async function keepFolder(deps: KeepingDeps, stop: AbortSignal): Promise<Keeping | undefined> {
  const { options, folder, log } = deps;
  const place = memoryPlace(options.stateDir, folder);
  const ownership = await own(deps, place, stop);
  switch (ownership.kind) {
    case "owner":
      return open(deps, place, ownership.release);
    case "unavailable": {
      const reason = `${ownership.reason}; what was deployed is not remembered`;
      log.warn(`The state directory ${options.stateDir} cannot be used: ${reason}`);
      return {
        memory: volatileMemory(),
        book: silentBook(deps),
        ownsFolder: true,
        [Symbol.dispose]: () => {},
      };
    }
    case "taken": {
      const owner = `Another deployer (process ${ownership.owner}) keeps "${folder}" deployed`;
      if (options.daemon) {
        if (!stop.aborted) log.error(`${owner}; stop it first`);
        return undefined;
      }
      log.warn(`${owner}: changed manifests are left to it`);
      const { entries } = loadMemory(place.statePath, false);
      const memory = volatileMemory(entries);
      // The status is the owner's to write.
      return { memory, book: silentBook(deps), ownsFolder: false, [Symbol.dispose]: () => {} };
    }
  }
}

async function own(
  { options, clock }: KeepingDeps,
  place: MemoryPlace,
  stop: AbortSignal,
): Promise<Ownership> {
  const untilMs = clock.nowMs() + (options.daemon ? OWNER_WAIT_MS : 0);
  for (;;) {
    const ownership = ownFolder(options.stateDir, place);
    if (ownership.kind !== "taken" || clock.nowMs() >= untilMs) return ownership;
    try {
      await delay(clock, OWNER_LOOK_MS, stop);
    } catch {
      return ownership; // Only the signal rejects a delay: asked to end while waiting.
    }
  }
}

function open({ folder, log, clock }: KeepingDeps, place: MemoryPlace, release: () => void): Keeping {
  const { entries, problem } = loadMemory(place.statePath, true);
  if (problem !== undefined) log.warn(problem);
  const memory = new FileMemory(place.statePath, folder, entries, clock, (reason) =>
    log.warn(`What was deployed cannot be remembered: ${reason}`),
  );
  let isTold = false;
  const write = (status: FolderStatus) => {
    try {
      writeStatus(place.statusPath, status);
      isTold = false;
    } catch (thrown) {
      const reason = errnoName(thrown);
      if (reason === undefined) throw thrown;
      if (!isTold) log.warn(`The status cannot be written to ${place.statusPath}: ${reason}`);
      isTold = true;
    }
  };
  const book = new StatusBook({ folder, clock, write });
  return {
    memory,
    book,
    ownsFolder: true,
    [Symbol.dispose]: () => {
      book[Symbol.dispose]();
      memory[Symbol.dispose]();
      release();
    },
  };
}

function silentBook({ folder, clock }: KeepingDeps): StatusBook {
  return new StatusBook({ folder, clock, write: () => {} });
}
