/**
 * Shows a snapshot's files at a private place for a moment, read-only, without device files, programs or set-user-id: what is
 * in it comes from an image. The layers are mounted under short links, so that many of them fit the kernel's 4096 bytes.
 */

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { errnoName, MOUNT_READ_ONLY, mount, unmount } from "../../base/libc.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { Mount } from "./gen/containerd/types/mount.ts";

/** nosuid, nodev, noexec (sys/mount.h). */
const HARMLESS = MOUNT_READ_ONLY | 2n | 4n | 8n;
const PREFIX = "rootfs-";
const ROOT = "root";

/** Runs `use` with the path of the files and takes the mount away afterwards. */
export async function withMounted<T>(
  scratchDir: string,
  mounts: readonly Mount[],
  use: (path: string) => Promise<T>,
): Promise<T> {
  const only = mounts[0];
  if (only === undefined || mounts.length > 1) {
    throw new SupercargoError("SC_ENGINE_FAILED", `a snapshot has ${mounts.length} mounts instead of one`);
  }
  // A snapshot without layers below it is a plain folder.
  if (only.type === "bind") return await use(only.source);
  if (only.type !== "overlay") {
    throw new SupercargoError("SC_ENGINE_FAILED", `mounts of type ${only.type} are not known`);
  }
  mkdirSync(scratchDir, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(scratchDir, PREFIX));
  try {
    chmodSync(folder, 0o700);
    const links = overlayFolders(only.options).map((target, index) => {
      const link = join(folder, String(index));
      symlinkSync(target, link);
      return link;
    });
    const root = join(folder, ROOT);
    mkdirSync(root, { mode: 0o700 });
    // Read-only layers only: the writable one must not be in use twice.
    mount("overlay", root, "overlay", HARMLESS, `lowerdir=${links.join(":")}`);
    return await use(root);
  } finally {
    dismantle(folder);
  }
}

/** Takes away what a killed daemon left. */
export function sweepMounts(scratchDir: string): void {
  let names: string[];
  try {
    names = readdirSync(scratchDir);
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return;
    throw thrown;
  }
  for (const name of names.filter((entry) => entry.startsWith(PREFIX))) dismantle(join(scratchDir, name));
}

/** Folders of an overlay mount, topmost first. */
export function overlayFolders(options: readonly string[]): string[] {
  const value = (name: string) =>
    options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
  const upper = value("upperdir");
  const lower = value("lowerdir")?.split(":") ?? [];
  return [...(upper === undefined ? [] : [upper]), ...lower];
}

/** Never deletes recursively: if the mount could not be taken away, what is in it must stay. */
function dismantle(folder: string): void {
  const root = join(folder, ROOT);
  try {
    unmount(root, true);
  } catch (thrown) {
    // EINVAL: it was not mounted yet; ENOENT: it was not even made.
    if (!["EINVAL", "ENOENT"].includes(errnoName(thrown) ?? "")) throw thrown;
  }
  for (const name of readdirSync(folder)) {
    if (name === ROOT) rmdirSync(root);
    else unlinkSync(join(folder, name));
  }
  rmdirSync(folder);
}
