/**
 * Brings one blob from where it is into the content store.
 * Invariants: bytes are hashed while they stream and checked again by the store; a writer is left in exactly one of
 * three ways: committed, suspended for a later resume, or aborted when what it holds is wrong or the disk is full.
 */

import { type Clock, delay } from "../base/clock.ts";
import { Sha256 } from "../base/hash.ts";
import { backoffMs } from "../base/retry.ts";
import type { BlobWriter, ContentLease, Descriptor } from "../engine/content.ts";
import { hasCode, isKind, SupercargoError, toError } from "../errors/error.ts";
import { IMAGE_LIMITS } from "./limits.ts";
import { readAhead } from "./read-ahead.ts";
import { nameStoreError } from "./store-error.ts";

/** Where blobs come from: a registry or an archive. */
export interface BlobSource {
  /** For messages: `registry host` or `archive /path`. */
  readonly origin: string;
  /** It may break, and what it has brought and nobody has taken yet is lost then: it is read ahead. */
  readonly isLine?: boolean;
  /** The blob from `offset` on, or from an earlier byte when it cannot start there. */
  open(
    descriptor: Descriptor,
    offset: number,
    signal: AbortSignal,
  ): Promise<{ readonly offset: number; readonly chunks: AsyncIterable<Uint8Array> }>;
  /** After wrong content: whether the blob can be had from another place than that. */
  isElsewhere?(descriptor: Descriptor, signal: AbortSignal): Promise<boolean>;
}

export interface BlobJob {
  readonly image: string;
  /** For messages: `layer 2 (sha256:…)`. */
  readonly what: string;
  /** Key of the upload in the store; the same key resumes. */
  readonly ref: string;
  readonly descriptor: Descriptor;
  readonly labels: Readonly<Record<string, string>>;
  readonly source: BlobSource;
  readonly lease: ContentLease;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called with the number of bytes that are in the store. */
  readonly onBytes?: (storedBytes: number) => void;
}

/** Answers false when the store already had the blob. Throws SC_DIGEST_MISMATCH, SC_DISK_FULL, SC_REGISTRY_*, … */
export async function transferBlob(job: BlobJob): Promise<boolean> {
  const writer = await openWriter(job);
  if (writer === undefined) return false;
  const resumed = writer.offset > 0 && writer.offset < job.descriptor.size;
  try {
    await fillWriter(writer, job);
    return true;
  } catch (thrown) {
    // What an earlier run left may be what is wrong: once more from the start, from the source alone.
    if (!hasCode(thrown, "SC_DIGEST_MISMATCH")) throw thrown;
    if (!resumed && (await job.source.isElsewhere?.(job.descriptor, job.signal)) !== true) throw thrown;
    return await transferBlob(job);
  }
}

/** A writer that another holder has not let go yet is waited for: right after a broken connection it is locked for ms. */
async function openWriter(job: BlobJob): Promise<BlobWriter | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await job.lease.openWriter(job.ref, job.descriptor, job.signal);
    } catch (thrown) {
      const isLocked = isKind(thrown, "unavailable") && /locked/.test(thrown.message);
      if (!isLocked || attempt >= IMAGE_LIMITS.blobAttempts) throw nameStoreError(thrown, job.image);
    }
    await delay(job.clock, pauseMs(attempt), job.signal);
  }
}

async function fillWriter(writer: BlobWriter, job: BlobJob): Promise<void> {
  const transfer = new Transfer(writer, job);
  let isSettled = false;
  try {
    await transfer.run();
    isSettled = true;
    await commit(writer, job);
  } catch (thrown) {
    const named = nameStoreError(thrown, job.image);
    if (isSettled) throw named;
    const isRotten = hasCode(named, "SC_DIGEST_MISMATCH", "SC_DISK_FULL");
    const isFull = hasCode(job.signal.reason, "SC_DISK_FULL");
    throw await leave(writer, isRotten || isFull, named);
  }
}

async function commit(writer: BlobWriter, job: BlobJob): Promise<void> {
  try {
    await writer.commit(job.labels);
  } catch (thrown) {
    if (hasCode(thrown, "SC_DIGEST_MISMATCH")) throw wrongDigest(job, "the store found other content");
    throw await leave(writer, hasCode(nameStoreError(thrown, job.image), "SC_DISK_FULL"), thrown);
  }
}

/** Leaves the writer after a failure; the failure stays the news, trouble in leaving becomes its companion. */
async function leave(writer: BlobWriter, throwAway: boolean, failure: unknown): Promise<unknown> {
  try {
    await (throwAway ? writer.abort() : writer.suspend());
    return failure;
  } catch (thrown) {
    if (isKind(thrown, "unavailable", "not-found", "cancelled", "timeout")) return failure;
    return new AggregateError([failure, thrown], toError(failure).message);
  }
}

