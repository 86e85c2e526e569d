/** Rules for network mode, published ports, host entries and devices (spec/grpc-api.md §7; ranges are our own). */

import type { HostConfig, PortMapping } from "./container.ts";
import { parseExtraHost, usesHostIp } from "./extra-hosts.ts";
import { clip, type Fault } from "./fault.ts";

const HIGHEST_PORT = 65535;
const PROTOCOLS: ReadonlySet<string> = new Set(["tcp", "udp", "sctp"]);
const PERMISSIONS = /^[rwm]{1,3}$/;
/** A DNS name has at most 253 characters; more is an attack on the patterns, not a host. */
const EXTRA_HOST_LIMIT = 1024;

export function* networkFaults(config: HostConfig): Generator<Fault, void, undefined> {
  const mode = config.networkMode;
  if (mode !== "bridge" && mode !== "host") {
    const message = mode === "" ? "network mode is not set" : `unsupported network mode ${clip(mode)}`;
    yield { path: "hostConfig.networkMode", message, expected: "bridge or host" };
  }
  if (mode === "host" && config.portMappings.length > 0) {
    yield {
      path: "hostConfig.portMappings",
      message: "cannot use port mappings when in host network mode",
      expected: "no port mappings",
    };
  }
  for (const [index, entry] of config.extraHosts.entries()) {
    yield* extraHostFaults(`hostConfig.extraHosts[${index}]`, entry, mode);
  }
  for (const [index, port] of config.portMappings.entries()) {
    yield* portFaults(`hostConfig.portMappings[${index}]`, port);
  }
}

function* extraHostFaults(path: string, entry: string, mode: string): Generator<Fault, void, undefined> {
  if (entry.length > EXTRA_HOST_LIMIT || parseExtraHost(entry) === undefined) {
    const parts = clip(entry).split(":").join(" ");
    yield { path, message: `host [${parts}] is incorrectly defined`, expected: "name:value" };
  } else if (mode === "host" && usesHostIp(entry)) {
    yield {
      path,
      message: "cannot use the host_ip reserved key or any of its modifications when in host network mode",
      expected: "an address",
    };
  }
}

/** The peer cut numbers to 16 bits and asked the kernel for protocols at start; both are refused at once here. */
function* portFaults(path: string, port: PortMapping): Generator<Fault, void, undefined> {
  const numbers = [
    ["hostPort", "host port", port.hostPort, 0],
    ["hostPortEnd", "host port end", port.hostPortEnd, 0],
    ["containerPort", "container port", port.containerPort, 1],
  ] as const;
  let inRange = true;
  for (const [key, words, value, lowest] of numbers) {
    if (Number.isInteger(value) && value >= lowest && value <= HIGHEST_PORT) continue;
    inRange = false;
    // The end is the host port itself unless given, so it would say the same twice.
    if (key === "hostPortEnd" && value === port.hostPort) continue;
    const expected = `a whole number from ${lowest} to ${HIGHEST_PORT}`;
    yield { path: `${path}.${key}`, message: `the ${words} ${value} is out of range`, expected };
  }
  const { hostPort, hostPortEnd } = port;
  // A host port of 0 is any port of the kernel's choice, which has no end of its own.
  if (inRange && (hostPortEnd < hostPort || (hostPort === 0 && hostPortEnd !== 0))) {
    yield {
      path: `${path}.hostPortEnd`,
      message: `invalid port range: ${hostPort}-${hostPortEnd}`,
      expected: hostPort === 0 ? "0, or a host port beside it" : `at least ${hostPort}`,
    };
  }
  if (!PROTOCOLS.has(port.protocol.toLowerCase())) {
    yield {
      path: `${path}.protocol`,
      message: `invalid transport protocol: ${clip(port.protocol)}`,
      expected: "tcp, udp or sctp",
    };
  }
}

export function* deviceFaults(config: HostConfig): Generator<Fault, void, undefined> {
  for (const [index, device] of config.devices.entries()) {
    const path = `hostConfig.devices[${index}]`;
    if (device.pathOnHost === "" || device.pathInContainer === "") {
      yield {
        path: device.pathOnHost === "" ? `${path}.pathOnHost` : `${path}.pathInContainer`,
        message: "both path on the host and in the container must be specified for a device mapping",
        expected: "a path",
      };
      continue;
    }
    const pair = clip(`${device.pathOnHost}:${device.pathInContainer}`);
    if (device.cgroupPermissions === "") {
      yield {
        path: `${path}.cgroupPermissions`,
        message: `the cgroup permissions for device mapping ${pair} are not provided`,
        expected: "letters of rwm",
      };
    } else if (!PERMISSIONS.test(device.cgroupPermissions)) {
      yield {
        path: `${path}.cgroupPermissions`,
        message: `the cgroup permissions ${clip(device.cgroupPermissions)} for device mapping ${pair} are invalid`,
        expected: "letters of rwm",
      };
    }
  }
}
