/** The content store on containerd: blobs, image records, leases (`engine/content.ts`). */

import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { SupercargoError } from "../../errors/error.ts";
import { Status } from "../../grpc/grpc-error.ts";
import type { BlobWriter, Content, ContentLease, Descriptor, ImageRecord } from "../content.ts";
import type { Connection } from "./connection.ts";
import { createLease, EXPIRY_LABEL, snapshotParents } from "./daemon-lease.ts";
import { statusOf, unlessMissing } from "./engine-errors.ts";
import { ContentDefinition } from "./gen/containerd/services/content.ts";
import { type Image, ImagesDefinition } from "./gen/containerd/services/images.ts";
import { LeasesDefinition } from "./gen/containerd/services/leases.ts";
import { SnapshotsDefinition } from "./gen/containerd/services/snapshots.ts";
import { applyLayer } from "./layers.ts";
import { stampOf } from "./stamps.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";
import { Uploads } from "./uploads.ts";

export class ContainerdContent implements Content {
  readonly #uploads: Uploads;

  constructor(
    private readonly connection: Connection,
    private readonly snapshotter: string,
    clock: Clock,
    private readonly log: Log,
  ) {
    this.#uploads = new Uploads(connection, clock);
  }

  /**
   * When a killed daemon left a lease of this id, the new one gets a longer id: the old one keeps its unfinished uploads for
   * a resume until it expires.
   */
  async lease(id: string, limitMs: number | undefined, signal: AbortSignal): Promise<ContentLease> {
    const { rpc } = this.connection;
    const labels: Record<string, string> =
      limitMs === undefined ? {} : { [EXPIRY_LABEL]: new Date(Date.now() + limitMs).toISOString() };
    if (await createLease(rpc, id, labels, signal)) return this.#leaseOf(id);
    const other = `${id}.${crypto.randomUUID()}`;
    await createLease(rpc, other, labels, signal);
    return this.#leaseOf(other);
  }

  async leaseIds(prefix: string, signal: AbortSignal): Promise<readonly string[]> {
    const options = { signal, limitMs: TIME_LIMITS_MS.list };
    const { leases } = await this.connection.rpc.unary(LeasesDefinition, "list", { filters: [] }, options);
    return leases.map((lease) => lease.id).filter((id) => id.startsWith(prefix));
  }

  async releaseLeases(id: string, collect: boolean, signal: AbortSignal): Promise<void> {
    const ours = (await this.leaseIds(id, signal)).filter((one) => one === id || one.startsWith(`${id}.`));
    // One collection is enough: the last deletion asks for it.
    for (const [at, one] of ours.entries()) await this.#release(one, collect && at === ours.length - 1);
  }

  async collect(signal: AbortSignal): Promise<void> {
    // Deleting a lease is the only request that waits for a collection without taking anything away by itself.
    const id = `supercargo-collect-${crypto.randomUUID()}`;
    await createLease(this.connection.rpc, id, {}, signal);
    await this.#release(id, true);
  }

  async has(digest: string, signal: AbortSignal): Promise<boolean> {
    const options = { signal, limitMs: TIME_LIMITS_MS.record };
    const info = this.connection.rpc.unary(ContentDefinition, "info", { digest }, options);
    return (await unlessMissing(info)) !== undefined;
  }

