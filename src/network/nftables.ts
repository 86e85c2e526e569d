/** The packet filter by nftables: one table of ours per family, changed in transactions. */

import { demandTool, runTool } from "./command.ts";
import {
  answerForeignChains,
  closeForwarding,
  forwardPolicyToClose,
  reopenForwarding,
  withdrawFromForeignChains,
} from "./foreign-chains.ts";
import { rulesetGeneration } from "./kernel-view.ts";
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
import { isSameShape, shapeOfListing, shapeOfRules } from "./nft-shape.ts";
import {
  answeredText,
  type ForwardPolicy,
  type Mended,
  mendedText,
  type PacketFilter,
} from "./packet-filter.ts";
import { RuleQueue } from "./rule-queue.ts";

export class NftablesFilter implements PacketFilter {
  readonly kind = "nftables";
  readonly #bridge: string;
  /** Families whose forward chains of other programs concern the bridge. */
  readonly #families: readonly string[];
  readonly #queue: RuleQueue;
  /** The kernel's count of changes when the rules were last seen to be whole. */
  #seen: number | undefined;

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

  async mend(isThorough: boolean, signal: AbortSignal): Promise<Mended> {
    const legacy = isThorough ? await answerLegacyForward(this.#bridge, signal) : [];
    const done = legacy.map((place) => answeredText(place, this.#bridge));
    // Taken before the look: what changes during it is seen the next time.
    const generation = rulesetGeneration();
    if (generation !== undefined && generation === this.#seen) return { done, isChanged: false };
    if (await this.#queue.mend((rules, depth) => this.#isWhole(rules, depth, signal)))
      done.push(mendedText("nftables"));
    const chains = await answerForeignChains(this.#bridge, this.#families, signal);
    this.#seen = generation;
    done.push(...chains.map((place) => answeredText(place, this.#bridge)));
    return { done, isChanged: true };
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

  async #isWhole(rules: RuleSet, depth: "all" | "any", signal: AbortSignal): Promise<boolean> {
    for (const family of rules.ip6 ? (["ip", "ip6"] as const) : (["ip"] as const)) {
      const command = ["nft", "--json", "list", "table", family, tableName(this.#bridge)];
      const { exitCode, stdout } = await runTool(command, { signal });
      if (exitCode !== 0) return false;
      if (depth === "all" && !isSameShape(shapeOfRules(rules, family), shapeOfListing(stdout))) return false;
    }
    return true;
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
