/**
 * Whether our nftables tables still are what we loaded: the number of rules in each chain and every published port.
 * Compared in this way, because nft lists sets in any order and writes rules in words of its own. Pure.
 */

import { elementOf, mapOf, type RuleSet, tableScript } from "./nft-script.ts";

/** Lines such as `chain forward 4` and `any_address tcp . 80 : 172.17.0.2 . 80`, sorted. */
export type Shape = readonly string[];

/** nft names protocols by /etc/protocols, which a small system lacks. */
const PROTOCOLS = new Map<unknown, string>([
  [6, "tcp"],
  [17, "udp"],
  [132, "sctp"],
]);

export function shapeOfRules(rules: RuleSet, family: "ip" | "ip6"): Shape {
  const [, text = ""] = tableScript({ ...rules, ports: [] }).split(
    new RegExp(`^table ${family} \\S+ \\{$`, "m"),
  );
  const [own = ""] = text.split(/^\}$/m);
  const chains = [...own.matchAll(/chain (\w+) \{([^}]*)\}/g)].map(([, name, body = ""]) => {
    const count = body.split("\n").filter((line) => line.trim() !== "" && !line.includes(" hook ")).length;
    return `chain ${name} ${count}`;
  });
  const ports = family === "ip" ? rules.ports.map((port) => `${mapOf(port)} ${elementOf(port)}`) : [];
  return [...chains, ...ports].sort();
}

/** @param json what `nft --json list table` says */
export function shapeOfListing(json: string): Shape {
  const top: unknown = JSON.parse(json);
  const chains = new Map<string, number>();
  const ports: string[] = [];
  for (const entry of listOf(fieldOf(top, "nftables"))) {
    const chain = fieldOf(entry, "chain");
    const name = fieldOf(chain, "name");
    if (typeof name === "string" && fieldOf(chain, "hook") !== undefined) count(chains, name, 0);
    const ruleChain = fieldOf(fieldOf(entry, "rule"), "chain");
    if (typeof ruleChain === "string") count(chains, ruleChain, 1);
    const map = fieldOf(entry, "map");
    for (const element of listOf(fieldOf(map, "elem"))) {
      const [key, value] = listOf(element).map((part) => listOf(fieldOf(part, "concat")));
      ports.push(`${fieldOf(map, "name")} ${words(key)} : ${words(value)}`);
    }
  }
  return [...[...chains].map(([name, rules]) => `chain ${name} ${rules}`), ...ports].sort();
}

export function isSameShape(one: Shape, other: Shape): boolean {
  return one.length === other.length && one.every((line, at) => line === other[at]);
}

function count(chains: Map<string, number>, name: string, more: number): void {
  chains.set(name, (chains.get(name) ?? 0) + more);
}

/** The number of a protocol is at the beginning of a key, or behind the address; a port never is 6, 17 or 132 before it. */
function words(parts: readonly unknown[] = []): string {
  return parts
    .map((part, at) => (at < parts.length - 1 ? (PROTOCOLS.get(part) ?? part) : part))
    .map(String)
    .join(" . ");
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
