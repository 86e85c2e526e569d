/** The text of our nftables tables and of changes to them. Pure. Tried: spec/pitfalls.md §3. */

import type { PortProtocol } from "./published-ports.ts";

/** A published port as a rule: what arrives there goes to the container. */
export interface PortRule {
  readonly protocol: PortProtocol;
  /** Address of the machine, or `0.0.0.0` for all. */
  readonly address: string;
  readonly port: number;
  readonly toAddress: string;
  readonly toPort: number;
}

/** Everything that the packet filter does for the bridge. */
export interface RuleSet {
  readonly bridge: string;
  readonly subnet: string;
  /** Containers reach the outside under the machine's address. */
  readonly masquerade: boolean;
  /** Also holds for what the machine routes between containers; between ports of the bridge isolation does it. */
  readonly icc: boolean;
  readonly ip6: boolean;
  readonly ports: readonly PortRule[];
}

/** Name of our table; one for each bridge, so that instances with bridges of their own do not meet. */
export function tableName(bridge: string): string {
  return `supercargo_${bridge}`;
}

/**
 * Replaces our tables by these rules in one transaction: loading twice would double the rules, so it adds (for the case
 * that it is missing), deletes and adds.
 * @param stale other families in which a table of ours lies, to be deleted
 */
export function tableScript(rules: RuleSet, stale: readonly string[] = []): string {
  const parts = [replaced("ip", rules.bridge, ip4Chains(rules))];
  if (rules.ip6) parts.push(replaced("ip6", rules.bridge, ip6Chains(rules)));
  else if (stale.includes("ip6")) parts.push(deleted("ip6", rules.bridge));
  return parts.join("");
}

/** Takes our tables away in the families where they are. */
export function removalScript(bridge: string, families: readonly string[]): string {
  return families.map((family) => deleted(family, bridge)).join("");
}

/** Adds and deletes published ports. A missing one that is deleted makes the whole transaction void. */
export function changeScript(
  bridge: string,
  added: readonly PortRule[],
  removed: readonly PortRule[],
): string {
  const line = (verb: string, port: PortRule, text: string) =>
    `${verb} element ip ${tableName(bridge)} ${mapOf(port)} { ${text} }\n`;
  return [
    ...removed.map((port) => line("delete", port, keyOf(port))),
    ...added.map((port) => line("add", port, elementOf(port))),
  ].join("");
}

function replaced(family: string, bridge: string, chains: string): string {
  const table = `table ${family} ${tableName(bridge)}`;
  return `add ${table}\ndelete ${table}\n${table} {\n${chains}}\n`;
}

function deleted(family: string, bridge: string): string {
  const table = `table ${family} ${tableName(bridge)}`;
  return `add ${table}\ndelete ${table}\n`;
}

function ip4Chains(rules: RuleSet): string {
  const bridge = JSON.stringify(rules.bridge);
  const one = rules.ports.filter((port) => mapOf(port) === "one_address");
  const any = rules.ports.filter((port) => mapOf(port) === "any_address");
  const destination = `
    fib daddr type local dnat ip addr . port to ip daddr . meta l4proto . th dport map @one_address
    fib daddr type local dnat ip addr . port to meta l4proto . th dport map @any_address`;
  const outward = rules.masquerade ? `\n    ip saddr ${rules.subnet} oifname != ${bridge} masquerade` : "";
  const between = rules.icc ? "accept" : "drop";
  // -105: before other programs' translation of destinations, such as rules that a killed Kanto left for the same port.
  return `  map one_address {
    type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service${elements(one)}
  }
  map any_address {
    type inet_proto . inet_service : ipv4_addr . inet_service${elements(any)}
  }
  chain loopback {
    type filter hook prerouting priority -300; policy accept;
    iifname ${bridge} ip daddr 127.0.0.0/8 drop
    iifname ${bridge} ip saddr 127.0.0.0/8 drop
  }
  chain prerouting {
    type nat hook prerouting priority -105; policy accept;${destination}
  }
  chain output {
    type nat hook output priority -105; policy accept;${destination}
  }
  chain postrouting {
    type nat hook postrouting priority 95; policy accept;
    oifname ${bridge} fib saddr type local ct status dnat masquerade
    ip saddr ${rules.subnet} ip daddr ${rules.subnet} ct status dnat masquerade${outward}
  }
  chain forward {
    type filter hook forward priority 0; policy accept;
    oifname ${bridge} ct state established,related accept
    iifname ${bridge} oifname ${bridge} ${between}
    oifname ${bridge} ct status dnat accept
    oifname ${bridge} drop
  }
`;
}

function ip6Chains(rules: RuleSet): string {
  const bridge = JSON.stringify(rules.bridge);
  return `  chain forward {
    type filter hook forward priority 0; policy accept;
    oifname ${bridge} ct state established,related accept
    iifname ${bridge} oifname ${bridge} ${rules.icc ? "accept" : "drop"}
    oifname ${bridge} drop
  }
`;
}

function elements(ports: readonly PortRule[]): string {
  return ports.length === 0 ? "" : `\n    elements = { ${ports.map(elementOf).join(", ")} }`;
}

export function mapOf(port: PortRule): "one_address" | "any_address" {
  return port.address === "0.0.0.0" ? "any_address" : "one_address";
}

function keyOf(port: PortRule): string {
  const key = `${port.protocol} . ${port.port}`;
  return mapOf(port) === "any_address" ? key : `${port.address} . ${key}`;
}

export function elementOf(port: PortRule): string {
  return `${keyOf(port)} : ${port.toAddress} . ${port.toPort}`;
}
