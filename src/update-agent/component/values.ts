/** Single values of a component's configuration as text, read (spec/update-agent.md §5). Undefined: malformed. */

import { parseGoDurationMs } from "../../base/go-duration.ts";
import type { DeviceMapping, MountPoint, PortMapping } from "../../model/container.ts";

const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False"]);
/** Larger numbers are no more exact; the rules refuse anything near it. */
const DIGITS = 15;

/** What a reader expects, for messages. */
export const EXPECTED = {
  flag: "true or false",
  whole: "a whole number",
  seconds: "seconds such as 30, or a duration such as 30s",
  device: "host:container[:permissions], permissions of the letters rwm",
  port: "[ip:]hostPort[-hostPortEnd]:containerPort[/protocol]",
  mount: "source:destination[:propagation mode]",
} as const;

export function readFlag(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

export function readWhole(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) && text.length <= DIGITS ? Number(text) : undefined;
}

/** Nanoseconds of `30` (seconds) or `30s`, as an inventory prints it. */
export function readSeconds(text: string): bigint | undefined {
  const seconds = readWhole(text);
  if (seconds !== undefined) return BigInt(seconds) * 1_000_000_000n;
  const ms = parseGoDurationMs(text);
  return typeof ms === "number" ? BigInt(Math.round(ms * 1e6)) : undefined;
}

export function readDevice(text: string): DeviceMapping | undefined {
  const [pathOnHost, pathInContainer, permissions, ...more] = text.split(":");
  if (pathOnHost === undefined || pathInContainer === undefined || more.length > 0) return undefined;
  if (permissions !== undefined && !/^[rwm]{1,3}$/.test(permissions)) return undefined;
  return { pathOnHost, pathInContainer, cgroupPermissions: permissions ?? "rwm" };
}

/** The address of IPv6 in brackets. */
const PORT = /^(?:(\[[^\]]*\]|[^:]*):)?(\d{1,9})(?:-(\d{1,9}))?:(\d{1,9})(?:\/([^/]*))?$/;

export function readPort(text: string): PortMapping | undefined {
  const match = PORT.exec(text);
  if (match === null) return undefined;
  const [, hostIp = "", hostPort = "", hostPortEnd = hostPort, containerPort = "", protocol = ""] = match;
  return {
    protocol: protocol === "" ? "tcp" : protocol,
    hostIp: hostIp.replace(/^\[|\]$/g, ""),
    hostPort: Number(hostPort),
    hostPortEnd: Number(hostPortEnd),
    containerPort: Number(containerPort),
  };
}

/** Of an empty part, or an unknown propagation mode, the rules speak in the peer's words. */
export function readMount(text: string): MountPoint | undefined {
  const [source, destination, propagationMode = "rprivate", ...more] = text.split(":");
  if (source === undefined || destination === undefined || more.length > 0) return undefined;
  return { source, destination, propagationMode };
}

export function printDevice({ pathOnHost, pathInContainer, cgroupPermissions }: DeviceMapping): string {
  return `${pathOnHost}:${pathInContainer}:${cgroupPermissions}`;
}

export function printPort(mapping: PortMapping): string {
  const { protocol, hostIp, hostPort, hostPortEnd, containerPort } = mapping;
  const address = hostIp.includes(":") ? `[${hostIp}]` : hostIp;
  const ip = hostIp === "" || hostIp === "0.0.0.0" ? "" : `${address}:`;
  const end = hostPortEnd === hostPort || hostPortEnd === 0 ? "" : `-${hostPortEnd}`;
  return `${ip}${hostPort}${end}:${containerPort}/${protocol}`;
}

export function printMount({ source, destination, propagationMode }: MountPoint): string {
  return `${source}:${destination}:${propagationMode}`;
}
