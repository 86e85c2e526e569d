/** Every bound of the image room in one place: each is tested. */

export const IMAGE_LIMITS = {
  /** A manifest or index. */
  manifestBytes: 4 * 1024 * 1024,
  /** An image's configuration. */
  configBytes: 4 * 1024 * 1024,
  /** Layers of one image: what the kernel stacks at most (OVL_MAX_STACK). */
  layers: 500,
  /** Manifests named by one index. */
  indexEntries: 1000,
  /** Indexes within indexes. */
  indexDepth: 3,
  /** Entries of one list in an image's configuration (env, cmd, entrypoint). */
  configListEntries: 8192,
  /** One text of an image's configuration: what the kernel takes as one argument (MAX_ARG_STRLEN). */
  configTextChars: 131_072,
  /** One blob: 1 TiB; beyond it a size is taken for a lie. */
  blobBytes: 1024 ** 4,

  /** Layers of one image that are fetched side by side (pitfalls §1: two is best). */
  layersAtOnce: 2,
  /** Blobs fetched side by side over all images. */
  blobsAtOnce: 3,
  /** One message to the content store. */
  chunkBytes: 1024 * 1024,
  /** Of each blob that comes over a line: while so much waits for the store, nothing more is read. */
  readAheadBytes: 2 * 1024 * 1024,

  /** Tries to resolve a reference, and to fetch one manifest. */
  resolveAttempts: 4,
  /** Tries of one blob in a row that brought less than `progressBytes`. */
  blobAttempts: 5,
  /** A try that brought at least this much (or the rest) starts the count anew. */
  progressBytes: 64 * 1024,
  /** Tries of one blob altogether. */
  blobAttemptsTotal: 200,
  firstPauseMs: 250,
  longestPauseMs: 4_000,

  /** Counted uptime for which what an unfinished pull has fetched waits for a resume. */
  leaseMs: 24 * 60 * 60 * 1000,
  /** What a failed pull has fetched is kept for a resume from this size on. */
  keepBytes: 1024 * 1024,
  /** From the end of the restore to the first look for expired images. */
  firstLookMs: 3_000,
  /** Between two looks; a power cut loses at most so much of the counted time. */
  lookMs: 15 * 60 * 1000,
  /** After a change of containers, and at least between two looks. */
  soonMs: 1_000,
  lookLimitMs: 10 * 60 * 1000,
  /** How long clean-up may take after the caller has given up. */
  cleanUpMs: 30_000,

  /** Bytes that a compressed layer is expected to become, per byte. */
  unpackFactor: 2.5,
  /** Space that a pull leaves free. */
  reserveBytes: 32 * 1024 * 1024,
  /** Inodes that a pull leaves free. */
  reserveInodes: 200,
  /** Inodes that a blob or an unpacked layer takes at least; how many files a layer has is not known before. */
  inodesEach: 8,
  /** How often free space is looked at while layers arrive. */
  spaceCheckMs: 25,

  /** Entries of an archive. */
  archiveEntries: 20_000,
  /** A path inside an archive. */
  archivePathChars: 4096,
  /** Documents of an archive that are kept in memory, altogether. */
  archiveDocumentBytes: 32 * 1024 * 1024,
  /** Symbolic links followed inside an archive. */
  archiveLinks: 8,
  /** Names remembered to have no lease. */
  releasedNames: 1000,
  /** Parsed images remembered. */
  parsedImages: 128,
} as const;
