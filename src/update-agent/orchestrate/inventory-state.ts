/** From what there is to what shall be: an inventory as a desired state, to edit and send back (spec/update-agent.md §4.4, §5). */

import { parseGoDurationMs } from "../../base/go-duration.ts";
import type {
  ConfiguredComponent,
  DesiredState,
  Inventory,
  KeyValue,
  SoftwareNode,
} from "../messages/payloads.ts";

/** What a container is at the moment; nobody can wish for it. */
const STATE_KEYS: readonly string[] = [
  "status",
  "finishedAt",
  "exitCode",
  "created",
  "restartCount",
  "manuallyStopped",
  "startedSuccessfullyBefore",
];
const MS_PER_SECOND = 1000;

export interface ListedComponent {
  readonly domain: string;
  /** Without the domain. */
  readonly name: string;
  readonly version: string;
  readonly parameters: readonly KeyValue[];
}

/** The components of an inventory: every node that belongs to an agent, in its order. */
export function componentsOf({ softwareNodes }: Inventory): readonly ListedComponent[] {
  return softwareNodes.filter(({ type }) => type !== "APPLICATION").map(listed);
}

function listed({ id, version, parameters }: SoftwareNode): ListedComponent {
  const colon = id.indexOf(":");
  return { domain: id.slice(0, Math.max(0, colon)), name: id.slice(colon + 1), version, parameters };
}

export function parameterOf({ parameters }: ListedComponent, key: string): string {
  return parameters.find((pair) => pair.key === key)?.value ?? "";
}

/** Sent back as it is there is nothing to do. A domain without components is in it too: left out, it would not be asked for. */
export function desiredStateOf(inventory: Inventory): DesiredState {
  const byDomain = new Map<string, ConfiguredComponent[]>();
  for (const { parameters } of inventory.softwareNodes) {
    const domain = parameters.find(({ key }) => key === "domain")?.value;
    if (domain !== undefined) byDomain.set(domain, []);
  }
  for (const component of componentsOf(inventory)) {
    const components = byDomain.get(component.domain) ?? [];
    byDomain.set(component.domain, components);
    components.push({
      id: component.name,
      version: component.version,
      config: component.parameters.filter(({ key }) => !STATE_KEYS.includes(key)).map(wish),
    });
  }
  return {
    baselines: [],
    domains: [...byDomain].map(([id, components]) => ({ id, config: [], components })),
  };
}

/** Kanto's agent prints a duration and reads seconds. */
function wish(pair: KeyValue): KeyValue {
  if (pair.key !== "restartTimeout") return pair;
  const ms = parseGoDurationMs(pair.value);
  if (typeof ms !== "number" || ms % MS_PER_SECOND !== 0) return pair;
  return { key: pair.key, value: String(ms / MS_PER_SECOND) };
}
