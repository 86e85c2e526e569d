/** From a record's entry to what others see of it: the attachment for the manager, the rules for the packet filter. Pure. */

import { join } from "node:path";
import type { NetworkSettings } from "../model/container.ts";
import { hostFilePaths } from "./host-files.ts";
import type { NetworkAttachment } from "./network.ts";
import type { PortRule } from "./nft-script.ts";
import type { PortProtocol } from "./published-ports.ts";
import type { Entry, NetworkRecord } from "./record.ts";

/** Folder of our namespace files. The peer's own lie in `<exec_root>/netns`; ours keep apart from them. */
export function namespaceFolder(execDir: string): string {
  return join(execDir, "supercargo", "netns");
}

type Ids = Pick<NetworkRecord, "networkId" | "hostNetworkId" | "controllerId">;

export function attachmentOf(entry: Entry, ids: Ids, execDir: string): NetworkAttachment {
  return {
    id: entry.id,
    namespacePath: entry.mode === "host" ? undefined : entry.namespacePath,
    hostName: entry.hostName,
    settings: settingsOf(entry, ids, execDir),
    files: hostFilePaths(entry.filesDir),
    published: entry.ports.map(({ protocol, hostIp, hostPort, containerPort }) => ({
      protocol,
      hostIp,
      hostPort,
      containerPort,
    })),
    warnings: entry.warnings,
  };
}

/** The elements of the port maps that belong to a container. */
export function portRulesOf(entry: Entry): PortRule[] {
  return entry.ports.flatMap((port) =>
    port.addresses.map((address) => ({
      protocol: asProtocol(port.protocol),
      address,
      port: port.hostPort,
      toAddress: entry.address,
      toPort: port.containerPort,
    })),
  );
}

function asProtocol(text: string): PortProtocol {
  return text === "udp" || text === "sctp" ? text : "tcp";
}

function settingsOf(entry: Entry, ids: Ids, execDir: string): NetworkSettings {
  const isHost = entry.mode === "host";
  const endpoint = {
    id: entry.endpointId,
    gateway: entry.gateway,
    ipAddress: entry.address,
    macAddress: entry.macAddress,
    networkId: isHost ? ids.hostNetworkId : ids.networkId,
  };
  return {
    networks: { [entry.mode]: endpoint },
    sandboxId: entry.sandboxId,
    sandboxKey: isHost ? join(execDir, "netns", "default") : entry.namespacePath,
    networkControllerId: ids.controllerId,
  };
}
