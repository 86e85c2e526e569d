/** One desired state for each agent: its own domain, and of each baseline the members that are its (spec/update-agent.md §7.3.2). */

import { SupercargoError } from "../../errors/error.ts";
import type { DesiredState } from "../messages/payloads.ts";
import { isDomain, topicPrefix } from "../messages/topics.ts";

function refuse(message: string, hint: string): never {
  throw new SupercargoError("SC_DESIRED_STATE_INVALID", message, { hint });
}

/** SC_DESIRED_STATE_INVALID for no domain, for one that stands twice or shares its topics with another, and for one that cannot be a topic. */
export function splitByDomain({ baselines, domains }: DesiredState): ReadonlyMap<string, DesiredState> {
  const split = new Map<string, DesiredState>();
  const prefixes = new Map<string, string>();
  if (domains.length === 0)
    refuse(
      "the desired state has no domain",
      'give it one: {"domains":[{"id":"containers","components":[]}]}',
    );
  for (const domain of domains) {
    if (!isDomain(domain.id))
      refuse(`${JSON.stringify(domain.id)} is no domain`, "use letters, digits and -");
    const prefix = topicPrefix(domain.id);
    const other = prefixes.get(prefix);
    if (other !== undefined)
      refuse(
        `the domains ${other} and ${domain.id} are one and the same agent's`,
        "put their components into one domain",
      );
    prefixes.set(prefix, domain.id);
    const own = `${domain.id}:`;
    split.set(domain.id, {
      baselines: baselines
        .map((group) => ({
          ...group,
          components: group.components.filter((component) => component.startsWith(own)),
        }))
        .filter(({ components }) => components.length > 0),
      domains: [domain],
    });
  }
  return split;
}
