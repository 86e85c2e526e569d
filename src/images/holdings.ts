/** What images hold on the disk, blob by blob and layer by layer: how much a removal gives back. */

import type { Content } from "../engine/content.ts";
import type { ResolvedImage } from "./resolved-image.ts";

export class Holdings {
  private constructor(
    private readonly images: readonly ResolvedImage[],
    /** Sizes of what is there, by digest and by chain id. */
    private readonly blobs: ReadonlyMap<string, number>,
    private readonly layers: ReadonlyMap<string, number>,
  ) {}

  /** Looks what these images hold now. */
  static async of(
    images: readonly ResolvedImage[],
    content: Content,
    signal: AbortSignal,
  ): Promise<Holdings> {
    const blobs = new Map<string, number>();
    const layers = new Map<string, number>();
    for (const image of images) {
      for (const { digest, size } of blobsOf(image)) {
        if (!blobs.has(digest) && (await content.has(digest, signal))) blobs.set(digest, size);
      }
      for (const chainId of image.chain) {
        if (!layers.has(chainId)) layers.set(chainId, await content.layerBytes(chainId, signal));
      }
    }
    return new Holdings(images, blobs, layers);
  }

  /** Bytes of what is not there any more. */
  async goneBytes(content: Content, signal: AbortSignal): Promise<number> {
    let gone = 0;
    for (const [digest, size] of this.blobs) if (!(await content.has(digest, signal))) gone += size;
    for (const [chainId, size] of this.layers) {
      if (size > 0 && !(await content.hasSnapshot(chainId, signal))) gone += size;
    }
    return gone;
  }

  /** Bytes of what neither the images that stay nor snapshots of containers hold. */
  without(staying: readonly (ResolvedImage | undefined)[], layersInUse: ReadonlyMap<string, string>): number {
    const kept = new Set<string>();
    for (const image of staying) {
      if (image === undefined) continue;
      for (const { digest } of blobsOf(image)) kept.add(digest);
      for (const chainId of image.chain) kept.add(chainId);
    }
    for (const { chain } of this.images) {
      const used = chain.findLastIndex((chainId) => layersInUse.has(chainId));
      for (const chainId of chain.slice(0, used + 1)) kept.add(chainId);
    }
    let bytes = 0;
    for (const [key, size] of [...this.blobs, ...this.layers]) if (!kept.has(key)) bytes += size;
    return bytes;
  }
}

function blobsOf(image: ResolvedImage) {
  return [...image.documents.map(({ descriptor }) => descriptor), ...image.manifest.layers];
}
