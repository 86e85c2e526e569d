/** Capabilities of the kernel: the peer's default list, and the names behind the bits that the kernel shows. */

import { CAPABILITY_NAMES } from "../../model/capabilities.ts";
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

/**
 * Names of the capabilities that a process can hand on, by a text in the form of /proc/self/status: those of its line
 * `CapEff:`, but none that its line `CapBnd:` bars from programs that it starts; bits without a name are left out.
 */
export function effectiveCapabilities(procStatus: string): string[] {
  const set = (name: string) => new RegExp(`^${name}:\\s*([0-9a-fA-F]+)`, "m").exec(procStatus)?.[1];
  const bits = BigInt(`0x${set("CapEff") ?? "0"}`) & BigInt(`0x${set("CapBnd") ?? "ffffffffffffffff"}`);
  return CAPABILITY_NAMES.filter((_, bit) => (bits & (1n << BigInt(bit))) !== 0n);
}

/** The three sets that we give; none is inheritable or ambient. */
export function capabilitySets(names: readonly string[]): OciProcess["capabilities"] {
  return { bounding: [...names], effective: [...names], permitted: [...names] };
}
