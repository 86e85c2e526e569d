/** Free space of the file systems on which containerd keeps content, layers and snapshots. */

import { existsSync, statfsSync } from "node:fs";
import type { Log } from "../base/log.ts";
import type { ContainerdEngine } from "../engine/containerd/containerd-engine.ts";
import type { StorageRoots } from "../engine/containerd/storage-root.ts";
import { fileSystemOf, type SpaceProbe } from "../images/disk-space.ts";
import type { DiskSpace } from "../manager/parts.ts";

/** containerd's usual place; used until it has told its own. */
const USUAL_ROOT = "/var/lib/containerd";

export class StorageSpace {
  #roots: StorageRoots = { snapshots: undefined, content: undefined };

  /** The folders, asked for once containerd answers; the daemon's own home stands in for one that is not visible here. */
  constructor(
    engine: ContainerdEngine,
    private readonly home: string,
    log: Log,
  ) {
    engine.onConnection((connection) => {
      if (connection !== "connected") return;
      engine.storageRoots(AbortSignal.timeout(10_000)).then(
        (roots) => {
          this.#roots = roots;
        },
        (thrown) =>
          log.warn("containerd did not tell where it keeps images and snapshots", { reason: String(thrown) }),
      );
    });
  }

  /** Where snapshots lie, and where states do. */
  readonly look = (): DiskSpace => {
    const { bavail, bsize, files, ffree } = statfsSync(this.#visible(this.#roots.snapshots));
    const states = statfsSync(this.home);
    return {
      freeBytes: bavail * bsize,
      freeInodes: files === 0 ? Number.POSITIVE_INFINITY : ffree,
      stateFreeBytes: states.bavail * states.bsize,
    };
  };

  readonly probe: SpaceProbe = async () => ({
    content: await fileSystemOf(this.#visible(this.#roots.content)),
    layers: await fileSystemOf(this.#visible(this.#roots.snapshots)),
  });

  #visible(told: string | undefined): string {
    return [told, USUAL_ROOT].find((root) => root !== undefined && existsSync(root)) ?? this.home;
  }
}
