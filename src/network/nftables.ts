/** The packet filter by nftables: one table of ours per family, changed in transactions. */

import { demandTool } from "./command.ts";
import {
  answerForeignChains,
  closeForwarding,
  forwardPolicyToClose,
  reopenForwarding,
  withdrawFromForeignChains,
} from "./foreign-chains.ts";
import { answerLegacyForward, withdrawFromLegacyForward } from "./legacy-forward.ts";
import { runScript } from "./nft-run.ts";
import {
  changeScript,
  type PortRule,
  type RuleSet,
  removalScript,
  tableName,
  tableScript,
} from "./nft-script.ts";
import type { ForwardPolicy, PacketFilter } from "./packet-filter.ts";
import { RuleQueue } from "./rule-queue.ts";

export class NftablesFilter implements PacketFilter {
  readonly kind = "nftables";
  readonly #bridge: string;
  /** Families whose forward chains of other programs concern the bridge. */
  readonly #families: readonly string[];
  readonly #queue: RuleQueue;

  /** @param tables what `nft list tables` has just said; good for the first load. */
  constructor(bridge: string, ip6: boolean, tables?: string) {
    let known = tables;
    this.#bridge = bridge;
    this.#families = ip6 ? ["ip", "inet", "ip6"] : ["ip", "inet"];
    this.#queue = new RuleQueue({
      apply: (added, removed) => runScript(changeScript(bridge, added, removed), "publish ports"),
      replace: async (rules) => {
        const listed = known ?? (await listTables());
        known = undefined;
        await runScript(tableScript(rules, ownFamilies(bridge, listed)), "load the nftables rules");
      },
    });
  }

  load(rules: RuleSet, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return this.#queue.load(rules);
  }

  change(added: readonly PortRule[], removed: readonly PortRule[]): Promise<void> {
    return this.#queue.change(added, removed);
  }

  async unload(): Promise<void> {
    await this.#queue.end();
    await withdrawFromForeignChains(this.#bridge);
    await withdrawFromLegacyForward(this.#bridge);
    const families = ownFamilies(this.#bridge, await listTables());
    if (families.length > 0)
      await runScript(removalScript(this.#bridge, families), "remove the nftables rules");
  }

  async answerOthers(signal: AbortSignal): Promise<string[]> {
    const [chains, legacy] = await Promise.all([
      answerForeignChains(this.#bridge, this.#families, signal),
      answerLegacyForward(this.#bridge, signal),
    ]);
    return [...chains, ...legacy];
  }

  forwardPolicyToClose(signal: AbortSignal): Promise<ForwardPolicy> {
    return forwardPolicyToClose(signal);
  }

  closeForwarding(how: ForwardPolicy): Promise<void> {
    return closeForwarding(how);
  }

  reopenForwarding(how: ForwardPolicy): Promise<boolean> {
    return reopenForwarding(how);
  }
}

function listTables(): Promise<string> {
  return demandTool(["nft", "list", "tables"], "list the nftables tables");
}

/** Families in which a table of ours lies, of all that nft lists. */
function ownFamilies(bridge: string, listed: string): string[] {
  const name = tableName(bridge);
  return listed.split("\n").flatMap((line) => {
    const [word, family, table] = line.trim().split(" ");
    return word === "table" && family !== undefined && table === name ? family : [];
  });
}
