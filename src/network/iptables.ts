/**
 * The packet filter by iptables, for kernels without nf_tables: chains of our own, replaced as a whole by
 * iptables-restore, which is a transaction per table.
 */

import { SupercargoError } from "../errors/error.ts";
import { runTool, toolFailed } from "./command.ts";
import type { PortRule, RuleSet } from "./nft-script.ts";
import { type ForwardPolicy, type Mended, mendedText, type PacketFilter } from "./packet-filter.ts";
import { RuleQueue } from "./rule-queue.ts";

/** How our chains are reached from the kernel's. */
const HOOKS = [
  { table: "raw", from: "PREROUTING", chain: "LOOP" },
  { table: "nat", from: "PREROUTING", chain: "PORT" },
  { table: "nat", from: "OUTPUT", chain: "PORT" },
  { table: "nat", from: "POSTROUTING", chain: "MASQ" },
  { table: "filter", from: "FORWARD", chain: "FWD" },
] as const;
const TABLES = ["raw", "nat", "filter"] as const;

export class IptablesFilter implements PacketFilter {
  readonly kind = "iptables";
  readonly #bridge: string;
  readonly #program: string;
  readonly #queue: RuleQueue;

  constructor(bridge: string, program: string) {
    this.#bridge = bridge;
    this.#program = program;
    this.#queue = new RuleQueue({ replace: (rules) => this.#replace(rules) });
  }

  load(rules: RuleSet, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return this.#queue.load(rules);
  }

  change(added: readonly PortRule[], removed: readonly PortRule[]): Promise<void> {
    return this.#queue.change(added, removed);
  }

