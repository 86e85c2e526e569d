/** Connects a namespace to the bridge by the CNI plugins `bridge` and `static`; addresses are ours, not the plugin's. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { SupercargoError } from "../errors/error.ts";
import { type Bridge, ipv6Of } from "./bridge.ts";
import { runTool } from "./command.ts";
import { formatIpv4, type Ipv4, macOf } from "./ipv4.ts";

/** Understood by the plugins of Debian 11 and later. */
const CNI_VERSION = "0.4.0";
const PLUGINS = ["bridge", "static"];

export interface Connection {
  readonly id: string;
  readonly namespacePath: string;
  readonly address: Ipv4;
  readonly mtu: number;
  /** From which the private IPv6 network is made, if the bridge has one. */
  readonly networkId: string;
}

export interface Connected {
  /** The machine's end of the pair of interfaces. */
  readonly hostInterface: string;
  readonly macAddress: string;
}

/** The first folder that has both plugins. @throws SC_NETWORK_FAILED when none has */
export function findPlugins(folders: readonly string[]): string {
  const found = folders.find((folder) => PLUGINS.every((plugin) => existsSync(join(folder, plugin))));
  if (found !== undefined) return found;
  throw new SupercargoError(
    "SC_NETWORK_FAILED",
    `the CNI plugins ${PLUGINS.join(" and ")} are not in ${folders.join(" or ")}`,
    { hint: "install them (Debian: containernetworking-plugins) or use network mode host" },
  );
}

/** @throws SC_NETWORK_FAILED with the plugin's own words */
export async function connect(
  folder: string,
  bridge: Bridge,
  connection: Connection,
  signal: AbortSignal,
): Promise<Connected> {
  const result = await runTool([join(folder, "bridge")], {
    input: JSON.stringify(bridgeConfig(bridge, connection)),
    env: {
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: connection.id,
      CNI_NETNS: connection.namespacePath,
      CNI_IFNAME: "eth0",
      CNI_PATH: folder,
    },
    signal,
  });
  const answer = readJson(result.stdout);
  if (result.exitCode === 0) return readConnected(answer, bridge.name, macOf(connection.address));
  const said = [answer["msg"], answer["details"]]
    .filter((part) => typeof part === "string" && part !== "")
    .join(": ");
  throw new SupercargoError(
    "SC_NETWORK_FAILED",
    `cannot connect container ${connection.id} to the bridge ${bridge.name}: ${said || result.stderr.trim() || result.stdout.trim() || `the plugin ended with ${result.signal ?? result.exitCode}`}`,
  );
}

/**
 * The plugin's configuration. It is told not to be the gateway, because it would turn forwarding on and the bridge has
 * its address from us; hairpin lets a container reach itself by its published port where bridged packets pass iptables.
 */
export function bridgeConfig(bridge: Bridge, connection: Connection): unknown {
  const addresses = [{ address: `${formatIpv4(connection.address)}/${bridge.subnet.prefix}` }];
  if (bridge.address6 !== undefined) {
    addresses.push({ address: `${ipv6Of(connection.networkId, connection.address)}/64` });
  }
  return {
    cniVersion: CNI_VERSION,
    name: bridge.name,
    type: "bridge",
    bridge: bridge.name,
    isGateway: false,
    ipMasq: false,
    hairpinMode: true,
    mtu: connection.mtu,
    capabilities: { mac: true },
    runtimeConfig: { mac: macOf(connection.address) },
    ipam: { type: "static", addresses, routes: [{ dst: "0.0.0.0/0", gw: formatIpv4(bridge.gateway) }] },
  };
}

/** What the plugin says that it made. */
export function readConnected(
  answer: Readonly<Record<string, unknown>>,
  bridgeName: string,
  wantedMac: string,
): Connected {
  const interfaces = Array.isArray(answer["interfaces"]) ? answer["interfaces"].map(asObject) : [];
  const inside = interfaces.find((one) => textOf(one["sandbox"]) !== "");
  const outside = interfaces.find(
    (one) => textOf(one["sandbox"]) === "" && textOf(one["name"]) !== bridgeName,
  );
  return {
    hostInterface: textOf(outside?.["name"]),
    // Plugins before 0.9 choose the address themselves.
    macAddress: textOf(inside?.["mac"]) || wantedMac,
  };
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return {};
    throw thrown;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
