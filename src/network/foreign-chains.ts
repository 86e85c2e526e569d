/**
 * Other programs' forward chains in nftables (docker, ufw, firewalld): an accept of ours elsewhere does not help against
 * their drop, so the bridge gets accepting rules there, with a comment by which they are known and taken away again.
 */

import { demandTool, runTool, toolFailed } from "./command.ts";
import { runScript } from "./nft-run.ts";
import type { ForwardPolicy } from "./packet-filter.ts";

export interface ForwardChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly policy: string;
}

interface ForwardRule {
  readonly handle: number;
  readonly comment: string;
  /** What it does with every packet, without looking: `drop`, `reject`, or empty. */
  readonly always: string;
}

/** The two rules: all that comes from the bridge, and all that our own table let through to it. */
const DIRECTIONS = ["iifname", "oifname"];

export function ruleComment(bridge: string): string {
  return `supercargo ${bridge}`;
}

/** Puts accepting rules into every foreign chain that drops what it does not know. Answers the chains that got some. */
export async function answerForeignChains(
  bridge: string,
  families: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const script: string[] = [];
  const answered: string[] = [];
  for (const chain of await forwardChains(families, signal)) {
    const rules = await rulesOf(chain, signal);
    if (rules === undefined) continue;
    const last = rules.at(-1);
    const ending = last === undefined || last.always === "" ? undefined : last;
    if (chain.policy !== "drop" && ending === undefined) continue;
    if (rules.filter((rule) => rule.comment === ruleComment(bridge)).length >= DIRECTIONS.length) continue;
    // Behind the others' rules, so that what an administrator forbids explicitly stays forbidden.
    const place = `${chain.family} ${chain.table} ${chain.name}`;
    const verb = ending === undefined ? `add rule ${place}` : `insert rule ${place} handle ${ending.handle}`;
    for (const direction of DIRECTIONS) {
      script.push(`${verb} ${direction} "${bridge}" counter accept comment "${ruleComment(bridge)}"`);
    }
    answered.push(place);
  }
  if (script.length > 0)
    await runScript(`${script.join("\n")}\n`, "accept the bridge in other programs' rules");
  return answered;
}

/** Takes the accepting rules away again. */
export async function withdrawFromForeignChains(bridge: string): Promise<void> {
  const script: string[] = [];
  for (const chain of await forwardChains(["ip", "ip6", "inet"])) {
    for (const rule of (await rulesOf(chain)) ?? []) {
      if (rule.comment !== ruleComment(bridge)) continue;
      script.push(`delete rule ${chain.family} ${chain.table} ${chain.name} handle ${rule.handle}`);
    }
  }
  if (script.length > 0)
    await runScript(`${script.join("\n")}\n`, "remove our rules from other programs' chains");
}

const FORWARD = "ip filter FORWARD";

/** See `PacketFilter.forwardPolicyToClose`. */
export async function forwardPolicyToClose(signal: AbortSignal): Promise<ForwardPolicy> {
  const chain = (await forwardChains(["ip"], signal)).find((other) => placeOf(other) === FORWARD);
  if (chain === undefined) return "made";
  return chain.policy === "drop" ? "untouched" : "changed";
}

/** See `PacketFilter.closeForwarding`. */
export async function closeForwarding(how: ForwardPolicy): Promise<void> {
  const script = {
    untouched: "",
    changed: `add chain ${FORWARD} { policy drop; }\n`,
    made: `add table ip filter\nadd chain ${FORWARD} { type filter hook forward priority 0; policy drop; }\n`,
  };
  if (how !== "untouched") await runScript(script[how], "close forwarding for others");
}

/** See `PacketFilter.reopenForwarding`; other programs rely on it when they have put rules into a chain that we made. */
export async function reopenForwarding(how: ForwardPolicy): Promise<boolean> {
  const chain = (await forwardChains(["ip"])).find((other) => placeOf(other) === FORWARD);
  if (chain === undefined || how === "untouched") return true;
  if (how === "changed") {
    await runScript(`add chain ${FORWARD} { policy accept; }\n`, "open forwarding again");
    return true;
  }
  const rules = await rulesOf(chain);
  if (rules === undefined) return true;
  if (rules.length > 0) return false;
  await runScript(`delete chain ${FORWARD}\n`, "remove the forward chain");
  const rest = await list(["list", "table", "ip", "filter"]);
  if (rest.every((entry) => entry["table"] !== undefined || entry["metainfo"] !== undefined)) {
    await runScript("delete table ip filter\n", "remove the filter table");
  }
  return true;
}

async function forwardChains(families: readonly string[], signal?: AbortSignal): Promise<ForwardChain[]> {
  return parseForwardChains(await list(["list", "chains"], signal)).filter((chain) =>
    families.includes(chain.family),
  );
}

/** Undefined when somebody has taken the chain away since it was listed. */
async function rulesOf(chain: ForwardChain, signal?: AbortSignal): Promise<ForwardRule[] | undefined> {
  const command = ["nft", "--json", "--handle", "list", "chain", chain.family, chain.table, chain.name];
  const result = await runTool(command, signal === undefined ? {} : { signal });
  if (result.exitCode === 0) return parseRules(entriesIn(result.stdout));
  if (result.stderr.includes("No such file or directory")) return undefined;
  throw toolFailed(result, READING);
}

function placeOf(chain: ForwardChain): string {
  return `${chain.family} ${chain.table} ${chain.name}`;
}

const READING = "read the nftables rules";

type JsonObject = Readonly<Record<string, unknown>>;

async function list(command: readonly string[], signal?: AbortSignal): Promise<JsonObject[]> {
  const options = signal === undefined ? {} : { signal };
  return entriesIn(await demandTool(["nft", "--json", ...command], READING, options));
}

function entriesIn(text: string): JsonObject[] {
  const value: unknown = JSON.parse(text);
  const entries = objectOf(value)["nftables"];
  return Array.isArray(entries) ? entries.map(objectOf) : [];
}

/** Chains hooked into forwarding that are not of this program (any instance of it). */
export function parseForwardChains(entries: readonly JsonObject[]): ForwardChain[] {
  return entries.flatMap((entry) => {
    const chain = objectOf(entry["chain"]);
    const [family, table, name] = [textOf(chain["family"]), textOf(chain["table"]), textOf(chain["name"])];
    const isForeign =
      chain["hook"] === "forward" && chain["type"] === "filter" && !table.startsWith("supercargo_");
    return isForeign ? [{ family, table, name, policy: textOf(chain["policy"]) }] : [];
  });
}

export function parseRules(entries: readonly JsonObject[]): ForwardRule[] {
  return entries.flatMap((entry) => {
    if (entry["rule"] === undefined) return [];
    const rule = objectOf(entry["rule"]);
    const parts = (Array.isArray(rule["expr"]) ? rule["expr"] : []).map(objectOf).flatMap(Object.keys);
    const verdict = parts.filter((part) => part !== "counter" && part !== "log");
    const [only, more] = verdict;
    const always = more === undefined && (only === "drop" || only === "reject") ? only : "";
    const handle = typeof rule["handle"] === "number" ? rule["handle"] : 0;
    return [{ handle, comment: textOf(rule["comment"]), always }];
  });
}

function objectOf(value: unknown): JsonObject {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
