/** Leases and uploads of the content store in memory. */

import { sha256Hex } from "../../base/hash.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { BlobWriter, ContentLease, Descriptor } from "../content.ts";
import type { FakeContent, HeldLease, Upload } from "./content.ts";

/** A lease of the memory store. */
export class FakeLease implements ContentLease {
  readonly id: string;

  constructor(
    private readonly store: FakeContent,
    private readonly lease: HeldLease,
  ) {
    this.id = lease.id;
  }

  async openWriter(
    ref: string,
    descriptor: Descriptor,
    signal: AbortSignal,
  ): Promise<BlobWriter | undefined> {
    const { store } = this;
    await store.step("openWriter", ref, signal);
    this.#checkAlive();
    if (store.blobs.has(descriptor.digest)) {
      this.lease.digests.add(descriptor.digest);
      return undefined;
    }
    if (store.writing.has(ref)) throw new SupercargoError("SC_ENGINE_UNAVAILABLE", `ref ${ref} locked`);
    store.writing.add(ref);
    this.lease.uploads.add(ref);
    const begun = store.uploads.get(ref) ?? { chunks: [], size: 0 };
    store.uploads.set(ref, begun);
    return new FakeWriter(store, this.lease, ref, descriptor, begun);
  }

  async applyLayer(
    layer: Descriptor,
    parent: string,
    chainId: string,
    diffId: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { store } = this;
    await store.step("applyLayer", chainId, signal);
    this.#checkAlive();
    if (store.snapshots.has(chainId)) {
      this.lease.snapshots.add(chainId);
      return;
    }
    if (parent !== "" && !store.snapshots.has(parent)) {
      throw new SupercargoError("SC_ENGINE_NOT_FOUND", `parent snapshot ${parent} does not exist: not found`);
    }
    const blob = store.blobs.get(layer.digest);
    if (blob === undefined)
      throw new SupercargoError("SC_ENGINE_NOT_FOUND", `content ${layer.digest}: not found`);
    const unpacked = await unpack(layer.mediaType, blob.bytes);
    signal.throwIfAborted();
    store.reserve(unpacked.length);
    const found = digestOf(unpacked);
    if (found !== diffId) {
      throw new SupercargoError(
        "SC_DIGEST_MISMATCH",
        `layer ${layer.digest} unpacks to ${found}, not ${diffId}`,
      );
    }
    store.addSnapshot(chainId, parent, unpacked.length);
    this.lease.snapshots.add(chainId);
  }

  async release(collect: boolean): Promise<void> {
    await this.store.step("release", this.id, undefined);
    this.store.leases.delete(this.id);
    if (collect) this.store.collectNow();
  }

  #checkAlive(): void {
    if (this.store.leases.get(this.id) === this.lease) return;
    throw new SupercargoError("SC_ENGINE_NOT_FOUND", `lease ${this.id}: not found`);
  }
}

class FakeWriter implements BlobWriter {
  readonly offset: number;
  readonly #chunks: Uint8Array[];
  #size: number;
  #isOpen = true;

  constructor(
    private readonly store: FakeContent,
    private readonly lease: HeldLease,
    private readonly ref: string,
    private readonly descriptor: Descriptor,
    begun: Upload,
  ) {
    this.offset = begun.size;
    this.#size = begun.size;
    this.#chunks = [...begun.chunks];
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.store.step("write", this.ref, undefined);
    this.#checkOpen();
    this.store.reserve(chunk.length);
    this.#chunks.push(Uint8Array.from(chunk));
    this.#size += chunk.length;
    this.store.uploads.set(this.ref, { chunks: this.#chunks, size: this.#size });
  }

  async commit(labels: Readonly<Record<string, string>>): Promise<void> {
    await this.store.step("commit", this.ref, undefined);
    this.#checkOpen();
    const bytes = Buffer.concat(this.#chunks);
    this.#close();
    this.store.uploads.delete(this.ref);
    const { digest, size } = this.descriptor;
    if (bytes.length !== size || digestOf(bytes) !== digest) {
      throw new SupercargoError(
        "SC_DIGEST_MISMATCH",
        `unexpected commit digest ${digestOf(bytes)}, expected ${digest}`,
      );
    }
    this.store.blobs.set(digest, { bytes, labels: { ...labels } });
    this.lease.digests.add(digest);
  }

  async suspend(): Promise<void> {
    await this.store.step("suspend", this.ref, undefined);
    this.#close();
  }

  async abort(): Promise<void> {
    await this.store.step("abort", this.ref, undefined);
    this.#close();
    this.store.uploads.delete(this.ref);
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new SupercargoError("SC_ENGINE_FAILED", `writer of ${this.ref} is closed`);
  }

  #close(): void {
    this.#isOpen = false;
    this.store.writing.delete(this.ref);
  }
}

async function unpack(mediaType: string, bytes: Uint8Array): Promise<Uint8Array> {
  const format = mediaType.endsWith("gzip") ? "gzip" : mediaType.endsWith("zstd") ? "zstd" : undefined;
  if (format === undefined) return bytes;
  const { gunzipSync, zstdDecompressSync } = process.getBuiltinModule("node:zlib");
  try {
    return format === "gzip" ? gunzipSync(bytes) : zstdDecompressSync(bytes);
  } catch (cause) {
    throw new SupercargoError(
      "SC_IMAGE_INVALID",
      "layer cannot be unpacked: archive/tar: invalid tar header",
      { cause },
    );
  }
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${sha256Hex(bytes)}`;
}
