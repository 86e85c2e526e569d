/** The bridge interface: which network it has, making it, adopting one that is there, taking it away. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../base/log.ts";
import { SupercargoError } from "../errors/error.ts";
import { choosePool, isHostOf, parseRange } from "./address-pool.ts";
import { demandTool, runTool, toolFailed } from "./command.ts";
import { nameServers, readMachineResolvConf } from "./host-files.ts";
import {
  formatIpv4,
  formatSubnet,
  type InterfaceAddress,
  type Ipv4,
  macOf,
  parseInterfaceAddress,
  parseIpv4,
  type Subnet,
  subnetOf,
} from "./ipv4.ts";
import { firstAddress, type Link, type Machine } from "./machine.ts";
import { MACHINE_FILES, type NetworkOptions } from "./options.ts";

/** Text in the interface's alias by which a bridge of ours is known after the record is lost. */
const ALIAS = "supercargo";

/** The network on the bridge. */
export interface Bridge {
  readonly name: string;
  /** The bridge's own address. */
  readonly address: Ipv4;
  readonly subnet: Subnet;
  /** Where containers send what is not for the subnet. */
  readonly gateway: Ipv4;
  /** From here containers get their addresses. */
  readonly range: Subnet;
  /** The bridge's address in the private IPv6 network, with its prefix length; undefined when IPv6 is off. */
  readonly address6: string | undefined;
}

/** Whether the bridge interface is there; read without running a program, so that every attach can ask. */
export function isBridgeThere(name: string): boolean {
  return existsSync(join("/proc/sys/net/ipv4/conf", name));
}

/**
 * Decides on the network of the bridge (spec/engine.md §8): the configured one, else that of an existing bridge, else
 * the first free pool, the one of the last run first.
 * @param last address of the bridge in the last run
 * @param isBusy whether containers are attached, which keep the addresses that they have
 * @throws SC_NETWORK_INVALID for settings that contradict each other, SC_NETWORK_FAILED when no pool is free
 */
export function planBridge(
  options: NetworkOptions,
  machine: Machine,
  last: InterfaceAddress | undefined,
  isBusy: boolean,
  networkId: string,
): Bridge {
  const existing = machine.links.find((link) => link.name === options.bridgeName);
  if (existing !== undefined && existing.kind !== "bridge") {
    throw new SupercargoError("SC_NETWORK_FAILED", `the interface ${options.bridgeName} is no bridge`, {
      hint: "choose another network.default_bridge.name",
    });
  }
  const own = choosePlace(options, machine, existing, last, isBusy);
  const gateway = options.gateway === "" ? own.address : parseIpv4(options.gateway);
  if (gateway === undefined || !isHostOf(own.subnet, gateway)) {
    throw wrongSetting("gwip4", options.gateway, `an address in ${formatSubnet(own.subnet)}`);
  }
  const range =
    options.fixedCidr === "" ? own.subnet : parseRange(own.subnet, parseInterfaceAddress(options.fixedCidr));
  if (range === undefined) {
    throw wrongSetting("fcidr4", options.fixedCidr, `a network inside ${formatSubnet(own.subnet)}`);
  }
  const address6 = options.enableIp6 ? `${ipv6Of(networkId, own.address)}/64` : undefined;
  return { name: options.bridgeName, ...own, gateway, range, address6 };
}

/** The IPv6 address that belongs to an IPv4 one: a private network from the network's id, the same bits at the end. */
export function ipv6Of(networkId: string, address: Ipv4): string {
  const id = networkId.slice(0, 10);
  const prefix = `fd${id.slice(0, 2)}:${id.slice(2, 6)}:${id.slice(6, 10)}`;
  return `${prefix}::${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`;
}

/**
 * Makes the bridge as planned or brings an existing one to it. `ports` are interfaces that belong to it.
 * @throws SC_NETWORK_FAILED
 */
export async function setUpBridge(
  bridge: Bridge,
  options: NetworkOptions,
  machine: Machine,
  ports: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { name } = bridge;
  const existing = machine.links.find((link) => link.name === name);
  const commands: string[] = [];
  if (existing === undefined) {
    // With an address of its own the bridge does not change it when ports come and go.
    commands.push(`link add name ${name} address ${macOf(bridge.address)} type bridge`);
    commands.push(`link set dev ${name} alias ${ALIAS}`);
  }
  const address = `${formatIpv4(bridge.address)}/${bridge.subnet.prefix}`;
  const isThere = (there: InterfaceAddress) =>
    there.address === bridge.address && there.subnet.prefix === bridge.subnet.prefix;
  if (existing?.addresses.some(isThere) !== true) {
    const others = existing?.addresses ?? [];
    for (const other of others) {
      commands.push(`address delete ${formatIpv4(other.address)}/${other.subnet.prefix} dev ${name}`);
    }
    commands.push(`address add ${address} broadcast + dev ${name}`);
  }
  if (bridge.address6 !== undefined) commands.push(`address replace ${bridge.address6} dev ${name} nodad`);
  if (existing?.mtu !== options.mtu) commands.push(`link set dev ${name} mtu ${options.mtu}`);
  if (existing?.isUp !== true) commands.push(`link set dev ${name} up`);
  for (const port of ports) {
    const link = machine.links.find((other) => other.name === port);
    if (link === undefined) continue;
    if (link.master !== name || !link.isUp) commands.push(`link set dev ${port} master ${name} up`);
    if (link.master !== name || link.isIsolated === options.icc) commands.push(isolation(port, !options.icc));
  }
  if (commands.length === 0) return;
  await demandTool(["ip", "-batch", "-"], `set up the bridge ${name}`, {
    input: `${commands.join("\n")}\n`,
    signal,
  });
}

