/**
 * Kanto mounts each container's file system a second time, at `<home>/overlayfs/<id>/rootfs`, and uses it for nothing
 * (spec/engine.md §3, §22.20). Such a mount keeps the file system from being removed: it goes when a home is taken over.
 */

import { rmdirSync } from "node:fs";
import { join } from "node:path";
import { type FileSystem, realFileSystem } from "../base/file-system.ts";
import { errnoName, unmount } from "../base/libc.ts";
import type { Log } from "../base/log.ts";
import { toError } from "../errors/error.ts";
import { listIfThere } from "./quarantine.ts";

/** Takes mounts and empty folders away; what cannot be taken away does no harm and is reported. */
export function dropKantoMounts(home: string, log: Log, files: FileSystem = realFileSystem): void {
  const folder = join(home, "overlayfs");
  for (const { name } of listIfThere(folder, files) ?? []) {
    const path = join(folder, name, "rootfs");
    try {
      // Folders only when they are empty: what still is a mount is a container's file system.
      for (const step of [
        () => unmount(path, true),
        () => rmdirSync(path),
        () => rmdirSync(join(folder, name)),
      ])
        unlessGone(step);
    } catch (thrown) {
      if (errnoName(thrown) === undefined) throw thrown;
      log.warn("a mount or folder of Kanto's cannot be taken away", {
        path,
        reason: toError(thrown).message,
      });
    }
  }
}

/** After a reboot there is no mount any more, only folders. */
function unlessGone(step: () => void): void {
  try {
    step();
  } catch (thrown) {
    if (!["EINVAL", "ENOENT"].includes(errnoName(thrown) ?? "")) throw thrown;
  }
}
