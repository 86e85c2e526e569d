/** Snapshots of containers and layers. Everything that is made here is held by a lease. */

import { SupercargoError } from "../../errors/error.ts";
import { Status } from "../../grpc/grpc-error.ts";
import type { SnapshotUsage } from "../engine.ts";
import type { Connection } from "./connection.ts";
import { containerSnapshots, holdSnapshot } from "./daemon-lease.ts";
import { statusOf, unlessMissing } from "./engine-errors.ts";
import { type Info, SnapshotsDefinition } from "./gen/containerd/services/snapshots.ts";
import type { Mount } from "./gen/containerd/types/mount.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

export class Snapshots {
  constructor(
    private readonly connection: Connection,
    private readonly snapshotter: string,
    private readonly leaseId: string,
  ) {}

  /** A writable snapshot for a container; one that is there is kept. */
  async prepare(key: string, parent: string, signal: AbortSignal): Promise<void> {
    const { rpc } = this.connection;
    const request = { snapshotter: this.snapshotter, key, parent, labels: {} };
    try {
      const options = { signal, limitMs: TIME_LIMITS_MS.prepareSnapshot, lease: this.leaseId };
      await rpc.unary(SnapshotsDefinition, "prepare", request, options);
    } catch (thrown) {
      if (statusOf(thrown) !== Status.ALREADY_EXISTS) throw thrown;
      if ((await this.stat(key, signal)) !== undefined) {
        await holdSnapshot(rpc, this.leaseId, this.snapshotter, key, signal);
        return;
      }
      // It has a name and no content: containerd was killed while it committed it. Only its removal helps.
      await this.remove(key, signal);
      const options = { signal, limitMs: TIME_LIMITS_MS.prepareSnapshot, lease: this.leaseId };
      await rpc.unary(SnapshotsDefinition, "prepare", request, options);
    }
  }

  async commit(key: string, name: string, signal: AbortSignal): Promise<void> {
    const { rpc } = this.connection;
    const request = { snapshotter: this.snapshotter, name, key, labels: {} };
    try {
      const options = { signal, limitMs: TIME_LIMITS_MS.commitSnapshot, lease: this.leaseId };
      await rpc.unary(SnapshotsDefinition, "commit", request, options);
    } catch (thrown) {
      if (statusOf(thrown) !== Status.NOT_FOUND && statusOf(thrown) !== Status.ALREADY_EXISTS) throw thrown;
      // Done before: the key is gone, the name is there.
      if ((await this.stat(key, signal)) !== undefined || (await this.stat(name, signal)) === undefined) {
        throw thrown;
      }
      await holdSnapshot(rpc, this.leaseId, this.snapshotter, name, signal);
    }
  }

  /** undefined when there is no such snapshot. */
  async stat(key: string, signal: AbortSignal): Promise<Info | undefined> {
    const request = { snapshotter: this.snapshotter, key };
    const options = { signal, limitMs: TIME_LIMITS_MS.record };
    const answer = await unlessMissing(
      this.connection.rpc.unary(SnapshotsDefinition, "stat", request, options),
    );
    return answer?.info;
  }

  async usage(key: string, signal: AbortSignal): Promise<SnapshotUsage> {
    const request = { snapshotter: this.snapshotter, key };
    const options = { signal, limitMs: TIME_LIMITS_MS.usage };
    const { size, inodes } = await this.connection.rpc.unary(SnapshotsDefinition, "usage", request, options);
    return { sizeBytes: size, inodes };
  }

  async mounts(key: string, signal: AbortSignal): Promise<Mount[]> {
    const request = { snapshotter: this.snapshotter, key };
    const options = { signal, limitMs: TIME_LIMITS_MS.record };
    const { mounts } = await this.connection.rpc.unary(SnapshotsDefinition, "mounts", request, options);
    return mounts;
  }

  /** Missing is fine: after its record is deleted the collector may be first (pitfalls §5). */
  async remove(key: string, signal: AbortSignal): Promise<void> {
    const request = { snapshotter: this.snapshotter, key };
    const options = { signal, limitMs: TIME_LIMITS_MS.removeSnapshot, lease: this.leaseId };
    try {
      await unlessMissing(this.connection.rpc.unary(SnapshotsDefinition, "remove", request, options));
    } catch (thrown) {
      if (statusOf(thrown) !== Status.FAILED_PRECONDITION) throw thrown;
      throw new SupercargoError("SC_ENGINE_FAILED", `snapshot ${key} is still used by another one`, {
        cause: thrown,
        fields: { snapshot: key },
      });
    }
  }

  /** Keys of everything that is no part of an image. */
  keys(signal: AbortSignal): Promise<string[]> {
    return containerSnapshots(this.connection.rpc, this.snapshotter, signal);
  }
}
