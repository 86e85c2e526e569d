/** What our daemon knows of containers beyond the peer's form, for commands that do with less when it is Kanto's. */

import type { DaemonConnection } from "../../api/daemon-connection.ts";
import { type ContainerDetails, Health } from "../../api/gen/supercargo/v1/details.ts";
import { SupercargoClient } from "../../api/supercargo-client.ts";
import { hasCode } from "../../errors/error.ts";

const HEALTH: ReadonlyMap<Health, string> = new Map([
  [Health.STARTING, "starting"],
  [Health.HEALTHY, "healthy"],
  [Health.UNHEALTHY, "unhealthy"],
]);

/** Empty for a container without a healthcheck, or one that does not run. */
export function healthText(details: ContainerDetails): string {
  return HEALTH.get(details.health) ?? "";
}

/**
 * By id; undefined with Kanto's daemon.
 * @param ids empty = all
 */
export async function detailsById(
  connection: DaemonConnection,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ContainerDetails> | undefined> {
  try {
    const all = await new SupercargoClient(connection).details(ids, signal);
    return new Map(all.flatMap((details) => (details.container ? [[details.container.id, details]] : [])));
  } catch (thrown) {
    // One of them may have been removed since it was found.
    if (hasCode(thrown, "SC_CONTAINER_NOT_FOUND")) return new Map();
    if (hasCode(thrown, "SC_UNSUPPORTED")) return undefined;
    throw thrown;
  }
}
