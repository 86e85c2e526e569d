/** Media types of images, as the OCI image specification and Docker's distribution name them. */

export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
export const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
export const DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
export const DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";

const CONFIG_TYPES: readonly string[] = [OCI_CONFIG, DOCKER_CONFIG];

const LAYER_TYPES: readonly string[] = [
  "application/vnd.oci.image.layer.v1.tar",
  "application/vnd.oci.image.layer.v1.tar+gzip",
  "application/vnd.oci.image.layer.v1.tar+zstd",
  DOCKER_LAYER,
  `${DOCKER_LAYER}.gzip`,
  `${DOCKER_LAYER}.zstd`,
];

export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST;
}

export function isConfigType(mediaType: string): boolean {
  return CONFIG_TYPES.includes(mediaType);
}

const ENCRYPTED = "+encrypted";

/** A layer that has to be opened with a key before it can be unpacked. */
export function isEncrypted(mediaType: string): boolean {
  return mediaType.endsWith(ENCRYPTED);
}

/** Whether containerd can unpack it, once it is opened; otherwise `whyNotLayer` has the reason. */
export function isLayerType(mediaType: string): boolean {
  return LAYER_TYPES.includes(isEncrypted(mediaType) ? mediaType.slice(0, -ENCRYPTED.length) : mediaType);
}

export function isCompressed(mediaType: string): boolean {
  return /[.+](?:gzip|zstd)(?:\+encrypted)?$/.test(mediaType);
}

/** Why a layer of this type cannot be used, in a sentence's end. */
export function whyNotLayer(mediaType: string): string {
  if (mediaType.includes("nondistributable") || mediaType.includes(".foreign.")) {
    return "is not distributed by the registry (its licence forbids that), it would have to come from elsewhere";
  }
  return `has the media type ${JSON.stringify(mediaType.slice(0, 200))}, which is no file system layer`;
}
