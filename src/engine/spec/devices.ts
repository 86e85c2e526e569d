/** Devices of the host in a container: nodes and rules of the device cgroup (spec/engine.md §7 point 4). */

import { absolute } from "./mounts.ts";
import type { OciDevice, OciDeviceRule } from "./oci.ts";

/** A device node as it was read from the host; `path` is where the container sees it. */
export interface HostDevice {
  readonly path: string;
  readonly type: "c" | "b" | "p";
  readonly major: number;
  readonly minor: number;
  /** Permission bits without the type. */
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A device that the container asked for, with letters of r, w, m. */
export interface MappedDevice extends HostDevice {
  readonly access: string;
}

export const DENY_ALL: OciDeviceRule = { allow: false, access: "rwm" };
export const ALLOW_ALL: OciDeviceRule = { allow: true, access: "rwm" };

export function deviceNode(device: HostDevice): OciDevice {
  const { path, type, major, minor, fileMode, uid, gid } = device;
  return { path: absolute(path), type, major, minor, fileMode, uid, gid };
}

/** All others stay denied; the runtime adds its own few (null, zero, random, tty ...). */
export function mappedRules(devices: readonly MappedDevice[]): OciDeviceRule[] {
  const allowed = devices
    .filter((device) => device.type !== "p") // a FIFO is no business of the device cgroup
    .map(({ type, major, minor, access }) => ({ allow: true, type, major, minor, access }));
  return [DENY_ALL, ...allowed];
}
