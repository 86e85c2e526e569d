/**
 * By which names containers on the bridge know each other, without any `extra_hosts`: the container's name and its host
 * name, with and without domain. Pure. Decisions: docs/decisions/0021-names-on-the-bridge.md.
 */

import { firstLabel } from "./host-files.ts";
import type { Entry } from "./record.ts";

/** What may stand in somebody else's hosts file: no blank, no line end, no comment; a DNS name's length at most. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/;

type Named = Pick<Entry, "id" | "address" | "name" | "hostName" | "domainName">;

/** The names of one container that lead to it alone, in the order in which they stand in a line. */
export interface NamesOf {
  readonly id: string;
  readonly address: string;
  readonly names: readonly string[];
}

export interface BridgeNames {
  readonly containers: readonly NamesOf[];
  /** Names that several containers bear alike, lower case, with those containers' ids: they lead nowhere. */
  readonly ambiguous: ReadonlyMap<string, readonly string[]>;
}

/**
 * A container's own name goes before every host name, so that nobody takes it away by choosing a host name. A name that
 * several bear with the same right leads to none of them, as with `container_` entries (spec/engine.md §8): better no
 * answer than the wrong container.
 */
export function bridgeNames(connected: readonly Named[]): BridgeNames {
  const names = new Map<string, string[]>();
  const hostNames = new Map<string, string[]>();
  for (const entry of connected) {
    claim(names, entry.name, entry.id);
    for (const hostName of hostNamesOf(entry)) claim(hostNames, hostName, entry.id);
  }
  const claimants = (key: string) => names.get(key) ?? hostNames.get(key) ?? [];
  const containers = connected.map((entry) => {
    const own = [...new Set([...hostNamesOf(entry), entry.name])].filter((name) => {
      const ids = claimants(name.toLowerCase());
      return NAME.test(name) && ids.length === 1 && ids[0] === entry.id;
    });
    return { id: entry.id, address: entry.address, names: own };
  });
  const keys = new Set([...names.keys(), ...hostNames.keys()]);
  const ambiguous = [...keys].flatMap((key) => {
    const ids = claimants(key);
    return ids.length > 1 ? [[key, ids] as const] : [];
  });
  return { containers, ambiguous: new Map(ambiguous) };
}

/** Lines for one container's hosts file. `taken`: lower-case names that the file says something else about. */
export function linesFor(id: string, names: BridgeNames, taken: ReadonlySet<string>): string[] {
  return names.containers.flatMap((other) => {
    if (other.id === id) return [];
    const free = other.names.filter((name) => !taken.has(name.toLowerCase()));
    return free.length === 0 ? [] : [`${other.address}\t${free.join(" ")}`];
  });
}

function hostNamesOf({ hostName, domainName }: Named): string[] {
  if (hostName === "") return [];
  return [domainName === "" ? hostName : `${hostName}.${domainName}`, firstLabel(hostName), hostName];
}

/** A container that claims the same name twice has it once. */
function claim(claims: Map<string, string[]>, name: string, id: string): void {
  const key = name.toLowerCase();
  const ids = claims.get(key);
  if (ids === undefined) claims.set(key, [id]);
  else if (!ids.includes(id)) ids.push(id);
}
