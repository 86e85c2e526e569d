/**
 * A content store in memory, for tests of logic. It keeps containerd's rules that matter to its callers (pitfalls §1):
 * uploads resume by their ref, digests are checked at the commit, what no image and no lease refers to is collected.
 */

import { SupercargoError } from "../../errors/error.ts";
import type { Content, ContentLease, Descriptor, ImageRecord } from "../content.ts";
import { FakeLease } from "./content-lease.ts";

interface Blob {
  readonly bytes: Uint8Array;
  labels: Record<string, string>;
}

/** A lease and what it holds. */
export interface HeldLease {
  readonly id: string;
  readonly limitMs: number | undefined;
  readonly digests: Set<string>;
  readonly snapshots: Set<string>;
  readonly uploads: Set<string>;
}

export interface Upload {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
}

export interface FakeContentOptions {
  /** Uploads and layers together; more is refused as by a full disk. */
  readonly capacityBytes?: number;
  /** Called before each step, to make it fail or wait: its name and what it is about. */
  readonly onCall?: (call: string, subject: string) => Promise<void> | void;
}

export class FakeContent implements Content {
  readonly blobs = new Map<string, Blob>();
  /** Committed layers: chain id → parent. */
  readonly snapshots = new Map<string, string>();
  readonly records = new Map<string, ImageRecord>();
  readonly leases = new Map<string, HeldLease>();
  /** Unfinished uploads by ref. */
  readonly uploads = new Map<string, Upload>();
  /** Chain id → key of a container's snapshot on it; the collection keeps them. */
  readonly usedLayers = new Map<string, string>();
  /** Refs with an open writer. */
  readonly writing = new Set<string>();
  readonly #unpackedBytes = new Map<string, number>();

  constructor(readonly options: FakeContentOptions = {}) {}

  async lease(id: string, limitMs: number | undefined, signal: AbortSignal): Promise<ContentLease> {
    await this.step("lease", id, signal);
    const own = this.leases.has(id) ? `${id}.${this.leases.size}` : id;
    const lease = {
      id: own,
      limitMs,
      digests: new Set<string>(),
      snapshots: new Set<string>(),
      uploads: new Set<string>(),
    };
    this.leases.set(own, lease);
    return new FakeLease(this, lease);
  }

  async leaseIds(prefix: string, signal: AbortSignal): Promise<readonly string[]> {
    await this.step("leaseIds", prefix, signal);
    return [...this.leases.keys()].filter((id) => id.startsWith(prefix));
  }

  async releaseLeases(id: string, collect: boolean, signal: AbortSignal): Promise<void> {
    await this.step("releaseLeases", id, signal);
    for (const known of this.leases.keys()) {
      if (known === id || known.startsWith(`${id}.`)) this.leases.delete(known);
    }
    if (collect) this.collectNow();
  }

  async has(digest: string, signal: AbortSignal): Promise<boolean> {
    await this.step("has", digest, signal);
    return this.blobs.has(digest);
  }

  async read(digest: string, limitBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    await this.step("read", digest, signal);
    const blob = this.#blob(digest);
    if (blob.bytes.length > limitBytes) {
      throw new SupercargoError("SC_IMAGE_INVALID", `content ${digest} is larger than ${limitBytes} bytes`);
    }
    return blob.bytes;
  }

  async *stream(digest: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    await this.step("stream", digest, signal);
    const { bytes } = this.#blob(digest);
    const half = Math.ceil(bytes.length / 2);
    yield bytes.subarray(0, half);
    await this.step("stream", digest, signal);
    yield bytes.subarray(half);
  }

  async setLabels(
    digest: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.step("setLabels", digest, signal);
    const blob = this.#blob(digest);
    blob.labels = { ...blob.labels, ...labels };
  }

  async hasSnapshot(chainId: string, signal: AbortSignal): Promise<boolean> {
    await this.step("hasSnapshot", chainId, signal);
    return this.snapshots.has(chainId);
  }

