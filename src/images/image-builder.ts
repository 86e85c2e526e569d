/**
 * Puts an image together in the engine: blobs with the labels by which containerd's garbage collection and other tools
 * recognise a whole image (pitfalls §1), layers unpacked on each other, at last its name.
 * Invariants: everything is done under one lease; the name appears when all the rest is there.
 */

import type { Clock } from "../base/clock.ts";
import type { KeyedWorker } from "../base/keyed-worker.ts";
import type { Limiter } from "../base/limiter.ts";
import type { Content, ContentLease, Descriptor } from "../engine/content.ts";
import { hasCode } from "../errors/error.ts";
import type { DecryptConfig } from "../model/container.ts";
import { type BlobSource, transferBlob } from "./blob-transfer.ts";
import type { PlainLayer } from "./decrypter.ts";
import type { EncryptedImages } from "./encrypted-images.ts";
import { invalid } from "./manifest.ts";
import { isEncrypted } from "./media-types.ts";
import type { ImageDocument, ResolvedImage } from "./resolved-image.ts";
import { nameStoreError } from "./store-error.ts";

/** What all pulls and imports of one daemon share. */
export interface Workshop {
  readonly content: Content;
  readonly clock: Clock;
  /** Name of the snapshotter in containerd's labels. */
  readonly snapshotter: string;
  /** One writer per digest, whichever image it is for. */
  readonly blobs: KeyedWorker;
  /** Blobs on the wire at the same time. */
  readonly blobSlots: Limiter;
  /** One unpacking per chain id. */
  readonly chains: KeyedWorker;
  readonly encrypted: EncryptedImages;
}

export class ImageBuilder {
  readonly #sourceLabels: Readonly<Record<string, string>>;

  /**
   * @param sourceLabels labels that tell where the blobs came from
   * @param keys of the container for encrypted layers; undefined: the daemon's
   */
  constructor(
    private readonly shop: Workshop,
    private readonly image: ResolvedImage,
    private readonly lease: ContentLease,
    sourceLabels: Readonly<Record<string, string>>,
    private readonly keys?: DecryptConfig,
  ) {
    this.#sourceLabels = sourceLabels;
  }

  /** Stores layer number `at` (0 = bottom). */
  async storeLayer(
    at: number,
    layer: Descriptor,
    source: BlobSource,
    signal: AbortSignal,
    onBytes: (storedBytes: number) => void,
  ): Promise<void> {
    await this.#store({
      descriptor: layer,
      what: `layer ${at + 1} (${layer.digest})`,
      ref: `layer-${layer.digest}`,
      labels: { ...this.#sourceLabels, "containerd.io/uncompressed": this.image.config.diffIds[at] ?? "" },
      source,
      signal,
      onBytes,
    });
  }

  /**
   * Unpacks layer number `at`; the ones below it must be there. One that is there is put under the lease: its image can be
   * removed before ours has its name.
   */
  async unpackLayer(at: number, layer: Descriptor, signal: AbortSignal): Promise<void> {
    const { chain, config } = this.image;
    const chainId = chain[at] ?? "";
    const parent = at === 0 ? "" : (chain[at - 1] ?? "");
    await this.shop.chains.run(
      chainId,
      async () => {
        const apply = (plain: Descriptor) =>
          this.#apply(at, plain, parent, chainId, config.diffIds[at] ?? "", signal);
        const isLocked =
          isEncrypted(layer.mediaType) && !(await this.shop.content.hasSnapshot(chainId, signal));
        if (!isLocked) await apply(layer);
        else
          await this.shop.encrypted.open(this.image, at, this.keys, signal, (plain) =>
            this.#bringIn(at, plain, signal, apply),
          );
      },
      signal,
    );
  }

  /** The opened layer lies in the store while it is unpacked; nothing refers to it afterwards. */
  async #bringIn(
    at: number,
    { descriptor, read }: PlainLayer,
    signal: AbortSignal,
    apply: (plain: Descriptor) => Promise<void>,
  ): Promise<void> {
    await this.#store({
      descriptor,
      what: `the opened layer ${at + 1} (${descriptor.digest})`,
      ref: `layer-${descriptor.digest}`,
      labels: {},
      source: { origin: this.image.origin, open: async () => ({ offset: 0, chunks: read() }) },
      signal,
    });
    await apply(descriptor);
  }

  /** Configuration, manifest and index, in this order. */
  async storeDocuments(signal: AbortSignal): Promise<void> {
    for (const document of this.image.documents) {
      const { descriptor, kind, bytes } = document;
      await this.#store({
        descriptor,
        what: `the ${kind} (${descriptor.digest})`,
        ref: `${kind}-${descriptor.digest}`,
        labels: { ...this.#sourceLabels, ...this.#gcLabels(document) },
        source: { origin: this.image.origin, open: async () => ({ offset: 0, chunks: once(bytes) }) },
        signal,
      });
    }
  }

  /** Gives the image its name: from now on it is there. */
  async nameImage(signal: AbortSignal): Promise<void> {
    const { mediaType, digest, size } = this.image.target;
    await this.shop.content.putImage(this.image.name, { mediaType, digest, size }, {}, signal);
  }

  async #apply(
    at: number,
    layer: Descriptor,
    parent: string,
    chainId: string,
    diffId: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { name, origin } = this.image;
    try {
      await this.lease.applyLayer(layer, parent, chainId, diffId, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const named = nameStoreError(thrown, name);
      if (hasCode(named, "SC_DIGEST_MISMATCH")) {
        throw invalid(name, origin, `layer ${at + 1} (${layer.digest}) does not unpack to ${diffId}`);
      }
      // The layer's digest was right, so the image itself is broken.
      if (hasCode(named, "SC_IMAGE_INVALID")) {
        throw invalid(name, origin, `layer ${at + 1}: ${named.message}`);
      }
      throw named;
    }
  }

  async #store(job: {
    readonly descriptor: Descriptor;
    readonly what: string;
    readonly ref: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly source: BlobSource;
    readonly signal: AbortSignal;
    readonly onBytes?: (storedBytes: number) => void;
  }): Promise<void> {
    const { shop, lease, image } = this;
    const { digest, size } = job.descriptor;
    await shop.blobs.run(
      digest,
      () =>
        shop.blobSlots.run(async () => {
          const wasAbsent = await transferBlob({ ...job, image: image.name, lease, clock: shop.clock });
          if (wasAbsent) return;
          await shop.content.setLabels(digest, job.labels, job.signal);
          job.onBytes?.(size);
        }, job.signal),
      job.signal,
    );
  }

  #gcLabels(document: ImageDocument): Readonly<Record<string, string>> {
    const { manifest, chain } = this.image;
    const prefix = "containerd.io/gc.ref.content";
    if (document.kind === "index") {
      const { chosen } = document;
      return chosen === undefined ? {} : { [`${prefix}.m.${chosen.at}`]: chosen.digest };
    }
    if (document.kind === "manifest") {
      const layers = manifest.layers.map((layer, at) => [`${prefix}.l.${at}`, layer.digest] as const);
      return { [`${prefix}.config`]: manifest.config.digest, ...Object.fromEntries(layers) };
    }
    const top = chain.at(-1);
    return top === undefined ? {} : { [`containerd.io/gc.ref.snapshot.${this.shop.snapshotter}`]: top };
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
