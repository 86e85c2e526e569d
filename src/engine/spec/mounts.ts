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

/** What of a container's mounts cannot be written to. */
export interface ReadOnlyMounts {
  /** The root; then the files of the network are too. */
  readonly root: boolean;
  /** Destinations of the user's. */
  readonly destinations: readonly string[];
}

/**
 * Base, hosts file, the user's in given order, resolv.conf, hostname. That hosts comes before the user's is what the peer's
 * removal of its mount on /run leaves; a user's mount over /etc therefore hides hosts, but not the other two.
 */
export function containerMounts(
  user: readonly MountPoint[],
  files: NetworkFiles,
  sysWritable: boolean,
  readOnly: ReadOnlyMounts = { root: false, destinations: [] },
): OciMount[] {
  return [
    ...baseMounts(sysWritable),
    ...fileMount("/etc/hosts", files.hosts, readOnly.root),
    ...user.map(({ source, destination, propagationMode }) =>
      bind(source, destination, propagationMode, readOnly.destinations.includes(destination)),
    ),
    ...fileMount("/etc/resolv.conf", files.resolvConf, readOnly.root),
    ...fileMount("/etc/hostname", files.hostname, readOnly.root),
  ];
}

/**
 * Whether mounts that the container makes below shall be seen on the host. By itself the runtime cuts that way off: it makes
 * all mounts of the host slaves first, unless the specification's root propagation says otherwise.
 */
export function isShared({ propagationMode }: MountPoint): boolean {
  return propagationMode === "shared" || propagationMode === "rshared";
}

function fileMount(destination: string, source: string, isReadOnly: boolean): OciMount[] {
  return source === "" ? [] : [bind(source, destination, "rprivate", isReadOnly)];
}

function bind(source: string, destination: string, propagation: string, isReadOnly: boolean): OciMount {
  const options = ["rbind", propagation, ...(isReadOnly ? ["ro"] : [])];
  return { destination: absolute(destination), type: "bind", source, options };
}

/** The specification wants absolute paths inside; the runtime takes others from the root, with a complaint. */
export function absolute(destination: string): string {
  return destination.startsWith("/") ? destination : `/${destination}`;
}
