/** Hosts files of running containers, kept true while other containers come and go. */

import type { Log } from "../base/log.ts";
import { toError } from "../errors/error.ts";
import { asksForContainers, type ResolvedHosts, resolveExtraHosts } from "./extra-hosts.ts";
import { hostFilePaths, hostsText, ownNames, rewriteInPlace } from "./host-files.ts";
import type { Entry } from "./record.ts";

/** Resolves the extra hosts of one container among those that are connected. */
export function resolveFor(entry: Entry, bridgeAddress: string, all: readonly Entry[]): ResolvedHosts {
  const connected = all.filter(
    (other) => other.mode === "bridge" && other.phase === "attached" && other.id !== entry.id,
  );
  return resolveExtraHosts(entry, bridgeAddress, entry.mode === "bridge" ? [...connected, entry] : connected);
}

/** Text of its hosts file in bridge mode. */
export function bridgeHostsText(entry: Entry, resolved: ResolvedHosts): string {
  return hostsText(resolved.lines, {
    address: entry.address,
    name: ownNames(entry.hostName, entry.domainName),
  });
}

/**
 * Rewrites the hosts file of every container that names others in its extra hosts, in place. A file that cannot be
 * written concerns one container and must not fail the start of another: it is reported.
 */
export function refreshHosts(all: readonly Entry[], bridgeAddress: string, log: Log): void {
  for (const entry of all) {
    if (entry.mode !== "bridge" || entry.phase !== "attached" || !asksForContainers(entry.extraHosts))
      continue;
    const text = bridgeHostsText(entry, resolveFor(entry, bridgeAddress, all));
    try {
      rewriteInPlace(hostFilePaths(entry.filesDir).hosts, text);
    } catch (thrown) {
      log.warn(`cannot refresh the hosts file of container ${entry.id}: ${toError(thrown).message}`, {
        container: entry.id,
      });
    }
  }
}
