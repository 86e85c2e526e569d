/**
 * Since when images are not needed any more. Time is the device's counted uptime, kept on the disk: a clock that jumps, or
 * stands at 1970, makes nothing older (DESIGN §4, reliability R14).
 * Invariants: a name is in the record only while nobody needs it, and then since a moment at or after its last use; what the
 * record does not know counts from now on. So a record that is lost, or older than the truth by a power cut, only keeps
 * images longer.
 */

import { dirname } from "node:path";
import { makeFolderDurable, writeFileAtomic } from "../base/atomic-file.ts";
import { errorCode, type FileSystem, isMissing, realFileSystem } from "../base/file-system.ts";
import type { Log } from "../base/log.ts";
import type { Uptime } from "../base/uptime.ts";
import { toError } from "../errors/error.ts";
import { parseObject } from "./json-checks.ts";

export interface LastUseOptions {
  /** undefined: in memory only. */
  readonly path: string | undefined;
  readonly uptime: () => Uptime;
  readonly log: Log;
  readonly files?: FileSystem;
}

const VERSION = 1;

export class LastUse {
  /** Counted uptime in ms, by name. */
  readonly #since = new Map<string, number>();
  #countedMs = 0;
  #at: Uptime;

  constructor(private readonly options: LastUseOptions) {
    this.#at = options.uptime();
    this.#load();
  }

  /** The device's counted uptime in ms. */
  nowMs(): number {
    const now = this.options.uptime();
    const ran = now.bootId === this.#at.bootId ? now.upMs - this.#at.upMs : now.upMs;
    this.#countedMs += Math.max(0, ran);
    this.#at = now;
    return this.#countedMs;
  }

  /** Somebody uses it now: what was counted is forgotten, also after a power cut in the next moment. */
  use(name: string): void {
    if (this.#since.delete(name)) this.save();
  }

  /** How long each of these names has not been needed; names that are new begin to count, all others are forgotten. */
  count(unneeded: readonly string[]): ReadonlyMap<string, number> {
    const now = this.nowMs();
    const known = new Set(unneeded);
    let isChanged = false;
    for (const name of [...this.#since.keys()]) {
      if (!known.has(name)) isChanged = this.#since.delete(name) || isChanged;
    }
    for (const name of known) {
      if (this.#since.has(name)) continue;
      this.#since.set(name, now);
      isChanged = true;
    }
    if (isChanged) this.save();
    return new Map(unneeded.map((name) => [name, now - (this.#since.get(name) ?? now)]));
  }

  /** For how long a name has been counted; 0 when it is not. */
  unusedMs(name: string): number {
    const since = this.#since.get(name);
    return since === undefined ? 0 : this.nowMs() - since;
  }

  /** Whether time matters to anything that is recorded. */
  get isCounting(): boolean {
    return this.#since.size > 0;
  }

  /** Writes what is known. A disk that refuses costs only that images are kept longer: it is told, not thrown. */
  save(): void {
    const { path, files = realFileSystem, log } = this.options;
    if (path === undefined) return;
    const now = this.nowMs();
    const record = {
      version: VERSION,
      bootId: this.#at.bootId,
      upMs: this.#at.upMs,
      countedMs: now,
      unusedSinceMs: [...this.#since],
    };
    try {
      makeFolderDurable(dirname(path), 0o700, files);
      writeFileAtomic(path, `${JSON.stringify(record)}\n`, 0o600, files);
    } catch (thrown) {
      if (errorCode(thrown) === undefined) throw thrown;
      const reason = toError(thrown).message;
      log.warn("the last use of images cannot be saved, they may be kept longer", { file: path, reason });
    }
  }

  #load(): void {
    const { path, files = realFileSystem, log } = this.options;
    if (path === undefined) return;
    let bytes: Uint8Array;
    try {
      bytes = files.read(path);
    } catch (thrown) {
      if (isMissing(thrown)) return;
      if (errorCode(thrown) === undefined) throw thrown;
      log.warn("the last use of images cannot be read, it counts from now", {
        file: path,
        reason: String(thrown),
      });
      return;
    }
    const record = parseRecord(bytes);
    if (record === undefined) {
      log.warn("the last use of images is not understood, it counts from now", { file: path });
      return;
    }
    const { upMs, bootId } = this.#at;
    // Within one boot the time that we were away counts too; of other boots only what was saved, and this one's.
    const ran = bootId === record.bootId ? upMs - record.upMs : upMs;
    this.#countedMs = record.countedMs + Math.max(0, ran);
    for (const [name, since] of record.unusedSinceMs) {
      this.#since.set(name, Math.min(since, record.countedMs));
    }
  }
}

interface StoredRecord extends Uptime {
  readonly countedMs: number;
  readonly unusedSinceMs: readonly (readonly [string, number])[];
}

function parseRecord(bytes: Uint8Array): StoredRecord | undefined {
  const value = parseObject(bytes);
  if (value === undefined || value["version"] !== VERSION) return undefined;
  const { bootId, upMs, countedMs, unusedSinceMs } = value;
  if (typeof bootId !== "string" || !isDuration(upMs) || !isDuration(countedMs)) return undefined;
  if (!Array.isArray(unusedSinceMs)) return undefined;
  const pairs: (readonly [string, number])[] = [];
  for (const pair of unusedSinceMs) {
    if (!Array.isArray(pair)) return undefined;
    const [name, since]: readonly unknown[] = pair;
    if (typeof name !== "string" || !isDuration(since)) return undefined;
    pairs.push([name, since]);
  }
  return { bootId, upMs, countedMs, unusedSinceMs: pairs };
}

function isDuration(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