  async read(digest: string, limitBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    const options = { signal, limitMs: TIME_LIMITS_MS.readBlob };
    const request = { digest, offset: 0, size: 0 };
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const { data } of this.connection.rpc.serverStream(
      ContentDefinition,
      "read",
      request,
      options,
    )) {
      size += data.length;
      if (size > limitBytes) {
        throw new SupercargoError("SC_IMAGE_INVALID", `${digest} has more than ${limitBytes} bytes`, {
          fields: { digest },
        });
      }
      chunks.push(data);
    }
    return Buffer.concat(chunks);
  }

  async *stream(digest: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const request = { digest, offset: 0, size: 0 };
    const options = { signal, limitMs: TIME_LIMITS_MS.streamBlob };
    const parts = this.connection.rpc.serverStream(ContentDefinition, "read", request, options);
    for await (const { data } of parts) yield data;
  }

  setLabels(digest: string, labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    return this.#uploads.label(digest, labels, signal);
  }

  async hasSnapshot(chainId: string, signal: AbortSignal): Promise<boolean> {
    const options = { signal, limitMs: TIME_LIMITS_MS.record };
    const request = { snapshotter: this.snapshotter, key: chainId };
    const stat = this.connection.rpc.unary(SnapshotsDefinition, "stat", request, options);
    return (await unlessMissing(stat)) !== undefined;
  }

  async layerBytes(chainId: string, signal: AbortSignal): Promise<number> {
    const options = { signal, limitMs: TIME_LIMITS_MS.usage };
    const request = { snapshotter: this.snapshotter, key: chainId };
    const usage = this.connection.rpc.unary(SnapshotsDefinition, "usage", request, options);
    return (await unlessMissing(usage))?.size ?? 0;
  }

  async layersInUse(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const parents = await snapshotParents(this.connection.rpc, this.snapshotter, signal);
    return new Map([...parents].filter(([, parent]) => parent !== "").map(([key, parent]) => [parent, key]));
  }

  async image(name: string, signal: AbortSignal): Promise<ImageRecord | undefined> {
    const options = { signal, limitMs: TIME_LIMITS_MS.record };
    const found = await unlessMissing(this.connection.rpc.unary(ImagesDefinition, "get", { name }, options));
    return found?.image === undefined ? undefined : recordOf(found.image);
  }

  async images(signal: AbortSignal): Promise<readonly ImageRecord[]> {
    const options = { signal, limitMs: TIME_LIMITS_MS.list };
    const { images } = await this.connection.rpc.unary(ImagesDefinition, "list", { filters: [] }, options);
    return images.map(recordOf);
  }

  async putImage(
    name: string,
    target: Descriptor,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { rpc } = this.connection;
    const { mediaType, digest, size } = target;
    const image = {
      name,
      labels: { ...labels },
      target: { mediaType, digest, size, annotations: { ...target.annotations } },
      createdAt: undefined,
      updatedAt: undefined,
    };
    const options = { signal, limitMs: TIME_LIMITS_MS.record };
    try {
      await rpc.unary(ImagesDefinition, "create", { image }, options);
    } catch (thrown) {
      if (statusOf(thrown) !== Status.ALREADY_EXISTS) throw thrown;
      await rpc.unary(ImagesDefinition, "update", { image, updateMask: undefined }, options);
    }
  }

  async deleteImage(name: string, collect: boolean, signal: AbortSignal): Promise<void> {
    const options = { signal, limitMs: collect ? TIME_LIMITS_MS.collect : TIME_LIMITS_MS.record };
    await unlessMissing(
      this.connection.rpc.unary(ImagesDefinition, "delete", { name, sync: collect }, options),
    );
  }

  #leaseOf(id: string): ContentLease {
    return {
      id,
      openWriter: (ref: string, blob: Descriptor, signal: AbortSignal): Promise<BlobWriter | undefined> =>
        this.#uploads.open(ref, blob, id, signal),
      applyLayer: (layer, parent, chainId, diffId, signal) => {
        const { rpc } = this.connection;
        const target = { rpc, snapshotter: this.snapshotter, leaseId: id, log: this.log };
        return applyLayer(target, { layer, parent, chainId, diffId }, signal);
      },
      release: (collect) => this.#release(id, collect),
    };
  }

  async #release(id: string, collect: boolean): Promise<void> {
    const limitMs = collect ? TIME_LIMITS_MS.collect : TIME_LIMITS_MS.record;
    const options = { signal: AbortSignal.timeout(limitMs), limitMs };
    await unlessMissing(
      this.connection.rpc.unary(LeasesDefinition, "delete", { id, sync: collect }, options),
    );
  }
}

function recordOf(image: Image): ImageRecord {
  const { mediaType = "", digest = "", size = 0, annotations = {} } = image.target ?? {};
  return {
    name: image.name,
    target: { mediaType, digest, size, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    labels: image.labels,
    createdAt: stampOf(image.createdAt),
  };
}
