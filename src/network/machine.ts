/** What the machine's network looks like now: interfaces, addresses and routes, read from `ip` as JSON. */

import { demandTool } from "./command.ts";
import { interfacesAskedFor } from "./extra-hosts.ts";
import {
  formatIpv4,
  type InterfaceAddress,
  type Ipv4,
  parseInterfaceAddress,
  parseIpv4,
  type Subnet,
  subnetOf,
} from "./ipv4.ts";

export interface Link {
  readonly name: string;
  /** `bridge`, `veth` ...; empty for what has no kind, such as a network card. */
  readonly kind: string;
  /** Name of the bridge that it is a port of; empty if none. */
  readonly master: string;
  /** Free text that an administrator or we gave it. */
  readonly alias: string;
  readonly mtu: number;
  readonly isUp: boolean;
  /** A port of a bridge that does not talk to other isolated ports. */
  readonly isIsolated: boolean;
  readonly macAddress: string;
  /** Of a pair: index of the other end, in its own namespace; 0 if none. */
  readonly peerIndex: number;
  /** Its IPv4 addresses, in order. */
  readonly addresses: readonly InterfaceAddress[];
}

export interface Machine {
  readonly links: readonly Link[];
  /** Destinations of all routing tables but the default route. */
  readonly routes: readonly Subnet[];
}

export async function readMachine(signal: AbortSignal): Promise<Machine> {
  const [links, routes] = await Promise.all([
    readLinks([], signal),
    demandTool(["ip", "-json", "-4", "route", "show", "table", "all"], "read the machine's routes", {
      signal,
    }),
  ]);
  return { links, routes: parseRoutes(routes) };
}

/** Interfaces; `filter` is what `ip address show` takes, e.g. `["dev", "eth0"]`. */
export async function readLinks(filter: readonly string[], signal: AbortSignal): Promise<Link[]> {
  const command = ["ip", "-json", "-details", "address", "show", ...filter];
  return parseLinks(await demandTool(command, "read the machine's interfaces", { signal }));
}

/** Addresses that `host_ip_<interface>` entries ask for, by interface; one without an IPv4 address is left out. */
export async function readInterfaceAddresses(
  extraHosts: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const names = interfacesAskedFor(extraHosts);
  if (names.length === 0) return {};
  const links = await readLinks([], signal);
  const found: Record<string, string> = {};
  for (const name of names) {
    const link = links.find((other) => other.name === name);
    const address = link === undefined ? undefined : firstAddress(link);
    if (address !== undefined) found[name] = formatIpv4(address.address);
  }
  return found;
}

/** The interface's first IPv4 address that is not loopback; undefined when it has none. */
export function firstAddress(link: Link): InterfaceAddress | undefined {
  return link.addresses.find(({ address }) => Math.floor(address / 2 ** 24) !== 127);
}

export function parseLinks(json: string): Link[] {
  return objects(json).map((link) => {
    const info = objectOf(link["linkinfo"]);
    const addresses = listOf(link["addr_info"]).flatMap((entry) => {
      const text = entry["family"] === "inet" ? `${textOf(entry["local"])}/${entry["prefixlen"]}` : "";
      return parseInterfaceAddress(text) ?? [];
    });
    return {
      name: textOf(link["ifname"]),
      kind: textOf(info["info_kind"]),
      master: textOf(link["master"]),
      alias: textOf(link["ifalias"]),
      mtu: typeof link["mtu"] === "number" ? link["mtu"] : 0,
      isUp: Array.isArray(link["flags"]) && link["flags"].includes("UP"),
      isIsolated: objectOf(info["info_slave_data"])["isolated"] === true,
      macAddress: textOf(link["address"]),
      peerIndex: typeof link["link_index"] === "number" ? link["link_index"] : 0,
      addresses,
    };
  });
}

export function parseRoutes(json: string): Subnet[] {
  return objects(json).flatMap((route) => {
    const destination = textOf(route["dst"]);
    const single: Ipv4 | undefined = parseIpv4(destination);
    if (single !== undefined) return subnetOf(single, 32);
    const network = parseInterfaceAddress(destination);
    return network === undefined || network.subnet.prefix === 0 ? [] : network.subnet;
  });
}

type JsonObject = Readonly<Record<string, unknown>>;

function objects(json: string): JsonObject[] {
  const value: unknown = json.trim() === "" ? [] : JSON.parse(json);
  return listOf(value);
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function objectOf(value: unknown): JsonObject {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
