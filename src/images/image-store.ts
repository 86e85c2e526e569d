/**
 * The images of this device: looked up, pulled, imported, listed, removed.
 * Invariants: one pull per name, shared by all who want it; a pull's lease is released when it ends, unless it failed
 * for a passing reason and has fetched enough to be worth a resume (then the next pull of that name goes on with
 * it and releases both, or containerd drops it when it expires).
 */

import { type Clock, systemClock } from "../base/clock.ts";
import { KeyedWorker } from "../base/keyed-worker.ts";
import { Limiter } from "../base/limiter.ts";
import type { Log } from "../base/log.ts";
import type { Content, ContentLease, Platform } from "../engine/content.ts";
import { isKind, SupercargoError, toError } from "../errors/error.ts";
import type { RegistryClient } from "../registry/client.ts";
import { sha256 } from "./chain.ts";
import { DiskGuard, type FreeSpace, freeSpaceOf } from "./disk-guard.ts";
import type { Workshop } from "./image-builder.ts";
import type { Images, LocalImage, PullProgress } from "./images.ts";
import { IMAGE_LIMITS } from "./limits.ts";
import { LocalImages, toLocal } from "./local-images.ts";
import { hostPlatform } from "./platform.ts";
import { fetchImage, findInRegistry, type PullTools, type Tell } from "./pull.ts";
import { sizeOf } from "./resolved-image.ts";
import { SharedWork } from "./shared-work.ts";

export interface ImageStoreOptions {
  readonly content: Content;
  readonly registry: RegistryClient;
  readonly log: Log;
  readonly clock?: Clock;
  /** Default: this machine's. */
  readonly platform?: Platform;
  /** Folder where the engine keeps content and layers, for the disk guard; a function for tests. Absent: no guard. */
  readonly diskSpace?: string | FreeSpace;
  readonly reserveBytes?: number;
  /** containerd's name of the snapshotter in use. */
  readonly snapshotter?: string;
}

export class ImageStore implements Images {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #content: Content;
  readonly #tools: PullTools;
  readonly #local: LocalImages;
  readonly #pulls = new SharedWork<LocalImage, PullProgress>();
  /** Names of which this run knows that they have no lease. */
  readonly #released = new Set<string>();

  constructor(options: ImageStoreOptions) {
    this.#log = options.log;
    this.#clock = options.clock ?? systemClock;
    this.#content = options.content;
    const shop: Workshop = {
      content: options.content,
      clock: this.#clock,
      snapshotter: options.snapshotter ?? "overlayfs",
      blobs: new KeyedWorker(),
      blobSlots: new Limiter(IMAGE_LIMITS.blobsAtOnce),
      chains: new KeyedWorker(),
    };
    const { diskSpace, registry, log } = options;
    const freeSpace = typeof diskSpace === "string" ? freeSpaceOf(diskSpace) : diskSpace;
    const guard = new DiskGuard(freeSpace, this.#clock, options.reserveBytes);
    const platform = options.platform ?? hostPlatform();
    this.#tools = { shop, registry, platform, guard, log };
    this.#local = new LocalImages(shop, platform, (name, signal, job) => this.#withLease(name, signal, job));
  }

  async find(name: string, signal: AbortSignal): Promise<LocalImage | undefined> {
    const record = await this.#content.image(name, signal);
    if (record === undefined) return undefined;
    const found = await this.#local.load(record, signal);
    if (found === undefined) {
      this.#log.warn("parts of a stored image are missing, it has to be fetched anew", { image: name });
    }
    return found;
  }

  async ensure(name: string, signal: AbortSignal, onProgress?: Tell): Promise<LocalImage> {
    return this.#pulls.join(name, signal, onProgress, async (shared, tell) => {
      const present = await this.find(name, shared);
      if (present === undefined) return this.#pull(name, shared, tell);
      // A run that was killed between naming the image and releasing its lease left it.
      if (!this.#released.has(name)) await this.#release(name, false);
      return present;
    });
  }