  async mend(isThorough: boolean, signal: AbortSignal): Promise<Mended> {
    if (!isThorough) return { done: [], isChanged: false };
    const isMended = await this.#queue.mend((rules, depth) => this.#isWhole(rules, depth, signal));
    return { done: isMended ? [mendedText(this.#program)] : [], isChanged: isMended };
  }

  async unload(): Promise<void> {
    await this.#queue.end();
    for (const hook of HOOKS) await this.#unhook(hook);
    for (const { table, chain } of ownChains()) {
      const name = chainName(chain, this.#bridge);
      const there = await this.#run(["-t", table, "-S", name]);
      if (there.exitCode !== 0) continue;
      await this.#demand(["-t", table, "-F", name]);
      await this.#demand(["-t", table, "-X", name]);
    }
  }

  /** Our chain stands first in FORWARD and accepts there, so no policy and no later rule reaches the bridge. */
  answerOthers(): Promise<string[]> {
    return Promise.resolve([]);
  }

  async forwardPolicyToClose(): Promise<ForwardPolicy> {
    const rules = await this.#run(["-S", "FORWARD"]);
    return rules.stdout.startsWith("-P FORWARD DROP") ? "untouched" : "changed";
  }

  async closeForwarding(how: ForwardPolicy): Promise<void> {
    if (how !== "untouched") await this.#demand(["-P", "FORWARD", "DROP"]);
  }

  async reopenForwarding(how: ForwardPolicy): Promise<boolean> {
    if (how !== "untouched") await this.#demand(["-P", "FORWARD", "ACCEPT"]);
    return true;
  }

  async #replace(rules: RuleSet): Promise<void> {
    const command = [`${this.#program}-restore`, "--noflush", "--wait", "5"];
    const result = await runTool(command, { input: restoreScript(rules) });
    if (result.exitCode !== 0) throw toolFailed(result, "load the iptables rules");
    for (const { table, from, chain } of HOOKS) {
      const jump = ["-j", chainName(chain, this.#bridge)];
      const there = await this.#run(["-t", table, "-C", from, ...jump]);
      if (there.exitCode !== 0) await this.#demand(["-t", table, "-I", from, ...jump]);
    }
  }

  async #isWhole(rules: RuleSet, depth: "all" | "any", signal: AbortSignal): Promise<boolean> {
    const { exitCode, stdout } = await runTool([`${this.#program}-save`], { signal });
    if (exitCode !== 0) return false;
    return depth === "all" ? areRulesIn(stdout, rules) : stdout.includes(chainName("PORT", rules.bridge));
  }

  async #unhook({ table, from, chain }: (typeof HOOKS)[number]): Promise<void> {
    const jump = ["-j", chainName(chain, this.#bridge)];
    while ((await this.#run(["-t", table, "-C", from, ...jump])).exitCode === 0) {
      await this.#demand(["-t", table, "-D", from, ...jump]);
    }
  }

  #run(args: readonly string[]) {
    return runTool([this.#program, "--wait", "5", ...args]);
  }

  async #demand(args: readonly string[]): Promise<void> {
    const result = await this.#run(args);
    if (result.exitCode !== 0) throw toolFailed(result, "change the iptables rules");
  }
}

/** The iptables that works on this kernel; the one that does without nf_tables first. Undefined when none does. */
export async function iptablesProgram(signal: AbortSignal): Promise<string | undefined> {
  for (const program of ["iptables-legacy", "iptables"]) {
    try {
      const result = await runTool([program, "--wait", "5", "-t", "nat", "-S"], { signal });
      if (result.exitCode === 0) return program;
    } catch (thrown) {
      if (!(thrown instanceof SupercargoError && thrown.code === "SC_IO")) throw thrown;
    }
  }
  return undefined;
}

/** Our chains with their rules, as iptables-restore reads them; a chain that is named is emptied first. */
export function restoreScript(rules: RuleSet): string {
  const { bridge, subnet } = rules;
  const content: Record<(typeof HOOKS)[number]["chain"], readonly string[]> = {
    LOOP: [`-i ${bridge} -d 127.0.0.0/8 -j DROP`, `-i ${bridge} -s 127.0.0.0/8 -j DROP`],
    PORT: rules.ports.map(portRule),
    MASQ: [
      `-o ${bridge} -m addrtype --src-type LOCAL -m conntrack --ctstate DNAT -j MASQUERADE`,
      `-s ${subnet} -d ${subnet} -m conntrack --ctstate DNAT -j MASQUERADE`,
      ...(rules.masquerade ? [`-s ${subnet} ! -o ${bridge} -j MASQUERADE`] : []),
    ],
    FWD: [
      `-o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
      `-i ${bridge} -o ${bridge} -j ${rules.icc ? "ACCEPT" : "DROP"}`,
      `-o ${bridge} -m conntrack --ctstate DNAT -j ACCEPT`,
      `-o ${bridge} -j DROP`,
      `-i ${bridge} -j ACCEPT`,
    ],
  };
  return TABLES.map((table) => {
    const chains = ownChains().filter((own) => own.table === table);
    const names = chains.map(({ chain }) => `:${chainName(chain, bridge)} - [0:0]`);
    const lines = chains.flatMap(({ chain }) =>
      content[chain].map((rule) => `-A ${chainName(chain, bridge)} ${rule}`),
    );
    return `*${table}\n${[...names, ...lines].join("\n")}\nCOMMIT\n`;
  }).join("");
}

/** Whether what `iptables-save` prints has our chains with as many rules as they should have, and the ways into them. */
export function areRulesIn(saved: string, rules: RuleSet): boolean {
  const lines = saved.split("\n");
  const countRules = (text: readonly string[], name: string) =>
    text.filter((line) => line.startsWith(`-A ${name} `)).length;
  const wanted = restoreScript(rules).split("\n");
  const isWhole = ownChains().every(({ chain }) => {
    const name = chainName(chain, rules.bridge);
    return countRules(lines, name) === countRules(wanted, name);
  });
  return (
    isWhole &&
    HOOKS.every(({ from, chain }) => lines.includes(`-A ${from} -j ${chainName(chain, rules.bridge)}`))
  );
}

/** At most 28 characters, which is the kernel's limit. */
export function chainName(chain: string, bridge: string): string {
  return `SC-${chain}-${bridge}`;
}

function ownChains() {
  return HOOKS.filter((hook, at) => HOOKS.findIndex((other) => other.chain === hook.chain) === at);
}

function portRule(port: PortRule): string {
  const address = port.address === "0.0.0.0" ? "" : `-d ${port.address} `;
  const match = `${address}-p ${port.protocol} -m ${port.protocol} --dport ${port.port} -m addrtype --dst-type LOCAL`;
  return `${match} -j DNAT --to-destination ${port.toAddress}:${port.toPort}`;
}
