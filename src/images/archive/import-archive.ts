/** Imports the images of an archive: a first pass finds out what it holds, a second brings the layers into the store. */

import type { ContentLease, Descriptor } from "../../engine/content.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { BlobSource } from "../blob-transfer.ts";
import type { Reservation } from "../disk-guard.ts";
import { ImageBuilder } from "../image-builder.ts";
import type { LocalImage } from "../images.ts";
import { toLocal } from "../local-images.ts";
import { needOf, type PullTools } from "../pull.ts";
import { type DocumentSource, type ResolvedImage, resolveImage } from "../resolved-image.ts";
import { type ArchivedImage, listImages } from "./archive-contents.ts";
import { readArchive } from "./archive-file.ts";
import { ArchiveIndex } from "./archive-index.ts";
import type { TarEntry } from "./tar-reader.ts";

export interface ImportRequest {
  readonly path: string;
  readonly name: string | undefined;
  readonly lease: ContentLease;
  readonly tools: PullTools;
  readonly signal: AbortSignal;
}

/** One layer to store, for the first image that has it. */
interface Wanted {
  readonly builder: ImageBuilder;
  readonly at: number;
  readonly layer: Descriptor;
}

export async function importArchive(request: ImportRequest): Promise<readonly LocalImage[]> {
  const { path, name, lease, tools, signal } = request;
  const archive = await ArchiveIndex.read(path, signal);
  const images: ResolvedImage[] = [];
  for (const found of listImages(archive, name, tools.platform)) {
    const source = documentsOf(archive, found);
    images.push(await resolveImage(found.name, found.digest, tools.platform, source, signal));
  }
  const reserved = await tools.guard.reserve(path, await needOf(images, tools, signal), signal);
  const builders = images.map((image) => new ImageBuilder(tools.shop, image, lease, {}));
  try {
    await tools.guard.watch(path, signal, async (watched) => {
      await storeLayers(archive, images, builders, reserved, watched);
      for (const [number, image] of images.entries()) {
        const builder = builders[number];
        if (builder === undefined) continue;
        for (const [at, layer] of image.manifest.layers.entries()) {
          await builder.unpackLayer(at, layer, watched);
          reserved.unpacked(image.chain[at] ?? "");
        }
        await builder.storeDocuments(watched);
      }
      for (const builder of builders) await builder.nameImage(watched);
    });
  } finally {
    reserved.release();
  }
  return images.map((image) => toLocal({ name: image.name, target: image.target }, image));
}

async function storeLayers(
  archive: ArchiveIndex,
  images: readonly ResolvedImage[],
  builders: readonly ImageBuilder[],
  reserved: Reservation,
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Map<string, Wanted>();
  for (const [number, image] of images.entries()) {
    const builder = builders[number];
    if (builder === undefined) continue;
    for (const [at, layer] of image.manifest.layers.entries()) {
      if (wanted.has(layer.digest)) continue;
      if (archive.memberOf(layer.digest) === undefined)
        throw missing(archive, image.name, `layer ${at + 1}`, layer.digest);
      wanted.set(layer.digest, { builder, at, layer });
    }
  }
  for await (const entry of readArchive(archive.path, signal)) {
    const digest = entry.kind === "file" ? archive.member(entry.name)?.digest : undefined;
    const job = digest === undefined ? undefined : wanted.get(digest);
    if (digest === undefined || job === undefined) continue;
    wanted.delete(digest);
    const onBytes = (stored: number) => reserved.arrived(digest, stored);
    await job.builder.storeLayer(job.at, job.layer, sourceOf(archive, entry), signal, onBytes);
  }
  const [left] = wanted.values();
  if (left !== undefined) throw missing(archive, archive.path, `layer ${left.at + 1}`, left.layer.digest);
}

/** The entry's content, which streams by once. */
function sourceOf(archive: ArchiveIndex, entry: TarEntry): BlobSource {
  let isOpened = false;
  return {
    origin: `archive ${archive.path}`,
    open: async () => {
      if (isOpened) throw missing(archive, archive.path, entry.name, "its content");
      isOpened = true;
      return { offset: 0, chunks: entry.content() };
    },
  };
}

function documentsOf(archive: ArchiveIndex, image: ArchivedImage): DocumentSource {
  const read = (what: string, digest: string): Uint8Array => {
    const bytes = archive.document(digest);
    if (bytes === undefined) throw missing(archive, image.name, what, digest);
    return bytes;
  };
  return {
    origin: `archive ${archive.path}`,
    manifest: async (digest) => ({
      mediaType: digest === image.digest ? image.mediaType : "",
      bytes: (digest === image.digest ? image.madeManifest : undefined) ?? read("the manifest", digest),
    }),
    config: async (descriptor) => read("the configuration", descriptor.digest),
  };
}

/** Either absent, or there under its name with other content: the digest decides. */
function missing(archive: ArchiveIndex, image: string, what: string, digest: string): SupercargoError {
  const hasName = archive.member(`blobs/${digest.replace(":", "/")}`) !== undefined;
  return new SupercargoError(
    hasName ? "SC_DIGEST_MISMATCH" : "SC_IMAGE_INVALID",
    hasName
      ? `image ${image} from archive ${archive.path}: ${what} is not what its digest says: ${digest}`
      : `image ${image} from archive ${archive.path} is unusable: ${what} (${digest}) is missing`,
    { fields: { image, file: archive.path } },
  );
}
