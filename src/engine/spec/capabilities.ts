/** Capabilities of the kernel: the peer's default list, and the names behind the bits that the kernel shows. */

import type { OciProcess } from "./oci.ts";

/** What a container may do that is not privileged (spec/engine.md §7). */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

/** In the order of their bits (linux/capability.h). */
const NAMES_BY_BIT: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
];

/** Names of the capabilities in the line `CapEff:` of a text in the form of /proc/self/status; bits without a name are left out. */
export function effectiveCapabilities(procStatus: string): string[] {
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-fA-F]+)/m.exec(procStatus)?.[1] ?? "0"}`);
  return NAMES_BY_BIT.filter((_, bit) => (bits & (1n << BigInt(bit))) !== 0n);
}

/** The three sets that we give; none is inheritable or ambient. Names that come twice are taken once. */
export function capabilitySets(
  base: readonly string[],
  extra: readonly string[],
): OciProcess["capabilities"] {
  const names = [...new Set([...base, ...extra])];
  return { bounding: [...names], effective: [...names], permitted: [...names] };
}
