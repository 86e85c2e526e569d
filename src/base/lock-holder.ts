/** Which process holds an flock on a file: the kernel lists locks with the pid and the number of the file. */

import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { errnoName } from "./libc.ts";

/** Undefined when nobody holds one, or a process that this one may not look at. */
export function lockHolder(path: string): number | undefined {
  let inode: string;
  let real: string;
  try {
    // /var/run is a link; the descriptors of the holder lead to the real place.
    real = realpathSync(path);
    inode = String(statSync(real).ino);
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
  for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
    const [, pid, file] = /: FLOCK +\S+ +WRITE +(\d+) +(\S+) /.exec(line) ?? [];
    // The number of the device is not compared: file systems such as overlay and btrfs tell another one than stat does.
    if (pid === undefined || file?.split(":").at(-1) !== inode) continue;
    if (hasOpen(pid, real)) return Number(pid);
  }
  return undefined;
}

function hasOpen(pid: string, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((name) => isSame(`/proc/${pid}/fd/${name}`, path));
  } catch (thrown) {
    if (["ENOENT", "ESRCH", "EACCES"].includes(errnoName(thrown) ?? "")) return false;
    throw thrown;
  }
}

function isSame(descriptor: string, path: string): boolean {
  try {
    return readlinkSync(descriptor) === path;
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return false;
    throw thrown;
  }
}
