/** The API client as a deployer needs it: what only our daemon offers is there only when our daemon answers. */

import type { Containers } from "../deploy/containers.ts";
import type { ContainersClient } from "./containers-client.ts";

/** Asks at every listing which daemon answers, so that a device can be switched over while a deployer runs. */
class DeployerContainers implements Containers {
  #isExtended = false;

  constructor(private readonly client: ContainersClient) {}

  async list(signal: AbortSignal) {
    this.#isExtended = await this.client.hasExtension(signal);
    return this.client.list(signal);
  }

  create: Containers["create"] = (desired, signal) => this.client.create(desired, signal);
  start: Containers["start"] = (id, signal) => this.client.start(id, signal);
  stop: Containers["stop"] = (id, options, signal) => this.client.stop(id, options, signal);
  unpause: Containers["unpause"] = (id, signal) => this.client.unpause(id, signal);
  update: Containers["update"] = (id, policy, resources, signal) =>
    this.client.update(id, policy, resources, signal);
  remove: Containers["remove"] = (id, force, stop, signal) => this.client.remove(id, force, stop, signal);

  get replace(): Containers["replace"] {
    return this.#isExtended
      ? (id, desired, options, signal) => this.client.replace(id, desired, options, signal)
      : undefined;
  }

  get watch(): Containers["watch"] {
    return this.#isExtended ? (onChange, signal) => this.client.watch(onChange, signal) : undefined;
  }

  readonly close = (): void => {
    // Closing a connection that is being made waits for it; the program's end does not.
    void this.client.close();
  };
}

export function openDeployerContainers(
  client: ContainersClient,
): Containers & { readonly close: () => void } {
  return new DeployerContainers(client);
}
