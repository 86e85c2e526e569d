/** Manifests and indexes: hostile JSON becomes checked descriptors, or an error that says what is wrong with it. */

import type { Descriptor, Platform } from "../engine/content.ts";
import { SupercargoError } from "../errors/error.ts";
import { isDigest } from "../registry/reference.ts";
import { isObject, type JsonObject, parseObject, textOf } from "./json-checks.ts";
import { IMAGE_LIMITS } from "./limits.ts";
import {
  isConfigType,
  isIndexType,
  isLayerType,
  isManifestType,
  OCI_INDEX,
  OCI_MANIFEST,
  whyNotLayer,
} from "./media-types.ts";

export interface ImageIndex {
  readonly kind: "index";
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

export interface ImageManifest {
  readonly kind: "manifest";
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/**
 * Parses what a digest or tag led to. `givenType` is the type told beside it (header or descriptor), used when the
 * document names none. `image` and `origin` are for messages. Throws SC_IMAGE_INVALID or SC_IMAGE_UNSUPPORTED.
 */
export function parseManifest(
  bytes: Uint8Array,
  givenType: string,
  image: string,
  origin: string,
): ImageIndex | ImageManifest {
  const fail = (reason: string) => invalid(image, origin, reason);
  if (bytes.length > IMAGE_LIMITS.manifestBytes) {
    throw fail(`its manifest is larger than ${IMAGE_LIMITS.manifestBytes} bytes`);
  }
  const document = parseObject(bytes);
  if (document === undefined) throw fail("its manifest is not a JSON object");
  const mediaType = typeOf(document, givenType);
  if (
    document["schemaVersion"] === 1 ||
    "fsLayers" in document ||
    mediaType.includes("distribution.manifest.v1+")
  ) {
    throw unsupported(
      image,
      `image ${image} from ${origin} has a manifest of schema 1, which registries gave up years ago`,
      "copy it once with a current tool, such as skopeo copy --format v2s2, and use the copy",
    );
  }
  if ("manifests" in document && ("layers" in document || "config" in document)) {
    throw fail("its manifest is an index and an image at the same time");
  }
  if (isIndexType(mediaType)) return parseIndex(document, mediaType, fail);
  if (isManifestType(mediaType)) return parseImage(document, mediaType, image, fail);
  throw unsupported(
    image,
    `${image} from ${origin} is not a container image: its media type is ${JSON.stringify(mediaType.slice(0, 200))}`,
    "",
  );
}

function typeOf(document: JsonObject, givenType: string): string {
  const own = textOf(document["mediaType"]);
  if (own !== "") return own;
  if (isIndexType(givenType) || isManifestType(givenType)) return givenType;
  if (Array.isArray(document["manifests"])) return OCI_INDEX;
  return Array.isArray(document["layers"]) ? OCI_MANIFEST : givenType;
}

function parseIndex(
  document: JsonObject,
  mediaType: string,
  fail: (reason: string) => SupercargoError,
): ImageIndex {
  const list = document["manifests"];
  if (!Array.isArray(list)) throw fail("its index has no list of manifests");
  if (list.length > IMAGE_LIMITS.indexEntries) {
    throw fail(`its index has ${list.length} manifests, more than ${IMAGE_LIMITS.indexEntries}`);
  }
  const manifests = list.map((entry: unknown, at) =>
    parseDescriptor(entry, `manifest ${at} of its index`, fail),
  );
  return { kind: "index", mediaType, manifests };
}

function parseImage(
  document: JsonObject,
  mediaType: string,
  image: string,
  fail: (reason: string) => SupercargoError,
): ImageManifest {
  const config = parseDescriptor(document["config"], "the configuration in its manifest", fail);
  if (!isConfigType(config.mediaType)) {
    throw unsupported(
      image,
      `${image} is not a container image: its configuration has the type ${JSON.stringify(config.mediaType.slice(0, 200))}`,
      "",
    );
  }
  if (config.size > IMAGE_LIMITS.configBytes) {
    throw fail(`its configuration has ${config.size} bytes, more than ${IMAGE_LIMITS.configBytes}`);
  }
  const list = document["layers"];
  if (!Array.isArray(list)) throw fail("its manifest has no list of layers");
  if (list.length > IMAGE_LIMITS.layers) {
    throw fail(`it has ${list.length} layers, more than ${IMAGE_LIMITS.layers}`);
  }
  const layers = list.map((entry: unknown, at) =>
    parseDescriptor(entry, `layer ${at + 1} of its manifest`, fail),
  );
  for (const [at, layer] of layers.entries()) {
    const hasUrls = layer.urls !== undefined && layer.urls.length > 0;
    if (isLayerType(layer.mediaType) && !hasUrls) continue;
    const why = isLayerType(layer.mediaType)
      ? "is to be fetched from another address, which is not done"
      : whyNotLayer(layer.mediaType);
    throw unsupported(image, `image ${image}: layer ${at + 1} (${layer.digest}) ${why}`, "");
  }
  return { kind: "manifest", mediaType, config, layers };
}

/** A content descriptor, every field checked; unknown fields are left out. */
export function parseDescriptor(
  value: unknown,
  what: string,
  fail: (reason: string) => SupercargoError,
): Descriptor {
  if (!isObject(value)) throw fail(`${what} is missing or no object`);
  const mediaType = textOf(value["mediaType"]);
  const digest = textOf(value["digest"]);
  const size = value["size"];
  if (!isDigest(digest)) throw fail(`${what} has no sha256 digest`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0 || size > IMAGE_LIMITS.blobBytes) {
    throw fail(`${what} has an impossible size`);
  }
  const platform = parsePlatform(value["platform"]);
  const annotations = parseAnnotations(value["annotations"]);
  const urls = Array.isArray(value["urls"])
    ? value["urls"].filter((url) => typeof url === "string")
    : undefined;
  return {
    mediaType,
    digest,
    size,
    ...(platform === undefined ? {} : { platform }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(urls === undefined ? {} : { urls }),
  };
}

function parsePlatform(value: unknown): Platform | undefined {
  if (!isObject(value)) return undefined;
  const variant = textOf(value["variant"]);
  return {
    os: textOf(value["os"]),
    architecture: textOf(value["architecture"]),
    ...(variant === "" ? {} : { variant }),
  };
}

function parseAnnotations(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}

/** The image is not what it should be. */
export function invalid(image: string, origin: string, reason: string): SupercargoError {
  return new SupercargoError("SC_IMAGE_INVALID", `image ${image} from ${origin} is unusable: ${reason}`, {
    fields: { image, origin },
  });
}

/** The image is well formed but nothing that we can run. */
export function unsupported(image: string, message: string, hint: string): SupercargoError {
  return new SupercargoError("SC_IMAGE_UNSUPPORTED", message, { hint, fields: { image } });
}
