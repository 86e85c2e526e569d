/** Words of the deployers: a wish, where it comes from, and what is remembered of wishes that were fulfilled. */

import type { DesiredContainer } from "../model/container.ts";
import type { Fingerprint } from "./fingerprint.ts";

/**
 * Why a wish is looked at now.
 * - `start`: the deployer has just come up (or its folder came back): content alone decides.
 * - `appeared`: a file was added while we watched.
 * - `modified`: a file was written or touched while we watched.
 */
export type Occasion = "start" | "appeared" | "modified";

/** One desired container, from one source. */
export interface Wish {
  readonly name: string;
  readonly desired: DesiredContainer;
  readonly fingerprint: Fingerprint;
  /** For people and for the memory: the file, or another name of where it comes from. */
  readonly source: string;
  /** Modification time of the file in ns since the epoch; 0n where there is none. */
  readonly modifiedNanos: bigint;
  readonly occasion: Occasion;
}

/** A version that was tried and is not tried again until its file changes. */
export interface RefusedVersion {
  readonly fingerprint: Fingerprint;
  readonly modifiedNanos: bigint;
  readonly reason: string;
}

/** A replacement that was begun; kept until it is finished, so that a deployer that was killed can finish it. */
export interface PendingReplacement {
  readonly fingerprint: Fingerprint;
  readonly oldId: string;
  /** Digests of the image names of attempts before this one whose end is not known either: their successor may come yet. */
  readonly earlierImages?: readonly string[];
  /** The old one was made by such an attempt: it is ours, whatever is remembered besides, and this is what it was. */
  readonly madeOld?: Fingerprint;
  /** `created` of the old container: tells the old one from its successor under the same id. */
  readonly oldCreated: string;
  readonly wasRunning: boolean;
  /** `daemon`: it goes on without us; `us`: only a deployer can finish it. */
  readonly by: "daemon" | "us";
  /** The old one as it was, when it has to be taken away before its successor exists. */
  readonly saved?: DesiredContainer;
}

/** Stands for the id of a container that is being made: found by its name. */
export const NOT_MADE_YET = "";

/** What is remembered of a container that a source of wishes keeps. */
export interface Remembered {
  readonly source: string;
  /** Of the version that runs. */
  readonly fingerprint: Fingerprint;
  readonly modifiedNanos: bigint;
  /** `NOT_MADE_YET` from before it is made until its id is known. */
  readonly containerId: string;
  /** It was there before its file was: not made by us, so never taken away for its file's sake. */
  readonly isAdopted?: true;
  readonly refused?: RefusedVersion;
  readonly pending?: PendingReplacement;
  /** Containers of ours that should be gone and could not be removed. */
  readonly leftovers?: readonly string[];
}

/** The memory of one source of wishes, by container name. */
export interface Memory {
  get(name: string): Remembered | undefined;
  entries(): ReadonlyMap<string, Remembered>;
  /** Durable when it returns if `durable`; otherwise soon. Never throws: a memory that cannot write says so once. */
  set(name: string, remembered: Remembered, durable?: boolean): void;
  forget(name: string): void;
}

/** A memory that lasts as long as the process; it begins with what is given. */
export function volatileMemory(entries: ReadonlyMap<string, Remembered> = new Map()): Memory {
  const all = new Map(entries);
  return {
    get: (name) => all.get(name),
    entries: () => all,
    set: (name, remembered) => void all.set(name, remembered),
    forget: (name) => void all.delete(name),
  };
}