  async layerBytes(chainId: string, signal: AbortSignal): Promise<number> {
    await this.step("layerBytes", chainId, signal);
    return this.#unpackedBytes.get(chainId) ?? 0;
  }

  async layersInUse(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    await this.step("layersInUse", "", signal);
    return new Map(this.usedLayers);
  }

  async image(name: string, signal: AbortSignal): Promise<ImageRecord | undefined> {
    await this.step("image", name, signal);
    return this.records.get(name);
  }

  async images(signal: AbortSignal): Promise<readonly ImageRecord[]> {
    await this.step("images", "", signal);
    return [...this.records.values()];
  }

  async putImage(
    name: string,
    target: Descriptor,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.step("putImage", name, signal);
    const createdAt = this.records.get(name)?.createdAt ?? new Date().toISOString();
    this.records.set(name, { name, target, labels, createdAt });
  }

  async deleteImage(name: string, collect: boolean, signal: AbortSignal): Promise<void> {
    await this.step("deleteImage", name, signal);
    this.records.delete(name);
    if (collect) this.collectNow();
  }

  async collect(): Promise<void> {
    this.collectNow();
  }

  /** The garbage collection: whoever is not reached from an image or a lease goes. */
  collectNow(): void {
    const digests = new Set<string>();
    const snapshots = new Set<string>();
    const uploads = new Set(this.writing);
    for (const chainId of this.usedLayers.keys()) snapshots.add(chainId);
    const queue = [...this.records.values()].map((record) => record.target.digest);
    for (const lease of this.leases.values()) {
      queue.push(...lease.digests);
      for (const chainId of lease.snapshots) snapshots.add(chainId);
      for (const ref of lease.uploads) uploads.add(ref);
    }
    for (let digest = queue.pop(); digest !== undefined; digest = queue.pop()) {
      if (digests.has(digest)) continue;
      digests.add(digest);
      for (const [label, value] of Object.entries(this.blobs.get(digest)?.labels ?? {})) {
        if (label.startsWith("containerd.io/gc.ref.content.")) queue.push(value);
        if (label === "containerd.io/gc.ref.snapshot.overlayfs") snapshots.add(value);
      }
    }
    for (const top of [...snapshots]) {
      for (let id = this.snapshots.get(top); id !== undefined && id !== ""; id = this.snapshots.get(id))
        snapshots.add(id);
    }
    for (const ref of this.uploads.keys()) if (!uploads.has(ref)) this.uploads.delete(ref);
    for (const digest of this.blobs.keys()) if (!digests.has(digest)) this.blobs.delete(digest);
    for (const chainId of this.snapshots.keys()) if (!snapshots.has(chainId)) this.dropSnapshot(chainId);
  }

  dropSnapshot(chainId: string): void {
    this.snapshots.delete(chainId);
    this.#unpackedBytes.delete(chainId);
  }

  addSnapshot(chainId: string, parent: string, bytes: number): void {
    this.snapshots.set(chainId, parent);
    this.#unpackedBytes.set(chainId, bytes);
  }

  get usedBytes(): number {
    let used = 0;
    for (const blob of this.blobs.values()) used += blob.bytes.length;
    for (const upload of this.uploads.values()) used += upload.size;
    for (const bytes of this.#unpackedBytes.values()) used += bytes;
    return used;
  }

  get freeBytes(): number {
    return (this.options.capacityBytes ?? Number.POSITIVE_INFINITY) - this.usedBytes;
  }

  /** containerd's text for a full disk. */
  reserve(bytes: number): void {
    if (bytes <= this.freeBytes) return;
    throw new SupercargoError("SC_DISK_FULL", "write /blobs/ingest/data: no space left on device");
  }

  async step(call: string, subject: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    await this.options.onCall?.(call, subject);
    signal?.throwIfAborted();
  }

  #blob(digest: string): Blob {
    const blob = this.blobs.get(digest);
    if (blob === undefined) throw new SupercargoError("SC_ENGINE_NOT_FOUND", `content ${digest}: not found`);
    return blob;
  }
}
