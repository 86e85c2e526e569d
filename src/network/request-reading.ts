/** Everything about a request that can be wrong without looking at the machine. */

import { findPlugins } from "./cni.ts";
import { checkExtraHosts } from "./extra-hosts.ts";
import { checkContainerId, randomId } from "./id.ts";
import { formatIpv4 } from "./ipv4.ts";
import type { NetworkRequest } from "./network.ts";
import type { Opened } from "./opening.ts";
import { namingEndpoint } from "./port-desk.ts";
import { ANY_ADDRESS, type PortWish, readPortMapping } from "./published-ports.ts";

export interface RequestReading {
  readonly endpointId: string;
  readonly wishes: readonly PortWish[];
  /** What is left out, in words. */
  readonly warnings: readonly string[];
}

/** @throws SC_NETWORK_INVALID for the request, SC_NETWORK_FAILED when the machine lacks what bridge mode needs */
export function readRequest(request: NetworkRequest, opened: Opened): RequestReading {
  const { options, bridge } = opened;
  const endpointId = randomId();
  checkContainerId(request.id);
  checkExtraHosts(request.extraHosts);
  if (request.mode === "host") return { endpointId, wishes: [], warnings: [] };
  findPlugins(options.cniBinDirs);
  const meaning = {
    localhost: options.localhost === "all" ? [ANY_ADDRESS] : ["127.0.0.1", formatIpv4(bridge.address)],
  };
  const wishes: PortWish[] = [];
  const warnings: string[] = [];
  for (const mapping of request.portMappings) {
    const wish = namingEndpoint(request.id, endpointId, () => readPortMapping(mapping, meaning));
    if (wish !== undefined) wishes.push(wish);
    else {
      warnings.push(
        `port ${mapping.hostPort} is not published: host_ip ${mapping.hostIp} is IPv6, and the bridge publishes on IPv4 only`,
      );
    }
  }
  if (options.ipTables || wishes.length === 0) return { endpointId, wishes, warnings };
  return {
    endpointId,
    wishes: [],
    warnings: [...warnings, "no port is published: network.default_bridge.ip_tables is false"],
  };
}
