/** Reads device nodes of the host: for a container's device mappings, and all of them for a privileged one. */

import { type BigIntStats, lstatSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { SupercargoError, toError } from "../../errors/error.ts";
import type { DeviceMapping } from "../../model/container.ts";
import type { HostDevice, MappedDevice } from "./devices.ts";

/** What a container has of its own below /dev (containerd leaves out the same). */
const OWN_FOLDERS: ReadonlySet<string> = new Set([
  "pts",
  "shm",
  "fd",
  "mqueue",
  ".lxc",
  ".lxd-mounts",
  ".udev",
]);
const OWN_FILES: ReadonlySet<string> = new Set(["console"]);
/** Deeper trees below /dev do not exist; the bound stops a mapping that points somewhere silly. */
const MAX_DEPTH = 16;
const MAX_DEVICES = 4096;

/** All character and block devices of the host below `folder`. */
export function readHostDevices(folder = "/dev"): HostDevice[] {
  return walk(folder, folder, 0);
}

/**
 * The devices that a mapping names: one node, or all nodes below a folder with the front of their paths replaced.
 * A symbolic link on the host is resolved. SC_CONTAINER_INVALID with the peer's words when there is none.
 */
export function readMapping(mapping: DeviceMapping): MappedDevice[] {
  const access = mapping.cgroupPermissions;
  try {
    const resolved = realpathSync(mapping.pathOnHost);
    const status = lstatSync(resolved, { bigint: true });
    const devices = status.isDirectory()
      ? walk(resolved, mapping.pathInContainer, 0)
      : nodeOf(status, mapping.pathInContainer);
    if (devices.length > 0) return devices.map((device) => ({ ...device, access }));
  } catch (thrown) {
    throw noDevice(mapping.pathOnHost, reasonOf(thrown, mapping.pathOnHost), thrown);
  }
  throw noDevice(mapping.pathOnHost, "not a device node", undefined);
}

function walk(folder: string, seenAs: string, depth: number): HostDevice[] {
  if (depth > MAX_DEPTH) return [];
  const devices: HostDevice[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (devices.length >= MAX_DEVICES) break;
    const path = join(folder, entry.name);
    const inside = join(seenAs, entry.name);
    if (entry.isDirectory()) {
      if (!OWN_FOLDERS.has(entry.name)) devices.push(...walk(path, inside, depth + 1));
    } else if (!OWN_FILES.has(entry.name)) {
      devices.push(...presentNode(path, inside).filter((device) => device.type !== "p"));
    }
  }
  return devices;
}

/** A node that goes away while the folder is read is passed over. */
function presentNode(path: string, inside: string): HostDevice[] {
  const status = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return status === undefined ? [] : nodeOf(status, inside);
}

function nodeOf(status: BigIntStats, path: string): HostDevice[] {
  const type = status.isCharacterDevice()
    ? "c"
    : status.isBlockDevice()
      ? "b"
      : status.isFIFO()
        ? "p"
        : undefined;
  if (type === undefined) return [];
  return [
    {
      path,
      type,
      major: majorOf(status.rdev),
      minor: minorOf(status.rdev),
      fileMode: Number(status.mode & 0o7777n),
      uid: Number(status.uid),
      gid: Number(status.gid),
    },
  ];
}

/** Number of the driver in Linux' 64-bit device number (glibc, sys/sysmacros.h). */
export function majorOf(device: bigint): number {
  return Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n));
}

/** Number of the device within its driver. */
export function minorOf(device: bigint): number {
  return Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n));
}

function reasonOf(thrown: unknown, path: string): string {
  const error = toError(thrown);
  const code = "code" in error ? error.code : undefined;
  return code === "ENOENT" ? `lstat ${path}: no such file or directory` : error.message;
}

function noDevice(path: string, reason: string, cause: unknown): SupercargoError {
  return new SupercargoError(
    "SC_CONTAINER_INVALID",
    `error gathering device information while adding custom device "${path}": ${reason}`,
    { cause, fields: { device: path } },
  );
}
