/** Resolves `extra_hosts` of a container to lines of its hosts file. Pure. Table: spec/engine.md §8 "extra_hosts". */

import { SupercargoError } from "../errors/error.ts";
import { parseExtraHost } from "../model/extra-hosts.ts";
import type { HostLine } from "./host-files.ts";
import type { Entry } from "./record.ts";

const INTERFACE_PREFIX = "host_ip_";
const CONTAINER_PREFIX = "container_";

export interface ResolvedHost extends HostLine {
  /** What it stands for can change while the container runs. */
  readonly changes: boolean;
}

export interface ResolvedHosts {
  readonly lines: readonly ResolvedHost[];
  /** One sentence for each entry that was left out. */
  readonly warnings: readonly string[];
}

/** @throws SC_NETWORK_INVALID with the peer's text for an entry that is not `name:value` */
export function checkExtraHosts(extraHosts: readonly string[]): void {
  for (const entry of extraHosts) {
    if (parseExtraHost(entry) !== undefined) continue;
    throw new SupercargoError(
      "SC_NETWORK_INVALID",
      `host [${entry.split(":").join(" ")}] is incorrectly defined`,
      {
        hint: `extra_hosts entry ${JSON.stringify(entry)} must be name:address, name:host_ip, name:host_ip_INTERFACE or name:container_HOSTNAME`,
      },
    );
  }
}

/** Names of the interfaces that `host_ip_<interface>` entries ask for. */
export function interfacesAskedFor(extraHosts: readonly string[]): string[] {
  const names = extraHosts.flatMap((entry) => {
    const value = parseExtraHost(entry)?.value ?? "";
    return value.startsWith(INTERFACE_PREFIX) ? [value.slice(INTERFACE_PREFIX.length)] : [];
  });
  return [...new Set(names)].filter((name) => name !== "");
}

function isChanging(value: string): boolean {
  return value.startsWith(CONTAINER_PREFIX) || value.startsWith(INTERFACE_PREFIX);
}

/**
 * @param subject the container whose entries these are
 * @param bridgeAddress what `host_ip` stands for
 * @param connected all containers on the bridge, it too
 */
export function resolveExtraHosts(
  subject: Pick<Entry, "mode" | "extraHosts" | "interfaceAddresses">,
  bridgeAddress: string,
  connected: readonly Pick<Entry, "hostName" | "address">[],
): ResolvedHosts {
  const lines: ResolvedHost[] = [];
  const warnings: string[] = [];
  for (const entry of subject.extraHosts) {
    const host = parseExtraHost(entry);
    if (host === undefined) continue;
    const found = resolve(host.value, subject, bridgeAddress, connected);
    if ("address" in found)
      lines.push({ address: found.address, name: host.name, changes: isChanging(host.value) });
    else warnings.push(`extra host ${JSON.stringify(entry)} is left out: ${found.reason}`);
  }
  return { lines, warnings };
}

function resolve(
  value: string,
  subject: Pick<Entry, "mode" | "interfaceAddresses">,
  bridgeAddress: string,
  connected: readonly Pick<Entry, "hostName" | "address">[],
): { readonly address: string } | { readonly reason: string } {
  const needsBridge =
    value === "host_ip" || value.startsWith(INTERFACE_PREFIX) || value.startsWith(CONTAINER_PREFIX);
  if (!needsBridge) return { address: value };
  if (subject.mode !== "bridge") return { reason: "this works in bridge mode only" };
  if (value === "host_ip") return { address: bridgeAddress };
  if (value === INTERFACE_PREFIX) return { reason: "host_ip_ needs the name of an interface" };
  if (value.startsWith(INTERFACE_PREFIX)) {
    const name = value.slice(INTERFACE_PREFIX.length);
    const address = subject.interfaceAddresses[name];
    return address === undefined ? { reason: `interface ${name} has no IPv4 address` } : { address };
  }
  const hostName = value.slice(CONTAINER_PREFIX.length);
  const matches = connected.filter((other) => other.hostName === hostName);
  const [only] = matches;
  if (matches.length === 1 && only !== undefined) return { address: only.address };
  return {
    reason:
      matches.length === 0
        ? `no container with the host name ${JSON.stringify(hostName)} is connected`
        : `${matches.length} connected containers have the host name ${JSON.stringify(hostName)}`,
  };
}
