/** Opens uploads into the content store: one writer per key at a time, here and against other clients of containerd. */

import { type Clock, delay } from "../../base/clock.ts";
import { retry } from "../../base/retry.ts";
import { hasCode, SupercargoError } from "../../errors/error.ts";
import { Status } from "../../grpc/grpc-error.ts";
import type { BlobWriter, Descriptor } from "../content.ts";
import type { Connection } from "./connection.ts";
import { statusOf, unlessMissing } from "./engine-errors.ts";
import { ContentDefinition } from "./gen/containerd/services/content.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";
import { Upload } from "./upload.ts";

const LOCK_PAUSE_MS = 100;
const DISCARD_PAUSES = { firstMs: 10, capMs: 200, jitter: 0, attempts: 10 } as const;

export class Uploads {
  /** Ends of the writers that are open now, by key. */
  readonly #open = new Map<string, Promise<void>>();

  constructor(
    private readonly connection: Connection,
    private readonly clock: Clock,
  ) {}

  /**
   * Waits for our own writer of this key, never for containerd's lock (which costs everybody, spec/engine.md §23) except
   * shortly: after a cancelled stream it is free within 5 ms. undefined when the namespace has the blob.
   */
  async open(
    ref: string,
    blob: Descriptor,
    lease: string,
    signal: AbortSignal,
  ): Promise<BlobWriter | undefined> {
    for (let before = this.#open.get(ref); before !== undefined; before = this.#open.get(ref)) {
      await abortable(before, signal);
    }
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#open.set(ref, promise);
    const onEnd = () => {
      if (this.#open.get(ref) === promise) this.#open.delete(ref);
      resolve();
    };
    try {
      const writer = await this.#begin(ref, blob, lease, signal, onEnd);
      if (writer === undefined) onEnd();
      return writer;
    } catch (thrown) {
      onEnd();
      throw thrown;
    }
  }

  /**
   * Throws away what an upload has stored; missing is fine. Right after the stream was cancelled containerd may still be
   * writing into the folder that it deletes (`directory not empty`): tried again.
   */
  async discard(ref: string): Promise<void> {
    const limitMs = TIME_LIMITS_MS.record;
    const signal = AbortSignal.timeout(limitMs);
    await retry(
      () =>
        unlessMissing(this.connection.rpc.unary(ContentDefinition, "abort", { ref }, { signal, limitMs })),
      {
        ...DISCARD_PAUSES,
        clock: this.clock,
        signal,
        shouldRetry: (thrown) => hasCode(thrown, "SC_ENGINE_FAILED"),
      },
    );
  }

  async label(
    digest: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
    lease?: string,
  ): Promise<void> {
    const names = Object.keys(labels);
    if (names.length === 0) return;
    const info = { digest, size: 0, createdAt: undefined, updatedAt: undefined, labels: { ...labels } };
    const updateMask = names.map((name) => `labels.${name}`);
    const options = {
      signal,
      limitMs: TIME_LIMITS_MS.record,
      ...(lease === undefined ? {} : { lease }),
    };
    await this.connection.rpc.unary(ContentDefinition, "update", { info, updateMask }, options);
  }

  async #begin(
    ref: string,
    blob: Descriptor,
    lease: string,
    signal: AbortSignal,
    onEnd: () => void,
  ): Promise<BlobWriter | undefined> {
    const since = this.clock.nowMs();
    for (;;) {
      try {
        return await Upload.begin({
          call: this.connection.rpc.duplex(ContentDefinition, "write", { signal, lease }),
          ref,
          blob,
          clock: this.clock,
          onEnd,
          discard: () => this.discard(ref),
          label: (labels) => this.label(blob.digest, labels, signal, lease),
        });
      } catch (thrown) {
        if (!isLocked(thrown)) throw thrown;
        if (this.clock.nowMs() - since > TIME_LIMITS_MS.uploadLock) throw heldElsewhere(blob, thrown);
        await delay(this.clock, LOCK_PAUSE_MS, signal);
      }
    }
  }
}

function isLocked(thrown: unknown): boolean {
  return (
    statusOf(thrown) === Status.UNAVAILABLE &&
    hasCode(thrown, "SC_ENGINE_UNAVAILABLE") &&
    /locked/.test(thrown.message)
  );
}

function heldElsewhere(blob: Descriptor, cause: unknown): SupercargoError {
  const { digest } = blob;
  return new SupercargoError("SC_TIMEOUT", `another client of containerd is writing ${digest}`, {
    cause,
    fields: { digest },
  });
}

function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
