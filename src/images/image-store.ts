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
import { readUptime } from "../base/uptime.ts";
import type { Content } from "../engine/content.ts";
import { isKind, toError } from "../errors/error.ts";
import type { DecryptConfig } from "../model/container.ts";
import type { PullPolicy } from "../model/extras.ts";
import type { Repository } from "../registry/repository.ts";
import { UnfinishedExports } from "./archive/unfinished-exports.ts";
import { DiskGuard } from "./disk-guard.ts";
import { EncryptedImages } from "./encrypted-images.ts";
import type { Workshop } from "./image-builder.ts";
import { ImageExpiry } from "./image-expiry.ts";
import { ImageKeeping, notHere } from "./image-keeping.ts";
import type { ImageStoreOptions } from "./image-store-options.ts";
import type {
  EnsureOptions,
  ImageStock,
  LocalImage,
  PruneOptions,
  PullProgress,
  Removal,
  StoredImage,
} from "./images.ts";
import { LastUse } from "./last-use.ts";
import { IMAGE_LIMITS } from "./limits.ts";
import { LocalImages, toLocal } from "./local-images.ts";
import { hostPlatform } from "./platform.ts";
import { fetchImage, openRepository, type PullTools, readFromRegistry, type Tell } from "./pull.ts";
import { LEASE_PREFIX, PullLeases } from "./pull-leases.ts";
import { asksRegistry, doesLocalImage } from "./pull-policy.ts";
import { sizeOf } from "./resolved-image.ts";
import { SharedWork } from "./shared-work.ts";

/** What is asked for. */
interface ImageWish {
  readonly name: string;
  readonly policy: PullPolicy;
  readonly keys: DecryptConfig | undefined;
}

