/** The content store on containerd: blobs, image records, leases (`engine/content.ts`). */

import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { SupercargoError } from "../../errors/error.ts";
import { Status } from "../../grpc/grpc-error.ts";
import type { BlobWriter, Content, ContentLease, Descriptor, ImageRecord } from "../content.ts";
import type { Connection } from "./connection.ts";
import { createLease, EXPIRY_LABEL } from "./daemon-lease.ts";
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
  async lease(id: string, limitMs: number, signal: AbortSignal): Promise<ContentLease> {
    const { rpc } = this.connection;
    const labels = { [EXPIRY_LABEL]: new Date(Date.now() + limitMs).toISOString() };
    if (await createLease(rpc, id, labels, signal)) return this.#leaseOf(id);
    const other = `${id}.${crypto.randomUUID()}`;
    await createLease(rpc, other, labels, signal);
    return this.#leaseOf(other);
  }

  async releaseLeases(id: string, collect: boolean, signal: AbortSignal): Promise<void> {
    const { rpc } = this.connection;
    const options = { signal, limitMs: TIME_LIMITS_MS.list };
    const { leases } = await rpc.unary(LeasesDefinition, "list", { filters: [] }, options);
    const ours = leases.filter((lease) => lease.id === id || lease.id.startsWith(`${id}.`));
    // One collection is enough: the last deletion asks for it.
    for (const [at, lease] of ours.entries())
      await this.#release(lease.id, collect && at === ours.length - 1);
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

  setLabels(digest: string, labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    return this.#uploads.label(digest, labels, signal);
  }

  async hasSnapshot(chainId: string, signal: AbortSignal): Promise<boolean> {
    const options = { signal, limitMs: TIME_LIMITS_MS.record };
    const request = { snapshotter: this.snapshotter, key: chainId };
    const stat = this.connection.rpc.unary(SnapshotsDefinition, "stat", request, options);
    return (await unlessMissing(stat)) !== undefined;
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
