/** Which images an archive holds: an OCI layout (`index.json`) or what `docker save` writes (`manifest.json`). */

import type { Platform } from "../../engine/content.ts";
import { parseReference } from "../../registry/reference.ts";
import { sha256 } from "../chain.ts";
import { isObject, parseObject, textOf } from "../json-checks.ts";
import { IMAGE_LIMITS } from "../limits.ts";
import { type ImageIndex, invalid, parseManifest } from "../manifest.ts";
import { DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, OCI_INDEX } from "../media-types.ts";
import { choosePlatform } from "../platform.ts";
import type { ArchiveIndex } from "./archive-index.ts";

/** An image of the archive under one name. */
export interface ArchivedImage {
  readonly name: string;
  readonly digest: string;
  readonly mediaType: string;
  /** A manifest that was made here because the archive has none. */
  readonly madeManifest?: Uint8Array;
}

/** The images with their names; `name` replaces the archive's own. Throws SC_IMAGE_INVALID. */
export function listImages(
  archive: ArchiveIndex,
  name: string | undefined,
  platform: Platform,
): readonly ArchivedImage[] {
  const layout = archive.documentNamed("index.json");
  if (layout !== undefined) return fromLayout(archive, layout, name, platform);
  const saved = archive.documentNamed("manifest.json");
  if (saved !== undefined) return fromDocker(archive, saved, name);
  throw refuse(
    archive,
    "it is no image archive: it has neither index.json (OCI) nor manifest.json (docker save)",
  );
}

function fromLayout(
  archive: ArchiveIndex,
  bytes: Uint8Array,
  name: string | undefined,
  platform: Platform,
): readonly ArchivedImage[] {
  const index = parseManifest(bytes, OCI_INDEX, archive.path, "this device");
  if (index.kind !== "index") throw refuse(archive, "its index.json is no index");
  const entries = index.manifests.filter((entry) => entry.platform?.os !== "unknown");
  if (name !== undefined) {
    const digests = new Set(entries.map((entry) => entry.digest));
    const only = digests.size === 1 ? entries[0] : choosePlatform(platform, withPlatform(entries));
    if (only === undefined) {
      throw refuse(archive, `it holds ${digests.size} images; which of them is to be ${name} cannot be told`);
    }
    return [{ name, digest: only.digest, mediaType: only.mediaType }];
  }
  const named = entries.flatMap((entry) => {
    const own = nameOf(entry.annotations ?? {});
    return own === undefined ? [] : [{ name: own, digest: entry.digest, mediaType: entry.mediaType }];
  });
  if (named.length === 0) throw refuse(archive, "it does not say what its image is called; give a name");
  return named;
}

function withPlatform(entries: ImageIndex["manifests"]): ImageIndex["manifests"] {
  return entries.filter((entry) => entry.platform !== undefined);
}

function nameOf(annotations: Readonly<Record<string, string>>): string | undefined {
  const own =
    annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"] ?? "";
  return own.includes("/") && own.length <= IMAGE_LIMITS.archivePathChars ? own : undefined;
}

function fromDocker(
  archive: ArchiveIndex,
  bytes: Uint8Array,
  name: string | undefined,
): readonly ArchivedImage[] {
  const list = parseObject(Buffer.concat([Buffer.from('{"list":'), bytes, Buffer.from("}")]))?.["list"];
  if (!Array.isArray(list) || list.length > IMAGE_LIMITS.indexEntries) {
    throw refuse(archive, "its manifest.json is no list of images");
  }
  if (name !== undefined && list.length !== 1) {
    throw refuse(archive, `it holds ${list.length} images; which of them is to be ${name} cannot be told`);
  }
  const images = list.flatMap((entry: unknown) => {
    const made = makeManifest(archive, entry);
    const names = name === undefined ? repoTags(archive, entry) : [name];
    const digest = sha256(made);
    return names.map((one) => ({ name: one, digest, mediaType: DOCKER_MANIFEST, madeManifest: made }));
  });
  if (images.length === 0) throw refuse(archive, "it does not say what its image is called; give a name");
  return images;
}

function repoTags(archive: ArchiveIndex, entry: unknown): readonly string[] {
  const tags = isObject(entry) ? entry["RepoTags"] : undefined;
  if (tags === undefined || tags === null) return [];
  if (!Array.isArray(tags)) throw refuse(archive, "RepoTags in its manifest.json is no list");
  return tags.map((tag: unknown) => {
    const full = completeName(textOf(tag));
    return parseReference(full).text;
  });
}

/** Docker leaves out its own registry and `library`; containerd's tools write the full name. */
function completeName(tag: string): string {
  const slash = tag.indexOf("/");
  if (slash < 0) return `docker.io/library/${tag}`;
  const first = tag.slice(0, slash);
  return /[.:]/.test(first) || first === "localhost" ? tag : `docker.io/${tag}`;
}

/** containerd 1.6 knows zstd in the OCI type alone. */
const LAYER_TYPES = {
  none: DOCKER_LAYER,
  gzip: `${DOCKER_LAYER}.gzip`,
  zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
} as const;

/** docker save has no manifest: one is made of the configuration and the layers' files. */
function makeManifest(archive: ArchiveIndex, entry: unknown): Uint8Array {
  const config = isObject(entry) ? archive.member(textOf(entry["Config"])) : undefined;
  const layers = isObject(entry) ? entry["Layers"] : undefined;
  if (config === undefined)
    throw refuse(archive, "the configuration that its manifest.json names is missing");
  if (!Array.isArray(layers) || layers.length > IMAGE_LIMITS.layers) {
    throw refuse(archive, "its manifest.json has no usable list of layers");
  }
  const found = layers.map((path: unknown) => {
    const member = archive.member(textOf(path));
    if (member === undefined)
      throw refuse(archive, `layer ${JSON.stringify(textOf(path).slice(0, 200))} is missing`);
    const mediaType = LAYER_TYPES[member.compression ?? "none"];
    return { mediaType, size: member.size, digest: member.digest };
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: DOCKER_MANIFEST,
    config: { mediaType: DOCKER_CONFIG, size: config.size, digest: config.digest },
    layers: found,
  };
  return Buffer.from(JSON.stringify(manifest), "utf8");
}

function refuse(archive: ArchiveIndex, reason: string) {
  return invalid(archive.path, "this device", reason);
}
