/** From a digest to everything that an image consists of: index, manifest, configuration, each checked. */

import type { Descriptor, Platform } from "../engine/content.ts";
import { hasCode, SupercargoError } from "../errors/error.ts";
import { chainIds, sha256 } from "./chain.ts";
import { type ParsedConfig, parseImageConfig } from "./image-config.ts";
import { IMAGE_LIMITS } from "./limits.ts";
import { type ImageIndex, type ImageManifest, invalid, parseManifest, unsupported } from "./manifest.ts";
import { choosePlatform, formatPlatform, rank } from "./platform.ts";

/** Where small documents are read: a registry, an archive, the content store. */
export interface DocumentSource {
  /** For messages. */
  readonly origin: string;
  /** A manifest or index with the type told beside it (empty: none). */
  manifest(
    digest: string,
    signal: AbortSignal,
  ): Promise<{ readonly mediaType: string; readonly bytes: Uint8Array }>;
  config(descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array>;
}

/** A document as it goes into the content store. */
export interface ImageDocument {
  readonly kind: "index" | "manifest" | "config";
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** Place of the chosen entry, for an index. */
  readonly chosen?: { readonly at: number; readonly digest: string };
}

export interface ResolvedImage {
  readonly name: string;
  readonly origin: string;
  /** What the name stands for: the index if there is one, else the manifest. */
  readonly target: Descriptor;
  readonly manifest: ImageManifest;
  readonly config: ParsedConfig;
  /** Chain id per layer, bottom first. */
  readonly chain: readonly string[];
  /** In the order in which they are stored: configuration, manifest, index. */
  readonly documents: readonly ImageDocument[];
}

/** Follows `digest` down to an image for `platform`. Throws SC_IMAGE_INVALID, SC_IMAGE_UNSUPPORTED, SC_DIGEST_MISMATCH. */
export async function resolveImage(
  name: string,
  digest: string,
  platform: Platform,
  source: DocumentSource,
  signal: AbortSignal,
): Promise<ResolvedImage> {
  const indexes: ImageDocument[] = [];
  let wanted = digest;
  let givenType: string | undefined;
  for (let depth = 0; depth <= IMAGE_LIMITS.indexDepth; depth++) {
    const read = await source.manifest(wanted, signal);
    checkDigest(name, source.origin, "its manifest", wanted, read.bytes);
    const parsed = parseManifest(read.bytes, givenType ?? read.mediaType, name, source.origin);
    const descriptor = { mediaType: parsed.mediaType, digest: wanted, size: read.bytes.length };
    if (parsed.kind === "manifest") {
      const document: ImageDocument = { kind: "manifest", descriptor, bytes: read.bytes };
      return finish(name, parsed, [document, ...indexes], platform, source, signal);
    }
    const chosen = choose(name, parsed, platform);
    indexes.unshift({ kind: "index", descriptor, bytes: read.bytes, chosen });
    wanted = chosen.digest;
    givenType = chosen.mediaType;
  }
  throw invalid(name, source.origin, `indexes within indexes, more than ${IMAGE_LIMITS.indexDepth} deep`);
}

async function finish(
  name: string,
  manifest: ImageManifest,
  documents: readonly ImageDocument[],
  platform: Platform,
  source: DocumentSource,
  signal: AbortSignal,
): Promise<ResolvedImage> {
  const bytes = await source.config(manifest.config, signal);
  checkDigest(name, source.origin, "its configuration", manifest.config.digest, bytes);
  const config = parseImageConfig(bytes, manifest.layers.length, name, source.origin);
  if (config.platform !== undefined && rank(platform, config.platform) === undefined) {
    throw wrongPlatform(name, [config.platform], platform);
  }
  const target = documents.at(-1)?.descriptor ?? manifest.config;
  return {
    name,
    origin: source.origin,
    target,
    manifest,
    config,
    chain: chainIds(config.diffIds),
    documents: [{ kind: "config", descriptor: manifest.config, bytes }, ...documents],
  };
}

function choose(
  name: string,
  index: ImageIndex,
  platform: Platform,
): { readonly at: number; readonly digest: string; readonly mediaType: string } {
  const entry = choosePlatform(platform, index.manifests);
  if (entry === undefined) {
    const offered = index.manifests.flatMap((one) => (one.platform === undefined ? [] : [one.platform]));
    throw wrongPlatform(name, offered, platform);
  }
  return { at: index.manifests.indexOf(entry), digest: entry.digest, mediaType: entry.mediaType };
}

function wrongPlatform(name: string, offered: readonly Platform[], wanted: Platform): SupercargoError {
  const known = [...new Set(offered.filter((one) => one.os !== "unknown").map(formatPlatform))];
  const list = known.length === 0 ? "nothing" : known.slice(0, 20).join(", ");
  return unsupported(
    name,
    `image ${name} is not offered for this machine (${formatPlatform(wanted)}), only for: ${list.slice(0, 500)}`,
    "push the image for this platform",
  );
}

function checkDigest(name: string, origin: string, what: string, expected: string, bytes: Uint8Array): void {
  const found = sha256(bytes);
  if (found === expected) return;
  throw new SupercargoError(
    "SC_DIGEST_MISMATCH",
    `image ${name} from ${origin}: ${what} is not what its digest says: expected ${expected}, got ${found}`,
    { fields: { image: name, origin, digest: expected } },
  );
}

/** Sum of what the store keeps of it, compressed. */
export function sizeOf(image: ResolvedImage): number {
  return [...image.documents.map((one) => one.descriptor), ...image.manifest.layers].reduce(
    (sum, one) => sum + one.size,
    0,
  );
}

/** Whether the failure says that content is missing, so that the image has to be fetched anew. */
export function isMissingContent(thrown: unknown): boolean {
  return hasCode(thrown, "SC_ENGINE_NOT_FOUND");
}
