/**
 * What a container has written into its own layers: files with content. Folders and empty files are not counted, because the
 * runtime makes such itself for what it mounts (/etc/hosts, /proc, /dev); containerd's own figure counts them.
 */

import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { errnoName } from "../../base/libc.ts";
import type { WrittenLayers } from "../../model/replace.ts";
import type { Mount } from "./gen/containerd/types/mount.ts";
import { overlayFolders } from "./rootfs-mount.ts";

/** Entries looked at: a container is stopped while this is counted, so it must not take long. */
const ENTRY_LIMIT = 20_000;

/**
 * Counts files with content in the uppermost `count` layers of a snapshot; never follows a link. undefined with a snapshotter
 * that does not tell, or when a folder cannot be read.
 */
export async function countWritten(
  mounts: readonly Mount[],
  count: number,
  entryLimit = ENTRY_LIMIT,
): Promise<WrittenLayers | undefined> {
  const only = mounts[0];
  if (only?.type !== "overlay" || mounts.length > 1) return undefined;
  let bytes = 0;
  let files = 0;
  let entries = 0;
  const waiting = overlayFolders(only.options).slice(0, count);
  try {
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      for await (const entry of await opendir(folder)) {
        if (++entries > entryLimit) return { bytes, files, isAll: false };
        const path = join(folder, entry.name);
        if (entry.isDirectory()) waiting.push(path);
        if (!entry.isFile()) continue;
        const { size } = await lstat(path);
        if (size === 0) continue;
        bytes += size;
        files++;
      }
    }
  } catch (thrown) {
    if (errnoName(thrown) === undefined) throw thrown;
    return undefined;
  }
  return { bytes, files, isAll: true };
}
