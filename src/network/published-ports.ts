/** Published ports: reading a mapping, its errors in the peer's words, and choosing a port that nobody has. */

import { SupercargoError } from "../errors/error.ts";
import type { PortMapping } from "../model/container.ts";
import { parseIpv4 } from "./ipv4.ts";
import { isIpv6 } from "./ipv6.ts";
import type { RecordedPort } from "./record.ts";

export type PortProtocol = "tcp" | "udp" | "sctp";
export const ANY_ADDRESS = "0.0.0.0";
/** Where the kernel's own choice of ports begins and ends; a host_port of 0 gets the first free one of these. */
const EPHEMERAL = { first: 32768, last: 60999 };

/** A mapping after reading: which host ports would do, and on which addresses of the machine. */
export interface PortWish {
  readonly protocol: PortProtocol;
  /** As it was given. */
  readonly hostIp: string;
  readonly addresses: readonly string[];
  readonly first: number;
  readonly last: number;
  readonly containerPort: number;
}

export interface PortMeaning {
  /** Addresses for a host_ip that is no address. */
  readonly localhost: readonly string[];
}

/** What holding a port on the machine answers. */
export type HoldResult = "held" | "in-use" | "no-such-address" | "denied";

export interface PortSource {
  /** Id of the container that has this port on that address or on all; undefined when none has. */
  owner(protocol: string, address: string, port: number): string | undefined;
  /** Takes the port on the machine, so that every other program finds it taken. */
  hold(protocol: PortProtocol, address: string, port: number): HoldResult;
  /** Gives back what `hold` took. */
  letGo(protocol: string, address: string, port: number): void;
}

/**
 * Reads a mapping (spec/engine.md §8 "Port mappings").
 * @returns undefined for an IPv6 host_ip: the bridge has no IPv6 ports; the peer starts such a container too.
 * @throws SC_NETWORK_INVALID with the peer's text
 */
export function readPortMapping(mapping: PortMapping, meaning: PortMeaning): PortWish | undefined {
  const protocol = mapping.protocol === "" ? "tcp" : mapping.protocol.toLowerCase();
  if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp") {
    throw invalid(`invalid transport protocol: ${mapping.protocol}`, "tcp, udp or sctp");
  }
  const end = mapping.hostPortEnd === 0 ? mapping.hostPort : mapping.hostPortEnd;
  if (
    !isPort(mapping.hostPort, 0) ||
    !isPort(end, 0) ||
    end < mapping.hostPort ||
    (mapping.hostPort === 0 && end !== 0)
  ) {
    throw invalid(
      `invalid port range: ${mapping.hostPort}-${end}`,
      "host_port and host_port_end: 1 to 65535, the end not below the start; 0 for both lets us choose",
    );
  }
  if (!isPort(mapping.containerPort, 1)) {
    throw invalid(`invalid container port: ${mapping.containerPort}`, "container_port: 1 to 65535");
  }
  const addresses = addressesFor(mapping.hostIp, meaning);
  if (addresses === undefined) return undefined;
  return {
    protocol,
    hostIp: mapping.hostIp,
    addresses,
    first: mapping.hostPort === 0 ? EPHEMERAL.first : mapping.hostPort,
    last: mapping.hostPort === 0 ? EPHEMERAL.last : end,
    containerPort: mapping.containerPort,
  };
}

/**
 * Takes one port for each wish, all or none.
 * @throws SC_PORT_IN_USE or SC_NETWORK_INVALID with the peer's text; nothing is held then
 */
export function takePorts(wishes: readonly PortWish[], source: PortSource): RecordedPort[] {
  const taken: RecordedPort[] = [];
  try {
    for (const wish of wishes) taken.push(takeOne(wish, taken, source));
  } catch (thrown) {
    giveBack(taken, source);
    throw thrown;
  }
  return taken;
}

