/** The current state of all containers as an inventory (spec/update-agent.md §4.4). */

import { imageVersion } from "../deploy/desired-state/image-version.ts";
import type { Container } from "../model/container.ts";
import { parametersOf } from "./component/parameters.ts";
import type { Inventory } from "./messages/payloads.ts";

const AGENT_NAME = "Eclipse Kanto Containers Update Agent";

export interface InventoryOptions {
  readonly domain: string;
  /** Of our daemon. */
  readonly version: string;
  readonly isVerbose: boolean;
}

/** The agent first, then the containers in their order, equal names several times. */
export function inventoryOf(
  containers: readonly Container[],
  { domain, version, isVerbose }: InventoryOptions,
): Inventory {
  const agentId = `${domain}-update-agent`;
  const parameters = [{ key: "domain", value: domain }];
  return {
    hardwareNodes: [],
    softwareNodes: [
      { id: agentId, version, name: AGENT_NAME, parameters, type: "APPLICATION" },
      ...containers.map(
        (container) =>
          ({
            id: `${domain}:${container.name}`,
            version: imageVersion(container.image.name),
            name: "",
            parameters: parametersOf(container, isVerbose),
            type: "CONTAINER",
          }) as const,
      ),
    ],
    associations: containers.map(({ name }) => ({ sourceId: agentId, targetId: `${domain}:${name}` })),
  };
}