class Transfer {
  readonly #size: number;
  #written: number;
  /** undefined when an earlier run wrote the beginning: then the store alone checks. */
  readonly #hash: Sha256 | undefined;

  constructor(
    private readonly writer: BlobWriter,
    private readonly job: BlobJob,
  ) {
    this.#size = job.descriptor.size;
    this.#written = writer.offset;
    this.#hash = writer.offset === 0 ? new Sha256() : undefined;
  }

  /** Fetches until the store has every byte; tries again while each few tries bring something. */
  async run(): Promise<void> {
    const { job } = this;
    if (this.#written > this.#size) {
      throw wrongDigest(job, `the store already holds ${this.#written} of ${this.#size} bytes`);
    }
    job.onBytes?.(this.#written);
    let idle = 0;
    for (let attempt = 1; this.#written < this.#size; attempt++) {
      const before = this.#written;
      const failure = await this.#fetchOnce();
      if (this.#written >= this.#size) break;
      const enough = Math.min(IMAGE_LIMITS.progressBytes, this.#size - before);
      idle = this.#written - before >= enough ? 0 : idle + 1;
      if (idle >= IMAGE_LIMITS.blobAttempts || attempt >= IMAGE_LIMITS.blobAttemptsTotal) throw failure;
      await delay(job.clock, Math.max(pauseMs(Math.max(1, idle)), retryAfterOf(failure)), job.signal);
    }
    const digest = this.#hash === undefined ? undefined : `sha256:${this.#hash.hex()}`;
    if (digest !== undefined && digest !== job.descriptor.digest)
      throw wrongDigest(job, `it hashes to ${digest}`);
  }

  /** One request. Returns the failure when another try may help, throws it when not. */
  async #fetchOnce(): Promise<unknown> {
    const { job } = this;
    const reading = new AbortController();
    const signal = AbortSignal.any([job.signal, reading.signal]);
    const giveUp = () => reading.abort(new SupercargoError("SC_CANCELLED", `${job.what} is not read on`));
    try {
      const stream = await job.source.open(job.descriptor, this.#written, signal);
      const chunks =
        job.source.isLine === true
          ? readAhead(stream.chunks, IMAGE_LIMITS.readAheadBytes, giveUp)
          : stream.chunks;
      await this.#drain(stream.offset, chunks);
    } catch (thrown) {
      job.signal.throwIfAborted();
      if (hasCode(thrown, "SC_REGISTRY_UNAVAILABLE", "SC_TIMEOUT")) return thrown;
      throw thrown;
    }
    return new SupercargoError(
      "SC_REGISTRY_UNAVAILABLE",
      `${job.what} of image ${job.image} from ${job.source.origin} ended after ${this.#written} of ${this.#size} bytes`,
      {
        fields: { image: job.image, digest: job.descriptor.digest },
        hint: "the registry's copy may be damaged",
      },
    );
  }

  async #drain(begin: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    let skip = this.#written - begin;
    for await (const whole of chunks) {
      this.job.signal.throwIfAborted();
      const chunk = skip === 0 ? whole : whole.subarray(Math.min(skip, whole.length));
      skip -= whole.length - chunk.length;
      for (let at = 0; at < chunk.length; at += IMAGE_LIMITS.chunkBytes) {
        await this.#write(chunk.subarray(at, at + IMAGE_LIMITS.chunkBytes));
      }
    }
  }

  async #write(chunk: Uint8Array): Promise<void> {
    if (this.#written + chunk.length > this.#size) {
      throw wrongDigest(this.job, `it is longer than its ${this.#size} bytes`);
    }
    this.#hash?.update(chunk);
    await this.writer.write(chunk);
    this.#written += chunk.length;
    this.job.onBytes?.(this.#written);
  }
}

function wrongDigest(job: BlobJob, reason: string): SupercargoError {
  return new SupercargoError(
    "SC_DIGEST_MISMATCH",
    `${job.what} of image ${job.image} from ${job.source.origin} is not what its digest says: ${reason}`,
    {
      fields: { image: job.image, origin: job.source.origin, digest: job.descriptor.digest },
      hint: "the source's copy is damaged or was changed; nothing of it was kept",
    },
  );
}

function pauseMs(attempt: number): number {
  return backoffMs(
    { firstMs: IMAGE_LIMITS.firstPauseMs, capMs: IMAGE_LIMITS.longestPauseMs, jitter: 0.3 },
    attempt,
  );
}

/** How long the registry asked to be left alone. */
export function retryAfterOf(failure: unknown): number {
  const asked = failure instanceof SupercargoError ? failure.fields["retryAfterMs"] : undefined;
  return typeof asked === "number" ? asked : 0;
}
