/**
 * One keeper process for all FIFOs of this daemon, so that output of a container that ends while the daemon is away is not
 * lost (docs/decisions/0004-log-holder.md). A keeper cannot be given more descriptors, so at a change a new one with all of
 * them is started and only then the old one ended. Invariant: every FIFO ever held stays held by some living keeper until the
 * daemon reads or removes it. Keepers of an earlier daemon live until `releaseInherited`.
 */

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../base/atomic-file.ts";
import type { Clock, Timer } from "../base/clock.ts";
import { unsyncedFileSystem } from "../base/file-system.ts";
import {
  bootId,
  endProcess,
  findKeepers,
  isAlive,
  KEEPER_LIFE_MS,
  type Keeper,
  type ProcessIdentity,
  startKeeper,
} from "../base/keeper-process.ts";
import { errnoName } from "../base/libc.ts";
import type { Log } from "../base/log.ts";
import { backoffMs } from "../base/retry.ts";

/** Changes within this time after a new keeper share the next one. */
const GATHER_MS = 50;
const START_AGAIN = { firstMs: 1000, capMs: 60_000, jitter: 0 };

interface HolderRecord {
  readonly boot: string;
  /** Set while a keeper is being started: one may live that is not listed. */
  readonly starting: boolean;
  readonly keepers: readonly ProcessIdentity[];
}

export interface LogHolderParts {
  /** The folder of all FIFO folders; its path also marks our keepers. */
  readonly root: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Reading descriptors that are open now. */
  readonly descriptors: () => readonly number[];
}

export class LogHolder {
  readonly #path: string;
  readonly #boot = bootId();
  #inherited: readonly ProcessIdentity[] = [];
  #current: Keeper | undefined;
  #timer: Timer | undefined;
  #oldAge: Timer | undefined;
  #startedMs = Number.NEGATIVE_INFINITY;
  #deaths = 0;
  #closed = false;

  constructor(private readonly parts: LogHolderParts) {
    this.#path = join(parts.root, "holder");
  }

  /** Finds what an earlier daemon left. */
  open(): void {
    const record = readRecord(this.#path, this.parts.log);
    if (record === undefined || record.boot !== this.#boot) return;
    const known = record.starting ? findKeepers(this.parts.root) : record.keepers;
    this.#inherited = known.filter(isAlive);
  }

  /** The process that holds now; undefined when none is needed or it could not be started. */
  get keeper(): ProcessIdentity | undefined {
    return this.#current?.identity;
  }

  /** The set of descriptors has changed: soon, changes gathered, a keeper of all of them stands. */
  change(): void {
    const sinceMs = this.parts.clock.nowMs() - this.#startedMs;
    this.#schedule(Math.max(0, GATHER_MS - sinceMs));
  }

  /** All FIFOs that go on are open again: keepers of the earlier daemon are not needed beside the new one. */
  releaseInherited(): void {
    if (this.#inherited.length === 0) return;
    this.#renew();
    // Without a keeper of our own the old ones are all that holds.
    if (this.#current === undefined && this.parts.descriptors().length > 0) return;
    for (const identity of this.#inherited) endProcess(identity);
    this.#inherited = [];
    this.#writeRecord(false);
  }

  /** `keep`: makes sure that everything open is held, and leaves the keeper. Else ends all keepers. */
  close(keep: boolean): void {
    if (this.#closed) return;
    const isPending = this.#timer !== undefined;
    this.#oldAge?.cancel();
    this.#timer?.cancel();
    this.#timer = undefined;
    if (keep) {
      if (isPending) this.#renew();
      this.#closed = true;
      return;
    }
    this.#closed = true;
    for (const identity of this.#inherited) endProcess(identity);
    this.#inherited = [];
    this.#endCurrent();
    this.#writeRecord(false);
  }

  #schedule(delayMs: number): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = this.parts.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#renew();
    });
  }

  #renew(): void {
    this.#startedMs = this.parts.clock.nowMs();
    const descriptors = this.parts.descriptors();
    try {
      if (descriptors.length === 0) {
        this.#endCurrent();
        this.#writeRecord(false);
        return;
      }
      this.#writeRecord(true);
      const before = this.#current;
      this.#current = this.#start(descriptors);
      this.#writeRecord(false, before?.identity);
      if (before !== undefined) endProcess(before.identity);
    } catch (thrown) {
      // Only the guarantee for the time of our absence is lost; the next change tries again.
      this.parts.log.warn(
        "no process could be started that keeps container output while the daemon is away",
        {
          error: String(thrown),
          code: errnoName(thrown),
        },
      );
    }
  }

  #start(descriptors: readonly number[]): Keeper {
    const keeper = startKeeper(descriptors, this.parts.root);
    const onEnd = (): void => {
      if (this.#current !== keeper || this.#closed) return;
      this.#current = undefined;
      this.#deaths++;
      this.parts.log.warn("the process that keeps container output has ended, another is started", {
        pid: keeper.identity.pid,
      });
      this.#schedule(backoffMs(START_AGAIN, this.#deaths));
    };
    keeper.ended.then(onEnd, onEnd);
    this.#oldAge?.cancel();
    this.#oldAge = this.parts.clock.after(KEEPER_LIFE_MS / 2, () => this.change());
    return keeper;
  }

  #endCurrent(): void {
    const before = this.#current;
    this.#current = undefined;
    if (before !== undefined) endProcess(before.identity);
  }

  #writeRecord(starting: boolean, also?: ProcessIdentity): void {
    const keepers = [...this.#inherited];
    if (this.#current !== undefined) keepers.push(this.#current.identity);
    if (also !== undefined) keepers.push(also);
    const record: HolderRecord = { boot: this.#boot, starting, keepers };
    // Somebody may have cleared the folder of what lives only until the next boot.
    mkdirSync(this.parts.root, { recursive: true, mode: 0o700 });
    // Of another boot it says nothing.
    writeFileAtomic(this.#path, `${JSON.stringify(record)}\n`, 0o600, unsyncedFileSystem);
  }
}

function readRecord(path: string, log: Log): HolderRecord | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  log.warn("the record of the process that keeps container output cannot be read, it is made anew", {
    file: path,
  });
  // As if killed while starting one: all processes are looked through.
  return { boot: bootId(), starting: true, keepers: [] };
}

function isRecord(value: unknown): value is HolderRecord {
  if (typeof value !== "object" || value === null) return false;
  if (!("boot" in value) || typeof value.boot !== "string") return false;
  if (!("starting" in value) || typeof value.starting !== "boolean") return false;
  return "keepers" in value && Array.isArray(value.keepers) && value.keepers.every(isIdentity);
}

function isIdentity(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return (
    "pid" in value &&
    typeof value.pid === "number" &&
    "startTicks" in value &&
    typeof value.startTicks === "string"
  );
}