  async importArchive(
    path: string,
    name: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly LocalImage[]> {
    const { importArchive } = await import("./archive/import-archive.ts");
    const started = this.#clock.nowMs();
    const images = await this.#withLease(`archive ${path}`, signal, (lease) =>
      importArchive({ path, name, lease, tools: this.#tools, signal }),
    );
    const names = images.map((image) => image.name).join(", ");
    this.#log.info("images imported", { file: path, images: names, tookMs: this.#since(started) });
    return images;
  }

  async list(signal: AbortSignal): Promise<readonly LocalImage[]> {
    const images: LocalImage[] = [];
    for (const record of await this.#content.images(signal)) {
      try {
        const image = await this.#local.peek(record, signal);
        if (image !== undefined) images.push(image);
      } catch (thrown) {
        // Somebody else's image that is none for us (another platform, an artifact) is not ours to list.
        if (!isKind(thrown, "corrupt", "unsupported")) throw thrown;
        this.#log.debug("a stored image is left out", { image: record.name, reason: thrown.message });
      }
    }
    return images;
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    await this.#content.deleteImage(name, true, signal);
    this.#log.info("image removed", { image: name });
  }

  /** Resolves when no pull runs any more; for the end of the daemon, after the callers' signals have been aborted. */
  whenIdle(): Promise<void> {
    return this.#pulls.whenIdle();
  }

  async #pull(name: string, signal: AbortSignal, tell: Tell): Promise<LocalImage> {
    const started = this.#clock.nowMs();
    const found = await findInRegistry(name, this.#tools, signal);
    const { image, repository } = found;
    const fields = { image: name, registry: repository.host, digest: image.target.digest };
    this.#log.debug("image is pulled", { ...fields, layers: image.manifest.layers.length });
    let storedBytes = 0;
    const onStored = (bytes: number) => {
      storedBytes += bytes;
    };
    await this.#withLease(
      name,
      signal,
      (lease) => fetchImage(found, lease, this.#tools, signal, tell, onStored),
      () => storedBytes >= IMAGE_LIMITS.keepBytes,
    );
    this.#log.info("image pulled", { ...fields, sizeBytes: sizeOf(image), tookMs: this.#since(started) });
    return toLocal({ name, target: image.target }, image);
  }

  /** @param isWorthKeeping asked after a failure that may pass: whether what was done so far is worth a resume. */
  async #withLease<T>(
    name: string,
    signal: AbortSignal,
    job: (lease: ContentLease) => Promise<T>,
    isWorthKeeping: () => boolean = () => false,
  ): Promise<T> {
    this.#released.delete(name);
    const lease = await this.#content.lease(leaseId(name), IMAGE_LIMITS.leaseMs, signal);
    let result: T;
    try {
      result = await job(lease);
    } catch (thrown) {
      const mayPass = signal.aborted || isKind(thrown, "unavailable", "timeout", "cancelled");
      if (mayPass && isWorthKeeping()) {
        this.#log.debug("what was fetched is kept for a resume", { image: name });
      } else {
        await this.#release(name, true);
      }
      throw thrown;
    }
    await this.#release(name, false);
    return result;
  }

  /**
   * Lets the leases of this name go, those of killed runs included. An engine that is away cannot: they expire by
   * themselves, and the next pull of the name releases them.
   */
  async #release(name: string, collect: boolean): Promise<void> {
    try {
      await this.#content.releaseLeases(leaseId(name), collect, AbortSignal.timeout(IMAGE_LIMITS.cleanUpMs));
      if (this.#released.size < IMAGE_LIMITS.releasedNames) this.#released.add(name);
    } catch (thrown) {
      const error = toError(thrown);
      if (!(thrown instanceof SupercargoError) && error.name !== "TimeoutError") throw thrown;
      const code = thrown instanceof SupercargoError ? thrown.code : error.name;
      this.#log.warn("the lease of an image could not be released, it expires within a day", {
        image: name,
        code,
        reason: error.message,
      });
    }
  }

  #since(startedMs: number): number {
    return Math.round(this.#clock.nowMs() - startedMs);
  }
}

/** The same for every try of a name, so that the next one knows what the last one left. */
function leaseId(name: string): string {
  return `supercargo-pull-${sha256(name).slice(7, 39)}`;
}