/**
 * Keeps a port from talking to the other isolated ports of the bridge (`icc: false`). Done by the bridge itself, because
 * rules see this traffic only with br_netfilter or nft_meta_bridge, which kernels of devices often lack.
 * @throws SC_NETWORK_FAILED, also for kernels before 4.18, which cannot do it
 */
export async function isolatePort(port: string, signal: AbortSignal): Promise<void> {
  await demandTool(
    ["ip", ...isolation(port, true).split(" ")],
    `keep ${port} from the other containers (icc: false)`,
    {
      signal,
    },
  );
}

function isolation(port: string, isOn: boolean): string {
  return `link set dev ${port} type bridge_slave isolated ${isOn ? "on" : "off"}`;
}

/** Takes interfaces away; those that are gone already are fine. */
export async function removeLinks(names: readonly string[], signal?: AbortSignal): Promise<void> {
  if (names.length === 0) return;
  const input = names.map((name) => `link delete dev ${name}\n`).join("");
  const result = await runTool(["ip", "-force", "-batch", "-"], {
    input,
    ...(signal === undefined ? {} : { signal }),
  });
  const complaints = result.stderr
    .split("\n")
    .filter(
      (line) =>
        line.trim() !== "" &&
        !line.startsWith("Command failed") &&
        !/Cannot find device|No such device/.test(line),
    );
  if (complaints.length > 0)
    throw toolFailed({ ...result, stderr: complaints.join("\n") }, `remove ${names.join(", ")}`);
}

/** A bridge that Kanto has made is ours from now on. */
export async function claimBridge(name: string, signal: AbortSignal): Promise<void> {
  await demandTool(["ip", "link", "set", "dev", name, "alias", ALIAS], `take over the bridge ${name}`, {
    signal,
  });
}

/** Whether an interface is a bridge that we made. */
export function isOurs(link: Link): boolean {
  return link.kind === "bridge" && link.alias === ALIAS;
}

/** Says what of the configuration an existing bridge with containers on it does not follow. */
export function warnOfDifferences(bridge: Bridge, options: NetworkOptions, log: Log): void {
  const wanted = parseInterfaceAddress(options.address);
  if (wanted === undefined || wanted.address === bridge.address) return;
  log.warn(
    `the bridge ${bridge.name} keeps ${formatIpv4(bridge.address)} because containers run on it; ip4 ${options.address} takes effect at a start without running containers`,
    { bridge: bridge.name },
  );
}

function choosePlace(
  options: NetworkOptions,
  machine: Machine,
  existing: Link | undefined,
  last: InterfaceAddress | undefined,
  isBusy: boolean,
): InterfaceAddress {
  const present = existing === undefined ? undefined : firstAddress(existing);
  const kept = present ?? last;
  if (isBusy && kept !== undefined) return kept;
  if (options.address !== "") {
    const wanted = parseInterfaceAddress(options.address);
    if (wanted !== undefined && wanted.subnet.prefix <= 30 && isHostOf(wanted.subnet, wanted.address))
      return wanted;
    throw wrongSetting(
      "ip4",
      options.address,
      "an address of the bridge with prefix length, such as 172.30.0.1/16",
    );
  }
  if (present !== undefined) return present;
  const chosen = choosePool(usedNetworks(machine, options), last);
  if (chosen !== undefined) return chosen;
  throw new SupercargoError(
    "SC_NETWORK_FAILED",
    "every network for the bridge overlaps one that this machine uses",
    {
      hint: "set network.default_bridge.ip4 to an address in a free network, such as 10.99.0.1/24",
    },
  );
}

/** Networks of interfaces and routes, and the name servers, which a network of ours must not hide. */
function usedNetworks(machine: Machine, options: NetworkOptions): Subnet[] {
  const others = machine.links.filter((link) => link.name !== options.bridgeName);
  const servers = nameServers(readMachineResolvConf(options.machineFiles ?? MACHINE_FILES));
  return [
    ...others.flatMap((link) => link.addresses.map((address) => address.subnet)),
    ...machine.routes,
    ...servers.flatMap((server) => {
      const address = parseIpv4(server);
      return address === undefined ? [] : subnetOf(address, 32);
    }),
  ];
}

function wrongSetting(key: string, value: string, expected: string): SupercargoError {
  return new SupercargoError(
    "SC_NETWORK_INVALID",
    `network.default_bridge.${key} is ${JSON.stringify(value)}, it should be ${expected}`,
  );
}
