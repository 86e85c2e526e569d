/**
 * Rules that another program made with the old iptables, beside our nftables: the kernel asks both, nft shows only its
 * own, so a dropping policy there is answered with the old program.
 */

import { demandTool } from "./command.ts";
import { ruleComment } from "./foreign-chains.ts";
import { readIfThere } from "./host-files.ts";

const PROGRAM = ["iptables-legacy", "--wait", "5"];
const DIRECTIONS = ["-i", "-o"];

/** Accepts the bridge in the old FORWARD chain if that drops what it does not know. */
export async function answerLegacyForward(bridge: string, signal: AbortSignal): Promise<string[]> {
  if (!isInUse()) return [];
  const rules = await demandTool([...PROGRAM, "-S", "FORWARD"], "read the iptables-legacy rules", { signal });
  if (!/^-P FORWARD DROP$/m.test(rules) || rules.includes(JSON.stringify(ruleComment(bridge)))) return [];
  for (const direction of DIRECTIONS) {
    const command = [...PROGRAM, "-A", "FORWARD", ...acceptRule(bridge, direction)];
    await demandTool(command, "accept the bridge in the iptables-legacy rules", { signal });
  }
  return ["iptables-legacy FORWARD"];
}

/** Takes those rules away. */
export async function withdrawFromLegacyForward(bridge: string): Promise<void> {
  if (!isInUse()) return;
  const rules = await demandTool([...PROGRAM, "-S", "FORWARD"], "read the iptables-legacy rules");
  for (const direction of DIRECTIONS) {
    const found = rules
      .split("\n")
      .some(
        (rule) =>
          rule.includes(`${direction} ${bridge} `) && rule.includes(JSON.stringify(ruleComment(bridge))),
      );
    if (!found) continue;
    const command = [...PROGRAM, "-D", "FORWARD", ...acceptRule(bridge, direction)];
    await demandTool(command, "remove our iptables-legacy rules");
  }
}

/** The kernel lists the old tables that exist; while there is none nobody uses it (and asking would make them). */
function isInUse(): boolean {
  return readIfThere("/proc/net/ip_tables_names").split("\n").includes("filter");
}

function acceptRule(bridge: string, direction: string): string[] {
  return [direction, bridge, "-m", "comment", "--comment", ruleComment(bridge), "-j", "ACCEPT"];
}
