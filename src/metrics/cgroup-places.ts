/** Where the counters of a process lie: one folder with the unified hierarchy, or one per controller; pure over texts of /proc. */

import { join } from "node:path";

export type CgroupPlace =
  | { readonly version: 2; readonly folder: string }
  | {
      readonly version: 1;
      readonly cpuacct: string | undefined;
      readonly memory: string | undefined;
      readonly blkio: string | undefined;
      readonly pids: string | undefined;
    };

/** Mount points by controller; `""` is the unified hierarchy. */
export type CgroupMounts = ReadonlyMap<string, { readonly root: string; readonly point: string }>;

/** @param mountinfo text like /proc/self/mountinfo */
export function cgroupMounts(mountinfo: string): CgroupMounts {
  const mounts = new Map<string, { readonly root: string; readonly point: string }>();
  for (const line of mountinfo.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root, point] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    if (root === undefined || point === undefined) continue;
    const place = { root, point };
    if (type === "cgroup2" && !mounts.has("")) mounts.set("", place);
    if (type !== "cgroup") continue;
    for (const option of options.split(",")) if (!mounts.has(option)) mounts.set(option, place);
  }
  return mounts;
}

/** undefined when no hierarchy of it is mounted here. @param cgroup text like /proc/<pid>/cgroup */
export function cgroupPlace(cgroup: string, mounts: CgroupMounts): CgroupPlace | undefined {
  const paths = new Map<string, string>();
  for (const line of cgroup.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const controller of controllers.split(",")) paths.set(controller, path);
  }
  const folderOf = (controller: string): string | undefined => {
    const mount = mounts.get(controller);
    const path = paths.get(controller);
    if (mount === undefined || path === undefined) return undefined;
    const below = mount.root !== "/" && path.startsWith(mount.root) ? path.slice(mount.root.length) : path;
    return join(mount.point, below);
  };
  // A hybrid machine mounts the unified hierarchy too, without the controllers.
  const memory = folderOf("memory");
  const cpuacct = folderOf("cpuacct");
  if (memory !== undefined || cpuacct !== undefined) {
    return { version: 1, memory, cpuacct, blkio: folderOf("blkio"), pids: folderOf("pids") };
  }
  const folder = folderOf("");
  return folder === undefined ? undefined : { version: 2, folder };
}
