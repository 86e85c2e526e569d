/** Unpacking one layer onto the one below it (spec/pitfalls.md §1). */

import type { Log } from "../../base/log.ts";
import { hasCode, SupercargoError, toError } from "../../errors/error.ts";
import { Status } from "../../grpc/grpc-error.ts";
import type { Descriptor } from "../content.ts";
import { holdSnapshot } from "./daemon-lease.ts";
import { statusOf, unlessMissing } from "./engine-errors.ts";
import { DiffDefinition } from "./gen/containerd/services/diff.ts";
import { SnapshotsDefinition } from "./gen/containerd/services/snapshots.ts";
import type { Rpc } from "./rpc.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

export interface LayerTarget {
  readonly rpc: Rpc;
  readonly snapshotter: string;
  readonly leaseId: string;
  readonly log: Log;
}

export interface LayerRequest {
  readonly layer: Descriptor;
  /** Chain id of the layer below, or empty. */
  readonly parent: string;
  readonly chainId: string;
  /** Digest that the unpacked layer must have. */
  readonly diffId: string;
}

/**
 * Names in the snapshotter's own database carry a number of containerd's metadata. When that was lost the numbers begin anew
 * and can meet the layers of before, which nobody sees any more; each try takes the next number.
 */
const NAME_TRIES = 10;

/**
 * Unpacks and commits as `chainId`; one that is there is only put under the lease.
 * Throws SC_IMAGE_INVALID for content that is no layer, SC_DIGEST_MISMATCH for another content than the image names.
 */
export async function applyLayer(
  target: LayerTarget,
  request: LayerRequest,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    // Also when another image with the same layer was faster.
    if (await holdExisting(target, request.chainId, signal)) return;
    try {
      await applyOnce(target, request, signal);
      return;
    } catch (thrown) {
      if (statusOf(thrown) !== Status.ALREADY_EXISTS || attempt > NAME_TRIES) throw thrown;
    }
  }
}

async function applyOnce(target: LayerTarget, request: LayerRequest, signal: AbortSignal): Promise<void> {
  const key = `extract-${crypto.randomUUID()} ${request.chainId}`;
  const { rpc, snapshotter, leaseId } = target;
  const prepared = await prepare(target, key, request, signal);
  if (prepared === undefined) return;
  try {
    await unpack(target, request, prepared, signal);
    const commit = { snapshotter, name: request.chainId, key, labels: {} };
    await rpc.unary(SnapshotsDefinition, "commit", commit, {
      signal,
      limitMs: TIME_LIMITS_MS.commitSnapshot,
      lease: leaseId,
    });
  } catch (thrown) {
    await discard(target, key);
    throw thrown;
  }
}

/** containerd 1.6 has no processor for docker's name of the same format. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  "application/vnd.docker.image.rootfs.diff.tar.zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
};

type Mounts = Awaited<ReturnType<typeof prepare>>;

async function prepare(target: LayerTarget, key: string, request: LayerRequest, signal: AbortSignal) {
  const { rpc, snapshotter, leaseId } = target;
  const { parent, chainId } = request;
  const labels = { "containerd.io/snapshot.ref": chainId };
  try {
    const options = { signal, limitMs: TIME_LIMITS_MS.prepareSnapshot, lease: leaseId };
    const { mounts } = await rpc.unary(
      SnapshotsDefinition,
      "prepare",
      { snapshotter, key, parent, labels },
      options,
    );
    return mounts;
  } catch (thrown) {
    // With this label the answer means that the snapshotter has the layer, for another namespace.
    if (statusOf(thrown) === Status.ALREADY_EXISTS && (await holdExisting(target, chainId, signal))) {
      return undefined;
    }
    throw thrown;
  }
}

async function unpack(
  target: LayerTarget,
  request: LayerRequest,
  mounts: NonNullable<Mounts>,
  signal: AbortSignal,
): Promise<void> {
  const { layer, diffId } = request;
  const diff = {
    mediaType: KNOWN_AS[layer.mediaType] ?? layer.mediaType,
    digest: layer.digest,
    size: layer.size,
    annotations: { ...layer.annotations },
  };
  const fields = { layer: layer.digest };
  let applied: string | undefined;
  try {
    const options = { signal, limitMs: TIME_LIMITS_MS.applyLayer, lease: target.leaseId };
    applied = (await target.rpc.unary(DiffDefinition, "apply", { diff, mounts }, options)).applied?.digest;
  } catch (thrown) {
    if (!hasCode(thrown, "SC_ENGINE_FAILED")) throw thrown;
    // Not a tar, cut off, garbage, unknown compression: containerd answers them all alike.
    const reason = toError(thrown).message;
    throw new SupercargoError(
      "SC_IMAGE_INVALID",
      `layer ${layer.digest} (${layer.mediaType}) cannot be unpacked: ${reason}`,
      { cause: thrown, fields },
    );
  }
  if (applied === diffId) return;
  throw new SupercargoError(
    "SC_DIGEST_MISMATCH",
    `layer ${layer.digest} unpacks to ${applied ?? "nothing"}, the image's configuration says ${diffId}`,
    { fields },
  );
}

/** Puts a snapshot that is there under the lease; false when it is not there. */
async function holdExisting(target: LayerTarget, chainId: string, signal: AbortSignal): Promise<boolean> {
  const { rpc, snapshotter, leaseId } = target;
  const options = { signal, limitMs: TIME_LIMITS_MS.record };
  const isThere = async () => {
    const stat = rpc.unary(SnapshotsDefinition, "stat", { snapshotter, key: chainId }, options);
    return (await unlessMissing(stat)) !== undefined;
  };
  if (!(await isThere())) return false;
  await holdSnapshot(rpc, leaseId, snapshotter, chainId, signal);
  // A collection may have taken it in between: containerd lets a lease hold what is not there.
  return await isThere();
}

/** Also when the caller has given up; what cannot be taken away now goes with the lease. */
async function discard(target: LayerTarget, key: string): Promise<void> {
  const { rpc, snapshotter, leaseId, log } = target;
  const limitMs = TIME_LIMITS_MS.removeSnapshot;
  const options = { signal: AbortSignal.timeout(limitMs), limitMs, lease: leaseId };
  try {
    await unlessMissing(rpc.unary(SnapshotsDefinition, "remove", { snapshotter, key }, options));
  } catch (thrown) {
    log.warn("a half unpacked layer stays until its lease ends", { key, reason: toError(thrown).message });
  }
}
