/** What the network room is told at its start: the configuration's `network` section and its places on disk. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";

export interface NetworkOptions {
  /** Name of the bridge interface, `kanto-cm0` by default; at most 15 characters. */
  readonly bridgeName: string;
  /** Address of the bridge with prefix length (`ip4`); empty: an existing bridge's own, else the first free pool. */
  readonly address: string;
  /** Part of the subnet from which containers get addresses (`fcidr4`); empty: all of it. */
  readonly fixedCidr: string;
  /** Default gateway of the containers (`gwip4`); empty: the bridge. */
  readonly gateway: string;
  /** Bytes. */
  readonly mtu: number;
  /** Whether containers reach each other. */
  readonly icc: boolean;
  /** False: no rule of any kind, so no published ports and no masquerading. */
  readonly ipTables: boolean;
  readonly ipForward: boolean;
  readonly ipMasq: boolean;
  /** Containers also get an address of a private IPv6 network of the bridge; nothing is forwarded to the outside. */
  readonly enableIp6: boolean;
  /** What a host_ip that is no address (`localhost`) means: all local addresses, or loopback and the bridge. */
  readonly localhost: "all" | "loopback";
  /** `<home>/supercargo/network`: the record. */
  readonly stateDir: string;
  /** `<exec_root>`: namespace files lie below it in `supercargo/netns`. Must be in containerd's mount namespace. */
  readonly execDir: string;
  /** Folders in which the CNI plugins `bridge` and `static` are looked for, first one first. */
  readonly cniBinDirs: readonly string[];
  readonly log: Log;
  readonly clock: Clock;
  /** Which packet filter to use; `auto` (default) takes nftables where the kernel has it, else iptables. */
  readonly packetFilter?: "auto" | "nftables" | "iptables";
  /** Pause between two looks for what others have changed in bridge, rules and namespaces, in ms; 3000 by default. */
  readonly lookEveryMs?: number;
  /** The machine's files that are copied into containers. */
  readonly machineFiles?: MachineFiles;
}

export interface MachineFiles {
  readonly hosts: string;
  readonly resolvConf: string;
  /** Used when `resolvConf` names only systemd's stub. */
  readonly systemdResolvConf: string;
}

export const MACHINE_FILES: MachineFiles = {
  hosts: "/etc/hosts",
  resolvConf: "/etc/resolv.conf",
  systemdResolvConf: "/run/systemd/resolve/resolv.conf",
};

/** Where Debian and the CNI project put plugins. */
export const CNI_BIN_DIRS: readonly string[] = ["/usr/lib/cni", "/opt/cni/bin"];
