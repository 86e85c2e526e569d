/**
 * What the image room needs of the engine: a content store addressed by digest, image records, layers as committed
 * snapshots, leases. Facts: spec/pitfalls.md §1.
 */

/** Content descriptor of the OCI image specification. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  readonly urls?: readonly string[];
}

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

export interface ImageRecord {
  readonly name: string;
  readonly target: Descriptor;
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** An open upload of one blob. `offset` says where to go on; when it equals the size, only commit. */
export interface BlobWriter {
  readonly offset: number;
  /** Resolves when another chunk may come (at most 8 unanswered messages). */
  write(chunk: Uint8Array): Promise<void>;
  /** Checks size and digest in the store; on SC_DIGEST_MISMATCH what was stored is thrown away. */
  commit(labels: Readonly<Record<string, string>>): Promise<void>;
  /** Leaves the upload for a later resume. */
  suspend(): Promise<void>;
  /** Throws away what was uploaded. */
  abort(): Promise<void>;
}

/** One lease: content, snapshots and uploads made through it are safe from garbage collection until it is released. */
export interface ContentLease {
  readonly id: string;
  /** undefined when this namespace already has the blob. `ref` is the key under which an upload is resumed. */
  openWriter(ref: string, descriptor: Descriptor, signal: AbortSignal): Promise<BlobWriter | undefined>;
  /**
   * Unpacks one layer onto `parent` (chain id or empty), which the lease must hold, and commits it as `chainId`; one that is
   * there is only put under the lease. SC_DIGEST_MISMATCH when it is not what `diffId` says.
   */
  applyLayer(
    layer: Descriptor,
    parent: string,
    chainId: string,
    diffId: string,
    signal: AbortSignal,
  ): Promise<void>;
  /** Deletes the lease; `collect` runs the garbage collection before it answers. */
  release(collect: boolean): Promise<void>;
}

export interface Content {
  /**
   * A lease that containerd drops by itself after `limitMs`, in case we are killed. undefined: never; containerd counts by the
   * wall clock, which can jump while the work is under way.
   */
  lease(id: string, limitMs: number | undefined, signal: AbortSignal): Promise<ContentLease>;
  /** Ids of the leases that begin with `prefix`. */
  leaseIds(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Deletes all leases that were asked for under `id`, also those that a killed daemon left; missing is fine. What only they
   * held goes: at the next garbage collection, or, with `collect`, before it answers.
   */
  releaseLeases(id: string, collect: boolean, signal: AbortSignal): Promise<void>;
  has(digest: string, signal: AbortSignal): Promise<boolean>;
  /** Whole blob; for manifests and configs. SC_ENGINE_NOT_FOUND; SC_IMAGE_INVALID over `limitBytes`. */
  read(digest: string, limitBytes: number, signal: AbortSignal): Promise<Uint8Array>;
  /** A blob as it comes, for those that are too large to be held. SC_ENGINE_NOT_FOUND. */
  stream(digest: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  setLabels(digest: string, labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  hasSnapshot(chainId: string, signal: AbortSignal): Promise<boolean>;
  /** What an unpacked layer takes on the disk; 0 when it is not there. */
  layerBytes(chainId: string, signal: AbortSignal): Promise<number>;
  /** Chain ids on which snapshots of containers lie, each with the key of one such snapshot. */
  layersInUse(signal: AbortSignal): Promise<ReadonlyMap<string, string>>;

  image(name: string, signal: AbortSignal): Promise<ImageRecord | undefined>;
  images(signal: AbortSignal): Promise<readonly ImageRecord[]>;
  /** Creates or updates. */
  putImage(
    name: string,
    target: Descriptor,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Missing is fine; `collect` frees content and layers before it answers. */
  deleteImage(name: string, collect: boolean, signal: AbortSignal): Promise<void>;
  /** Runs the garbage collection: content and layers that nothing refers to are gone when it resolves. */
  collect(signal: AbortSignal): Promise<void>;
}
