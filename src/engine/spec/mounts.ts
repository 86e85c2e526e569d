/** The mounts of a container, in the order that the peer's containers have (spec/engine.md §7 point 5). */

import type { MountPoint } from "../../model/container.ts";
import type { OciMount } from "./oci.ts";

/** Paths on the host of the files that the network room writes; an empty text leaves the image's own file. */
export interface NetworkFiles {
  readonly resolvConf: string;
  readonly hostname: string;
  readonly hosts: string;
}

function baseMounts(sysWritable: boolean): OciMount[] {
  const tight = ["nosuid", "noexec", "nodev"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: [...tight] },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: [...tight, "mode=1777", "size=65536k"],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: [...tight] },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...tight, sysWritable ? "rw" : "ro"] },
  ];
}

/**
 * Base, hosts file, the user's in given order, resolv.conf, hostname. That hosts comes before the user's is what the peer's
 * removal of its mount on /run leaves; a user's mount over /etc therefore hides hosts, but not the other two.
 */
export function containerMounts(
  user: readonly MountPoint[],
  files: NetworkFiles,
  sysWritable: boolean,
): OciMount[] {
  return [
    ...baseMounts(sysWritable),
    ...fileMount("/etc/hosts", files.hosts),
    ...user.map((mount) => bind(mount.source, mount.destination, mount.propagationMode)),
    ...fileMount("/etc/resolv.conf", files.resolvConf),
    ...fileMount("/etc/hostname", files.hostname),
  ];
}

function fileMount(destination: string, source: string): OciMount[] {
  return source === "" ? [] : [bind(source, destination, "rprivate")];
}

function bind(source: string, destination: string, propagation: string): OciMount {
  return { destination, type: "bind", source, options: ["rbind", propagation] };
}
