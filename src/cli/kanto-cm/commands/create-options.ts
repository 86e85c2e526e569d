/** The values of `kanto-cm create`'s flags: devices, mounts and ports as texts, with the peer's refusals (spec/cli.md). */

import type { DeviceMapping, MountPoint, PortMapping } from "../../../model/container.ts";
import { CommandError } from "../../command-error.ts";

const PERMISSIONS = /^[rwm]{1,3}$/;

/** `host:container[:permissions]` */
export function parseDevice(text: string): DeviceMapping {
  const entry = text.trim();
  const [pathOnHost = "", pathInContainer, permissions = "rwm", ...more] = entry.split(":");
  if (pathInContainer === undefined || more.length > 0) {
    throw new CommandError(`incorrect configuration value for device mapping ${entry}`);
  }
  if (!PERMISSIONS.test(permissions)) {
    throw new CommandError(`incorrect cgroup permissions format for device mapping ${entry}`);
  }
  return { pathOnHost, pathInContainer, cgroupPermissions: permissions };
}

/** `source:destination[:propagation]` */
export function parseMount(text: string): MountPoint {
  const entry = text.trim();
  const [source = "", destination, propagationMode = "rprivate", ...more] = entry.split(":");
  if (destination === undefined || more.length > 0) {
    throw new CommandError(`Incorrect number of parameters of the mount point ${entry}`);
  }
  return { source, destination, propagationMode };
}

function isAddress(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

/** `[host ip:]host port[-end]:container port[/protocol]`; what is not given is left to the daemon. */
export function parsePort(text: string): PortMapping {
  const entry = text.trim();
  const [mapping = "", protocol = ""] = entry.split("/");
  const parts = mapping.split(":");
  if (parts.length !== 2 && parts.length !== 3) {
    throw new CommandError(`Incorrect port mapping configuration ${entry}`);
  }
  const hostIp = parts.length === 3 ? (parts[0] ?? "") : "";
  if (parts.length === 3 && !isAddress(hostIp)) {
    throw new CommandError(`Incorrect host ip port mapping configuration ${entry}`);
  }
  const port = (digits: string | undefined, what: string): number => {
    if (digits === undefined || !/^[+-]?\d+$/.test(digits)) {
      throw new CommandError(`Incorrect ${what} port mapping configuration ${entry}`);
    }
    // The peer cuts to 16 bits without a word; a port that is none is refused here instead.
    const value = Number(digits);
    if (value < 0 || value > 65535)
      throw new CommandError(`Incorrect ${what} port mapping configuration ${entry}`);
    return value;
  };
  const [first, end] = (parts.at(-2) ?? "").split("-");
  return {
    protocol,
    hostIp,
    hostPort: port(first, "host"),
    hostPortEnd: end === undefined ? 0 : port(end, "host range"),
    containerPort: port(parts.at(-1), "container"),
  };
}
