/** What the rest of the house sees of images on the device. Implemented by `image-store.ts`. */

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
}

export interface PullProgress {
  readonly image: string;
  readonly layerDigest: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
  readonly phase: "waiting" | "fetching" | "unpacking" | "done";
}

export interface Images {
  /** A complete, unpacked image of exactly this name, or undefined. Unpacks what a killed pull left packed. */
  find(name: string, signal: AbortSignal): Promise<LocalImage | undefined>;
  /**
   * The local image, pulled if absent. Many callers of one name share one pull; a caller that gives up leaves it to the
   * others, the last one ends it (what was fetched is kept for a resume). Errors name image, registry and reason.
   */
  ensure(
    name: string,
    signal: AbortSignal,
    onProgress?: (progress: PullProgress) => void,
  ): Promise<LocalImage>;
  /** Imports an OCI or docker archive (tar, optionally gzip); answers the names it had. */
  importArchive(path: string, name: string | undefined, signal: AbortSignal): Promise<readonly LocalImage[]>;
  list(signal: AbortSignal): Promise<readonly LocalImage[]>;
  remove(name: string, signal: AbortSignal): Promise<void>;
}
