/** Reading what is on the device: image records become LocalImages, packed ones are unpacked. */

import type { ContentLease, Descriptor, ImageRecord, Platform } from "../engine/content.ts";
import type { DecryptConfig } from "../model/container.ts";
import { ImageBuilder, type Workshop } from "./image-builder.ts";
import type { LocalImage } from "./images.ts";
import { IMAGE_LIMITS } from "./limits.ts";
import { isEncrypted } from "./media-types.ts";
import {
  type DocumentSource,
  isMissingContent,
  type ResolvedImage,
  resolveImage,
  sizeOf,
} from "./resolved-image.ts";

export class LocalImages {
  /** By digest of the target: content never changes under a digest. The oldest goes first. */
  readonly #parsed = new Map<string, ResolvedImage>();

  constructor(
    private readonly shop: Workshop,
    private readonly platform: Platform,
    /** Runs its job under a lease that is gone afterwards. */
    private readonly withLease: <T>(
      name: string,
      signal: AbortSignal,
      job: (lease: ContentLease) => Promise<T>,
    ) => Promise<T>,
  ) {}

  /** The complete image behind a record, unpacked if need be; undefined when content is missing. */
  async load(
    record: ImageRecord,
    signal: AbortSignal,
    keys?: DecryptConfig,
  ): Promise<LocalImage | undefined> {
    try {
      const image = await this.#parse(record, signal);
      if (!(await this.#isUnpacked(image, signal))) await this.#unpack(image, signal, keys);
      return toLocal(record, image);
    } catch (thrown) {
      if (isMissingContent(thrown)) return undefined;
      throw thrown;
    }
  }

  /** What a record stands for; undefined when content is missing. Throws as `resolveImage`. */
  async read(record: ImageRecord, signal: AbortSignal): Promise<ResolvedImage | undefined> {
    try {
      return await this.#parse(record, signal);
    } catch (thrown) {
      if (isMissingContent(thrown)) return undefined;
      throw thrown;
    }
  }

  /** As `load`, but what is not unpacked counts as absent. */
  async peek(record: ImageRecord, signal: AbortSignal): Promise<LocalImage | undefined> {
    const image = await this.read(record, signal);
    if (image === undefined || !(await this.#isUnpacked(image, signal))) return undefined;
    return toLocal(record, image);
  }

  async #isUnpacked(image: ResolvedImage, signal: AbortSignal): Promise<boolean> {
    const top = image.chain.at(-1);
    return top === undefined || (await this.shop.content.hasSnapshot(top, signal));
  }

  async #unpack(image: ResolvedImage, signal: AbortSignal, keys: DecryptConfig | undefined): Promise<void> {
    await this.withLease(image.name, signal, async (lease) => {
      const builder = new ImageBuilder(this.shop, image, lease, {}, keys);
      for (const [at, layer] of image.manifest.layers.entries()) await builder.unpackLayer(at, layer, signal);
      // The configuration's label keeps the layers from the garbage collection once the lease is gone.
      await builder.storeDocuments(signal);
    });
  }

  async #parse(record: ImageRecord, signal: AbortSignal): Promise<ResolvedImage> {
    const { digest } = record.target;
    const known = this.#parsed.get(digest);
    if (known !== undefined) return { ...known, name: record.name };
    const image = await resolveImage(record.name, digest, this.platform, this.#source(record.target), signal);
    const oldest = this.#parsed.keys().next();
    if (this.#parsed.size >= IMAGE_LIMITS.parsedImages && oldest.done !== true)
      this.#parsed.delete(oldest.value);
    this.#parsed.set(digest, image);
    return image;
  }

  #source(target: Descriptor): DocumentSource {
    const { content } = this.shop;
    return {
      origin: "the content store",
      manifest: async (digest, signal) => ({
        mediaType: digest === target.digest ? target.mediaType : "",
        bytes: await content.read(digest, IMAGE_LIMITS.manifestBytes, signal),
      }),
      config: (descriptor, signal) => content.read(descriptor.digest, IMAGE_LIMITS.configBytes, signal),
    };
  }
}

export function toLocal(record: Pick<ImageRecord, "name" | "target">, image: ResolvedImage): LocalImage {
  return {
    name: record.name,
    digest: record.target.digest,
    chainId: image.chain.at(-1) ?? "",
    config: image.config.config,
    sizeBytes: sizeOf(image),
    ...(image.manifest.layers.some(({ mediaType }) => isEncrypted(mediaType)) && {
      isEncrypted: true as const,
    }),
  };
}
