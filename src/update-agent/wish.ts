/** From the payload of a desired state to the wish that is carried out; refusals in the peer's words (spec/update-agent.md §6.1). */

import {
  type BaselineWish,
  type ComponentWish,
  checkCount,
  type DesiredStateWish,
} from "../deploy/desired-state/wish.ts";
import { SupercargoError } from "../errors/error.ts";
import { clip } from "../model/fault.ts";
import { type ReadComponent, readComponent } from "./component/configuration.ts";
import type { BaselineGroup, DesiredState, Domain } from "./messages/payloads.ts";

/** Every feedback repeats it. */
const VERSION_LIMIT = 255;

export interface ReadWish {
  readonly wish: Omit<DesiredStateWish, "leadAfterMs">;
  /** For the log. */
  readonly warnings: readonly string[];
}

/** SC_DESIRED_STATE_INVALID. */
export function wishOf(activityId: string, desiredState: DesiredState, ownDomain: string): ReadWish {
  const domain = onlyDomain(desiredState, ownDomain);
  const { components } = domain;
  checkCount(components.length);
  for (const { id, version } of components) {
    if (version.length <= VERSION_LIMIT) continue;
    const found = `its version has ${version.length} characters, at most ${VERSION_LIMIT} are accepted`;
    throw invalid(`component ${clip(id)}: ${found}`);
  }
  const warnings: string[] = [];
  const wishes = components.map((component): ComponentWish => {
    const read = readComponent(component.id === "" ? { ...component, id: crypto.randomUUID() } : component);
    warnings.push(...warningsOf(component.id, read));
    return {
      name: read.desired.name,
      version: component.version,
      desired: read.desired,
      dependsOn: read.dependsOn,
    };
  });
  const systemContainers = systemContainersOf(domain);
  return {
    wish: {
      activityId,
      components: wishes,
      baselines: desiredState.baselines.map((group) => baselineOf(group, ownDomain)),
      ...(systemContainers === undefined ? {} : { systemContainers }),
    },
    warnings,
  };
}

function onlyDomain({ domains }: DesiredState, own: string): Domain {
  const [domain, ...others] = domains;
  if (domain === undefined || others.length > 0) {
    throw invalid(`one domain expected in desired state specification, but got ${domains.length}`);
  }
  if (domain.id !== own) throw invalid(`domain id mismatch - expecting ${own}, received ${clip(domain.id)}`);
  return domain;
}

/** Replaces the configured list when it is there; an empty value means none. */
function systemContainersOf({ config }: Domain): readonly string[] | undefined {
  const given = config.findLast(({ key }) => key === "systemContainers");
  return given?.value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** Entries without our domain before them are not ours. */
function baselineOf({ title, components }: BaselineGroup, domain: string): BaselineWish {
  const start = `${domain}:`;
  return {
    title,
    components: components
      .filter((component) => component.startsWith(start))
      .map((component) => component.slice(start.length)),
  };
}

function warningsOf(component: string, { unknown }: ReadComponent): readonly string[] {
  return unknown.map(({ key, nearest }) => {
    const advice = nearest === undefined ? "" : `; ${nearest} is meant?`;
    return `component ${clip(component)}: the key ${clip(key)} has no meaning${advice}`;
  });
}

function invalid(message: string): SupercargoError {
  return new SupercargoError("SC_DESIRED_STATE_INVALID", message);
}