export function giveBack(ports: readonly RecordedPort[], source: Pick<PortSource, "letGo">): void {
  for (const port of ports) {
    for (const address of port.addresses) source.letGo(port.protocol, address, port.hostPort);
  }
}

/** Whether both cannot be published at the same time. */
export function portsCollide(
  port: RecordedPort,
  protocol: string,
  address: string,
  hostPort: number,
): boolean {
  if (port.protocol !== protocol || port.hostPort !== hostPort) return false;
  return port.addresses.some((own) => own === address || own === ANY_ADDRESS || address === ANY_ADDRESS);
}

function takeOne(wish: PortWish, own: readonly RecordedPort[], source: PortSource): RecordedPort {
  let problem: SupercargoError | undefined;
  for (let port = wish.first; port <= wish.last; port++) {
    problem = tryPort(wish, port, own, source);
    if (problem === undefined) {
      const { protocol, hostIp, addresses, containerPort } = wish;
      return { protocol, hostIp, addresses, hostPort: port, containerPort };
    }
    // Another port of the range does not help here.
    if (problem.code !== "SC_PORT_IN_USE") throw problem;
  }
  if (problem !== undefined && wish.first === wish.last) throw problem;
  throw new SupercargoError(
    "SC_PORT_IN_USE",
    `no free port in ${wish.first}-${wish.last} for ${wish.protocol} on ${wish.addresses.join(", ")}`,
    { cause: problem },
  );
}

function tryPort(
  wish: PortWish,
  port: number,
  own: readonly RecordedPort[],
  source: PortSource,
): SupercargoError | undefined {
  const held: string[] = [];
  for (const address of wish.addresses) {
    const problem = tryAddress(wish.protocol, address, port, own, source);
    if (problem === undefined) {
      held.push(address);
      continue;
    }
    for (const other of held) source.letGo(wish.protocol, other, port);
    return problem;
  }
  return undefined;
}

function tryAddress(
  protocol: PortProtocol,
  address: string,
  port: number,
  own: readonly RecordedPort[],
  source: PortSource,
): SupercargoError | undefined {
  const allocated = `Bind for ${address}:${port} failed: port is already allocated`;
  if (own.some((other) => portsCollide(other, protocol, address, port))) {
    return inUse(allocated, port, "the container's own port mappings name it twice");
  }
  const owner = source.owner(protocol, address, port);
  if (owner !== undefined) {
    return inUse(
      allocated,
      port,
      `container ${owner} publishes it: choose another host port or stop that container`,
    );
  }
  const listen = `listen ${protocol}4 ${address}:${port}: bind:`;
  switch (source.hold(protocol, address, port)) {
    case "held":
      return undefined;
    case "in-use":
      return inUse(
        `${listen} address already in use`,
        port,
        `another program on this machine uses it (ss -lnp shows which): choose another host port or stop it`,
      );
    case "no-such-address":
      return invalid(
        `${listen} cannot assign requested address`,
        `this machine has no address ${address}; host_ip 0.0.0.0 means all addresses`,
      );
    case "denied":
      return invalid(
        `${listen} permission denied`,
        "the daemon needs CAP_NET_BIND_SERVICE for ports below 1024",
      );
  }
}

function addressesFor(hostIp: string, meaning: PortMeaning): readonly string[] | undefined {
  if (hostIp === "" || hostIp === ANY_ADDRESS) return [ANY_ADDRESS];
  if (parseIpv4(hostIp) !== undefined) return [hostIp];
  return isIpv6(hostIp) ? undefined : meaning.localhost;
}

function isPort(port: number, lowest: number): boolean {
  return Number.isInteger(port) && port >= lowest && port <= 65535;
}

function inUse(message: string, port: number, hint: string): SupercargoError {
  return new SupercargoError("SC_PORT_IN_USE", message, { hint, fields: { port } });
}

function invalid(message: string, hint: string): SupercargoError {
  return new SupercargoError("SC_NETWORK_INVALID", message, { hint });
}
