/** How long containerd may take for an answer, in ms. On a slow device (SD card, one core) these are generous, not typical. */

export const TIME_LIMITS_MS = {
  /** Until the socket is connected and the version has been told. */
  connect: 5_000,
  /** The first connection of `open`. */
  open: 30_000,
  /** Reading or writing a record. */
  record: 15_000,
  /** All tasks, records or snapshots. */
  list: 30_000,
  /** Shim, runc and the container's prestart hooks. */
  createTask: 120_000,
  /** runc and the container's poststart hooks. */
  startTask: 60_000,
  signal: 15_000,
  /** A task whose output is full keeps containerd for 2 s (pitfalls §2). */
  deleteTask: 30_000,
  /** From SIGKILL to the exit. */
  endTask: 10_000,
  /** After a call was given up: containerd's own clean-up takes 5 to 7 s (pitfalls §6). */
  settleTask: 15_000,
  prepareSnapshot: 30_000,
  commitSnapshot: 60_000,
  removeSnapshot: 60_000,
  usage: 60_000,
  /** One layer, compressed gigabytes on slow storage. */
  applyLayer: 30 * 60_000,
  /** With garbage collection. */
  collect: 5 * 60_000,
  /** Without an answer to what was written. */
  uploadStall: 60_000,
  /** For answers to what was written before an upload is left. */
  suspendUpload: 5_000,
  /** Digest of the whole blob is checked. */
  commitBlob: 10 * 60_000,
  /** A lock that another client of containerd holds on an upload. */
  uploadLock: 10_000,
  /** A whole layer, as fast as the reader takes it. */
  streamBlob: 30 * 60_000,
  /** A whole manifest or configuration. */
  readBlob: 60_000,
} as const;

/** Pauses between attempts to connect. */
export const RECONNECT = { firstMs: 50, capMs: 2_000, jitter: 0.2 } as const;

/** containerd answers with up to 16 MiB. */
export const RECEIVE_LIMIT_BYTES = 16 * 1024 * 1024;
