/** The one lease of the daemon: holds the snapshots of its containers against garbage collection (spec/engine.md §3). */

import { Status } from "../../grpc/grpc-error.ts";
import { statusOf } from "./engine-errors.ts";
import { LeasesDefinition } from "./gen/containerd/services/leases.ts";
import { SnapshotsDefinition } from "./gen/containerd/services/snapshots.ts";
import type { Rpc } from "./rpc.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

export const EXPIRY_LABEL = "containerd.io/gc.expire";
const BRIDGE_MS = 60 * 60_000;

/**
 * Finds the lease, or makes it. One that would expire is made anew; blobs that an old daemon put into it are let go. A new
 * one takes all snapshots of containers in, so that a lease that somebody deleted does not cost a container.
 */
export async function ensureDaemonLease(
  rpc: Rpc,
  leaseId: string,
  snapshotter: string,
  signal: AbortSignal,
): Promise<void> {
  const options = { signal, limitMs: TIME_LIMITS_MS.record };
  const { leases } = await rpc.unary(LeasesDefinition, "list", { filters: [] }, options);
  const found = leases.find((lease) => lease.id === leaseId);
  if (found !== undefined && found.labels[EXPIRY_LABEL] === undefined) {
    await dropContent(rpc, leaseId, signal);
    return;
  }
  const names = await containerSnapshots(rpc, snapshotter, signal);
  // Held by a second lease meanwhile: a collection can run at any moment. It expires, should we be killed now.
  const bridge = `${leaseId}.${crypto.randomUUID()}`;
  const expiry = new Date(Date.now() + BRIDGE_MS).toISOString();
  await createLease(rpc, bridge, { [EXPIRY_LABEL]: expiry }, signal);
  for (const name of names) await holdSnapshot(rpc, bridge, snapshotter, name, signal);
  if (found !== undefined) {
    await rpc.unary(LeasesDefinition, "delete", { id: leaseId, sync: false }, options);
  }
  await createLease(rpc, leaseId, {}, signal);
  for (const name of names) await holdSnapshot(rpc, leaseId, snapshotter, name, signal);
  await rpc.unary(LeasesDefinition, "delete", { id: bridge, sync: false }, options);
}

/** Answers false when a lease of this id is there already. */
export async function createLease(
  rpc: Rpc,
  id: string,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const request = { id, labels: { ...labels } };
    await rpc.unary(LeasesDefinition, "create", request, { signal, limitMs: TIME_LIMITS_MS.record });
    return true;
  } catch (thrown) {
    if (statusOf(thrown) === Status.ALREADY_EXISTS) return false;
    throw thrown;
  }
}

/** Puts a snapshot that exists under a lease; repeating it is fine. */
export async function holdSnapshot(
  rpc: Rpc,
  leaseId: string,
  snapshotter: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const resource = { id: name, type: `snapshots/${snapshotter}` };
  await rpc.unary(
    LeasesDefinition,
    "addResource",
    { id: leaseId, resource },
    { signal, limitMs: TIME_LIMITS_MS.record },
  );
}

async function dropContent(rpc: Rpc, leaseId: string, signal: AbortSignal): Promise<void> {
  const options = { signal, limitMs: TIME_LIMITS_MS.record };
  const { resources } = await rpc.unary(LeasesDefinition, "listResources", { id: leaseId }, options);
  for (const resource of resources.filter((held) => held.type === "content")) {
    await rpc.unary(LeasesDefinition, "deleteResource", { id: leaseId, resource }, options);
  }
}

/** Names of all snapshots of the namespace that are no part of an image. */
export async function containerSnapshots(
  rpc: Rpc,
  snapshotter: string,
  signal: AbortSignal,
): Promise<string[]> {
  return [...(await snapshotParents(rpc, snapshotter, signal)).keys()];
}

/** All snapshots of the namespace that are no part of an image, each with what it lies on. */
export async function snapshotParents(
  rpc: Rpc,
  snapshotter: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const parents = new Map<string, string>();
  const request = { snapshotter, filters: [] };
  const options = { signal, limitMs: TIME_LIMITS_MS.list };
  for await (const { info } of rpc.serverStream(SnapshotsDefinition, "list", request, options)) {
    for (const { name, parent } of info) if (!isLayer(name)) parents.set(name, parent);
  }
  return parents;
}

/** Whether a snapshot belongs to images: a layer under its chain id, or one that is being unpacked. */
function isLayer(name: string): boolean {
  return name.startsWith("sha256:") || name.startsWith("extract-");
}
