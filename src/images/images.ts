/** What the rest of the house sees of images on the device. Implemented by `image-store.ts`. */

import type { DecryptConfig } from "../model/container.ts";
import type { PullPolicy } from "../model/extras.ts";

/** The parts of an image's configuration that a container takes over. Content of images is never trusted. */
export interface ImageConfig {
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
  /** `user`, `user:group`, `uid`, `uid:gid` or empty. */
  readonly user: string;
  readonly stopSignal: string;
}

/** An image that is complete and unpacked on this device. */
export interface LocalImage {
  readonly name: string;
  readonly digest: string;
  /** Chain id of its top layer: the parent of a container's snapshot. */
  readonly chainId: string;
  readonly config: ImageConfig;
  /** Sum of the compressed blobs. */
  readonly sizeBytes: number;
  /** It takes a key to use it. */
  readonly isEncrypted?: true;
}

export interface PullProgress {
  readonly image: string;
  readonly layerDigest: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
  readonly phase: "waiting" | "fetching" | "unpacking" | "done";
}

export interface EnsureOptions {
  /** Default `missing`. */
  readonly policy?: PullPolicy;
  /** For an encrypted image; undefined: the daemon's own keys. */
  readonly keys?: DecryptConfig | undefined;
  /** Must not throw. */
  readonly onProgress?: (progress: PullProgress) => void;
}

/** What containers are made of. */
export interface Images {
  /** A complete, unpacked image of exactly this name, or undefined. Unpacks what a killed pull left packed. */
  find(name: string, signal: AbortSignal): Promise<LocalImage | undefined>;
  /**
   * The local image, pulled if absent, or as the policy says (`pull-policy.ts`). Many callers of one name share one pull; a
   * caller that gives up leaves it to the others, the last one ends it (what was fetched is kept for a resume). Errors name
   * image, registry and reason.
   */
  ensure(name: string, signal: AbortSignal, options?: EnsureOptions): Promise<LocalImage>;
  /** Whether these keys (undefined: the daemon's own) open an encrypted image that is here; all others pass. SC_IMAGE_LOCKED. */
  checkKeys(name: string, keys: DecryptConfig | undefined, signal: AbortSignal): Promise<void>;
}

/** An image of the device with what is known of its use. */
export interface StoredImage {
  readonly name: string;
  readonly digest: string;
  /** Sum of the compressed blobs; 0 when the image cannot be read. */
  readonly sizeBytes: number;
  /** Complete, for this machine, and unpacked. */
  readonly isUsable: boolean;
  /** Who needs it, for people; undefined: nobody. */
  readonly neededBy: string | undefined;
  /** Counted uptime since it was last needed; 0 while it is. */
  readonly unusedMs: number;
}

export interface Removal {
  readonly names: readonly string[];
  /** What content and layers gave back; with a dry run what they would. */
  readonly freedBytes: number;
}

export interface PruneOptions {
  /** Only what has not been needed for so long. */
  readonly unusedForMs: number;
  /** Nothing is taken away. */
  readonly isDryRun: boolean;
  /** Why, for the log. */
  readonly reason: string;
}

/** What people and tools do with images. */
export interface ImageStock extends Images {
  /** Imports an OCI or docker archive (tar, optionally gzip or zstd); answers the names it had. */
  importArchive(path: string, name: string | undefined, signal: AbortSignal): Promise<readonly LocalImage[]>;
  /**
   * Writes an OCI archive to a path of this device; whole or not at all. Answers its size. SC_IMAGE_NOT_FOUND, SC_IO,
   * SC_DISK_FULL, SC_DIGEST_MISMATCH.
   */
  exportArchive(name: string, path: string, signal: AbortSignal): Promise<number>;
  /** Usable images. */
  list(signal: AbortSignal): Promise<readonly LocalImage[]>;
  /** All images, those too that are of no use here. */
  inventory(signal: AbortSignal): Promise<readonly StoredImage[]>;
  /** SC_IMAGE_NOT_FOUND; SC_IMAGE_IN_USE with the container's name, unless forced. Space is free when it resolves. */
  remove(name: string, signal: AbortSignal, isForced?: boolean): Promise<Removal>;
  /** Removes images that nobody needs. */
  prune(options: PruneOptions, signal: AbortSignal): Promise<Removal>;
}
