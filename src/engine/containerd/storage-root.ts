/** Where containerd keeps the layers and snapshots, for looking at the free space of that disk. */

import type { Connection } from "./connection.ts";
import { IntrospectionDefinition } from "./gen/containerd/services/introspection.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

const TYPE = "io.containerd.snapshotter.v1";

/** Folder of the snapshotter; undefined when containerd does not tell it. */
export async function findStorageRoot(
  connection: Connection,
  snapshotter: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { plugins } = await connection.rpc.unary(
    IntrospectionDefinition,
    "plugins",
    { filters: [`type==${TYPE},id==${snapshotter}`] },
    { signal, limitMs: TIME_LIMITS_MS.list },
  );
  return plugins.find(({ type, id }) => type === TYPE && id === snapshotter)?.exports["root"];
}