export class ImageStore implements ImageStock {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #content: Content;
  readonly #tools: PullTools;
  readonly #local: LocalImages;
  readonly #lastUse: LastUse;
  readonly #keeping: ImageKeeping;
  readonly #pulls = new SharedWork<LocalImage, PullProgress>();
  /** One turn per name: whoever names an image, and whoever takes the name away. */
  readonly #names = new KeyedWorker();
  readonly #leases: PullLeases;
  readonly #unfinished: UnfinishedExports;
  /** Takes away what nobody needs; begins with its `start`. */
  readonly expiry: ImageExpiry;

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
      encrypted: new EncryptedImages(options.content, options.decrypter, options.keys),
    };
    const { content, diskSpace, registry, log } = options;
    const guard = new DiskGuard(diskSpace, this.#clock, options.reserveBytes);
    const platform = options.platform ?? hostPlatform();
    this.#tools = { shop, registry, platform, guard, log, verify: options.verify };
    this.#unfinished = new UnfinishedExports(options.exportsFile, log);
    this.#unfinished.sweep();
    this.#leases = new PullLeases(content, log);
    this.#local = new LocalImages(shop, platform, (name, signal, job) =>
      this.#leases.with(name, signal, job),
    );
    const lastUse = options.lastUse ?? new LastUse({ path: undefined, uptime: readUptime, log });
    this.#lastUse = lastUse;
    const leases = { prefix: LEASE_PREFIX, isBusy: (id: string) => this.#leases.isBusy(id) };
    this.#keeping = new ImageKeeping({
      content,
      local: this.#local,
      lastUse,
      names: this.#names,
      log,
      leases,
    });
    const { expiryMs } = options;
    this.expiry = new ImageExpiry({ keeping: this.#keeping, lastUse, clock: this.#clock, log, expiryMs });
  }

  async find(name: string, signal: AbortSignal): Promise<LocalImage | undefined> {
    const record = await this.#content.image(name, signal);
    if (record === undefined) return undefined;
    const whole = await this.#local.peek(record, signal);
    return whole ?? (await this.#names.run(name, () => this.#load(name, signal), signal));
  }

  ensure(name: string, signal: AbortSignal, options: EnsureOptions = {}): Promise<LocalImage> {
    const { policy = "missing", onProgress, keys } = options;
    // Who has other keys does not share what these open.
    const work = `${policy} ${name} ${keys === undefined ? "" : JSON.stringify(keys)}`;
    return this.#pulls.join(work, signal, onProgress, (shared, tell) =>
      this.#names.run(name, () => this.#ensureAlone({ name, policy, keys }, shared, tell), shared),
    );
  }

  async checkKeys(name: string, keys: DecryptConfig | undefined, signal: AbortSignal): Promise<void> {
    const record = await this.#content.image(name, signal);
    const image = record === undefined ? undefined : await this.#local.read(record, signal);
    if (image !== undefined) await this.#tools.shop.encrypted.check(image, keys, signal);
  }

  async importArchive(
    path: string,
    name: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly LocalImage[]> {
    const { importArchive } = await import("./archive/import-archive.ts");
    const started = this.#clock.nowMs();
    const work = `archive ${path}`;
    const images = await this.#names.run(
      work,
      () =>
        this.#leases.with(work, signal, (lease) =>
          importArchive({ path, name, lease, tools: this.#tools, signal }),
        ),
      signal,
    );
    for (const image of images) this.#lastUse.use(image.name);
    const names = images.map((image) => image.name).join(", ");
    this.#log.info("images imported", { file: path, images: names, tookMs: this.#since(started) });
    return images;
  }

  async exportArchive(name: string, path: string, signal: AbortSignal): Promise<number> {
    const { exportArchive } = await import("./archive/export-archive.ts");
    const started = this.#clock.nowMs();
    const sizeBytes = await this.#keeping.hold(name, async () => {
      const record = await this.#content.image(name, signal);
      const image = record === undefined ? undefined : await this.#local.read(record, signal);
      if (image === undefined) throw notHere(name);
      const request = { image, path, content: this.#content, unfinished: this.#unfinished, signal };
      return await this.#names.run(`export ${path}`, () => exportArchive(request), signal);
    });
    this.#log.info("image exported", { image: name, file: path, sizeBytes, tookMs: this.#since(started) });
    return sizeBytes;
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

  inventory(signal: AbortSignal): Promise<readonly StoredImage[]> {
    return this.#keeping.inventory(signal);
  }

  remove(name: string, signal: AbortSignal, isForced = false): Promise<Removal> {
    return this.#keeping.remove(name, isForced, signal);
  }

  prune(options: PruneOptions, signal: AbortSignal): Promise<Removal> {
    return this.#keeping.prune(options, signal);
  }

  /** Resolves when no pull runs any more; for the end of the daemon, after the callers' signals have been aborted. */
  whenIdle(): Promise<void> {
    return this.#pulls.whenIdle();
  }

  /** In the turn of the name: what is packed is unpacked. */
  async #load(name: string, signal: AbortSignal, keys?: DecryptConfig): Promise<LocalImage | undefined> {
    const record = await this.#content.image(name, signal);
    if (record === undefined) return undefined;
    const found = await this.#local.load(record, signal, keys);
    if (found === undefined) {
      this.#log.warn("parts of a stored image are missing, it has to be fetched anew", { image: name });
    }
    return found;
  }

  async #ensureAlone(wish: ImageWish, signal: AbortSignal, tell: Tell): Promise<LocalImage> {
    const { name, keys } = wish;
    const image = await this.#get(wish, signal, tell);
    this.#lastUse.use(name);
    if (image.isEncrypted === true) await this.checkKeys(name, keys, signal);
    return image;
  }

  async #get(wish: ImageWish, signal: AbortSignal, tell: Tell): Promise<LocalImage> {
    const { name, policy, keys } = wish;
    const present = await this.#load(name, signal, keys);
    if (present === undefined) {
      return await this.#pull(wish, await openRepository(name, this.#tools, signal), signal, tell);
    }
    this.#lastUse.use(name);
    if (asksRegistry(policy, name)) return await this.#refresh(present, wish, signal, tell);
    await this.#leases.releaseLeft(name);
    return present;
  }

  /** What the registry has under the name now, or the image that is here when it cannot say. */
  async #refresh(present: LocalImage, wish: ImageWish, signal: AbortSignal, tell: Tell): Promise<LocalImage> {
    const { name, policy } = wish;
    try {
      const repository = await openRepository(name, this.#tools, signal);
      if (policy === "newer" && repository.digest === present.digest) return present;
      const pulled = await this.#pull(wish, repository, signal, tell);
      // What only the earlier image held goes now and not some day.
      if (pulled.digest !== present.digest) await this.#content.collect(signal);
      return pulled;
    } catch (thrown) {
      signal.throwIfAborted();
      if (!doesLocalImage(policy, thrown)) throw thrown;
      const reason = toError(thrown).message;
      const fields = { image: name, policy, digest: present.digest, reason };
      this.#log.warn("the registry cannot be asked for a newer image, the one that is here is used", fields);
      return present;
    }
  }

  async #pull(
    { name, keys }: ImageWish,
    repository: Repository,
    signal: AbortSignal,
    tell: Tell,
  ): Promise<LocalImage> {
    const started = this.#clock.nowMs();
    await this.#tools.verify?.(name, repository, signal);
    const found = await readFromRegistry(name, repository, this.#tools, signal);
    const { image } = found;
    this.#tools.shop.encrypted.expectKeys(image, keys);
    const fields = { image: name, registry: repository.host, digest: image.target.digest };
    this.#log.debug("image is pulled", { ...fields, layers: image.manifest.layers.length });
    let storedBytes = 0;
    const onStored = (bytes: number) => {
      storedBytes += bytes;
    };
    await this.#leases.with(
      name,
      signal,
      (lease) => fetchImage(found, lease, this.#tools, signal, tell, onStored, keys),
      () => storedBytes >= IMAGE_LIMITS.keepBytes,
    );
    this.#log.info("image pulled", { ...fields, sizeBytes: sizeOf(image), tookMs: this.#since(started) });
    return toLocal({ name, target: image.target }, image);
  }

  #since(startedMs: number): number {
    return Math.round(this.#clock.nowMs() - startedMs);
  }
}
