/** Where containerd keeps content, layers and snapshots, for looking at the free space of those disks. */

import type { Connection } from "./connection.ts";
import { IntrospectionDefinition } from "./gen/containerd/services/introspection.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

/** Folders; undefined where containerd does not tell. */
export interface StorageRoots {
  readonly snapshots: string | undefined;
  readonly content: string | undefined;
}

const SNAPSHOTTER = "io.containerd.snapshotter.v1";
const CONTENT = "io.containerd.content.v1";

export async function findStorageRoots(
  connection: Connection,
  snapshotter: string,
  signal: AbortSignal,
): Promise<StorageRoots> {
  const { plugins } = await connection.rpc.unary(
    IntrospectionDefinition,
    "plugins",
    { filters: [`type==${SNAPSHOTTER},id==${snapshotter}`, `type==${CONTENT},id==content`] },
    { signal, limitMs: TIME_LIMITS_MS.list },
  );
  const rootOf = (wanted: string) => plugins.find(({ type }) => type === wanted)?.exports["root"];
  return { snapshots: rootOf(SNAPSHOTTER), content: rootOf(CONTENT) };
}
