/** What the network room needs of the kernel's packet filter, and its choice between nftables, iptables and none. */

import type { Log } from "../base/log.ts";
import { SupercargoError } from "../errors/error.ts";
import { runTool } from "./command.ts";
import { IptablesFilter, iptablesProgram } from "./iptables.ts";
import type { PortRule, RuleSet } from "./nft-script.ts";
import { NftablesFilter } from "./nftables.ts";
import type { NetworkOptions } from "./options.ts";

export interface PacketFilter {
  readonly kind: "nftables" | "iptables" | "none";
  /** Replaces all rules of ours by these, without a moment in between. */
  load(rules: RuleSet, signal: AbortSignal): Promise<void>;
  /** Adds and takes away published ports; what came by other programs' interference is repaired on the way. */
  change(added: readonly PortRule[], removed: readonly PortRule[]): Promise<void>;
  /**
   * Looks whether our rules are as loaded, loads them anew if not, and answers other programs' new drops. Costs next to
   * nothing while nobody has changed a rule.
   * @param isThorough also where it takes a program to see it (iptables)
   */
  mend(isThorough: boolean, signal: AbortSignal): Promise<Mended>;
  /** Takes away everything of ours. */
  unload(): Promise<void>;
  /**
   * Gets the bridge accepted where another program drops what it does not know (docker, ufw, firewalld).
   * @returns the places that needed it now
   */
  answerOthers(signal: AbortSignal): Promise<string[]>;
  /**
   * Makes the machine forward for its containers only: who turns forwarding on makes every machine with two networks a
   * router. Done as docker and the peer do it (spec/engine.md §8), by the policy of the chain that all of them share.
   * @param how what `forwardPolicyToClose` answered
   */
  closeForwarding(how: ForwardPolicy): Promise<void>;
  /** What closing would do: nothing because it drops already, change the policy, or make the chain too. */
  forwardPolicyToClose(signal: AbortSignal): Promise<ForwardPolicy>;
  /** Undoes `closeForwarding`. Answers false and leaves it when other programs rely on it by now. */
  reopenForwarding(how: ForwardPolicy): Promise<boolean>;
}

/** For the user, when a drop was answered. */
export function answeredText(place: string, bridge: string): string {
  return `${place} drops what it does not know: rules were added there that accept the bridge ${bridge}`;
}

/** For the user, when rules were loaded anew. */
export function mendedText(kind: string): string {
  return `${kind} rules of published ports were changed or deleted by somebody else and have been loaded anew`;
}

export interface Mended {
  /** In words. */
  readonly done: readonly string[];
  /** Somebody, perhaps we, has changed rules since the last time. */
  readonly isChanged: boolean;
}

export type ForwardPolicy = "untouched" | "changed" | "made";

/** For `ip_tables: false`: no rule at all. */
export const noPacketFilter: PacketFilter = {
  kind: "none",
  load: () => Promise.resolve(),
  change: () => Promise.resolve(),
  mend: () => Promise.resolve({ done: [], isChanged: false }),
  unload: () => Promise.resolve(),
  answerOthers: () => Promise.resolve([]),
  forwardPolicyToClose: () => Promise.resolve("untouched"),
  closeForwarding: () => Promise.resolve(),
  reopenForwarding: () => Promise.resolve(true),
};

/**
 * Takes nftables where program and kernel have it, else iptables, and says so.
 * @throws SC_NETWORK_FAILED when neither works
 */
export async function choosePacketFilter(
  options: NetworkOptions,
  log: Log,
  signal: AbortSignal,
): Promise<PacketFilter> {
  if (!options.ipTables) return noPacketFilter;
  const wanted = options.packetFilter ?? "auto";
  let reason = "it was asked for";
  if (wanted !== "iptables") {
    const found = await probeNftables(signal);
    if ("tables" in found) return new NftablesFilter(options.bridgeName, options.enableIp6, found.tables);
    reason = found.problem;
  }
  const program = wanted === "nftables" ? undefined : await iptablesProgram(signal);
  if (program === undefined) {
    throw new SupercargoError("SC_NETWORK_FAILED", `no packet filter works on this machine: ${reason}`, {
      hint: "install nftables or iptables, or set network.default_bridge.ip_tables to false (no published ports then)",
    });
  }
  log.warn(`published ports are made with ${program} instead of nftables: ${reason}`, { program });
  return new IptablesFilter(options.bridgeName, program);
}

/** The list of tables, or why nftables cannot be used. */
async function probeNftables(
  signal: AbortSignal,
): Promise<{ readonly tables: string } | { readonly problem: string }> {
  try {
    const { exitCode, stdout, stderr } = await runTool(["nft", "list", "tables"], { signal });
    return exitCode === 0 ? { tables: stdout } : { problem: `nft says: ${stderr.trim()}` };
  } catch (thrown) {
    if (thrown instanceof SupercargoError && thrown.code === "SC_IO") return { problem: thrown.message };
    throw thrown;
  }
}
