/**
 * Keeps a pull from filling the disk: refuses one that cannot fit before anything is fetched, and ends one that takes
 * more than it should while it runs (a layer may unpack to any size; its digest says nothing of that).
 */

import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock, Timer } from "../base/clock.ts";
import { SupercargoError } from "../errors/error.ts";
import { IMAGE_LIMITS } from "./limits.ts";

/** Free bytes of the file system that holds content and layers. */
export type FreeSpace = (signal: AbortSignal) => Promise<number>;

/** Asks the file system of `path`, or of the nearest folder above it that exists. */
export function freeSpaceOf(path: string): FreeSpace {
  return async () => {
    for (let folder = path; ; folder = dirname(folder)) {
      try {
        const stats = await statfs(folder);
        return stats.bavail * stats.bsize;
      } catch (thrown) {
        if (folder === dirname(folder) || !isAbsent(thrown)) throw thrown;
      }
    }
  };
}

function isAbsent(thrown: unknown): boolean {
  return typeof thrown === "object" && thrown !== null && "code" in thrown && thrown.code === "ENOENT";
}

export class DiskGuard {
  constructor(
    /** undefined: nobody told us where the engine keeps its data; only its own errors remain. */
    private readonly freeSpace: FreeSpace | undefined,
    private readonly clock: Clock,
    private readonly reserveBytes: number = IMAGE_LIMITS.reserveBytes,
  ) {}

  /** Throws SC_DISK_FULL with the numbers when `neededBytes` do not fit. */
  async check(image: string, neededBytes: number, signal: AbortSignal): Promise<void> {
    if (this.freeSpace === undefined || neededBytes === 0) return;
    const free = await this.freeSpace(signal);
    if (neededBytes + this.reserveBytes <= free) return;
    throw new SupercargoError(
      "SC_DISK_FULL",
      `not enough space for image ${image}: it needs about ${megabytes(neededBytes)}, ${megabytes(free)} are free and ${megabytes(this.reserveBytes)} of them are kept in reserve`,
      { fields: { image, neededBytes, freeBytes: free, reserveBytes: this.reserveBytes } },
    );
  }

  /** Runs `work`; aborts it with SC_DISK_FULL when free space falls under the reserve. */
  async watch<T>(image: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { freeSpace } = this;
    if (freeSpace === undefined) return work(signal);
    const full = new AbortController();
    let timer: Timer | undefined;
    let isOver = false;
    const look = async (): Promise<void> => {
      const free = await freeSpace(signal);
      if (isOver) return;
      if (free < this.reserveBytes) full.abort(this.#full(image, free));
      else
        timer = this.clock.after(
          IMAGE_LIMITS.spaceCheckMs,
          () => void look().catch((thrown) => full.abort(thrown)),
        );
    };
    timer = this.clock.after(
      IMAGE_LIMITS.spaceCheckMs,
      () => void look().catch((thrown) => full.abort(thrown)),
    );
    try {
      return await work(AbortSignal.any([signal, full.signal]));
    } catch (thrown) {
      if (full.signal.aborted && !signal.aborted) throw full.signal.reason;
      throw thrown;
    } finally {
      isOver = true;
      timer?.cancel();
    }
  }

  #full(image: string, free: number): SupercargoError {
    return new SupercargoError(
      "SC_DISK_FULL",
      `image ${image} was given up: its layers take more space than expected, only ${megabytes(free)} are left`,
      { fields: { image, freeBytes: free, reserveBytes: this.reserveBytes } },
    );
  }
}

/** `12.3 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
