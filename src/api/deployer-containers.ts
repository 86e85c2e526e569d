/** The API client as a deployer needs it: what only our daemon offers is there only when our daemon answers. */

import type { Containers } from "../deploy/containers.ts";
import { hasCode } from "../errors/error.ts";
import type { Extras } from "../model/extras.ts";
import type { ContainersClient } from "./containers-client.ts";
import { withExtras } from "./extras-wire.ts";

/** Asks at every listing which daemon answers, so that a device can be switched over while a deployer runs. */
class DeployerContainers implements Containers {
  #isExtended = false;

  constructor(
    private readonly client: ContainersClient,
    private readonly warn: (message: string) => void,
  ) {}

  async list(signal: AbortSignal) {
    this.#isExtended = await this.client.hasExtension(signal);
    const containers = await this.client.list(signal);
    if (!this.#isExtended) return containers;
    const extras = await this.#extras(signal);
    return containers.map((container) => withExtras(container, extras.get(container.id)));
  }

  async #extras(signal: AbortSignal) {
    try {
      return await this.client.listExtras(signal);
    } catch (thrown) {
      // A daemon of ours from before it had any.
      if (hasCode(thrown, "SC_UNSUPPORTED")) return new Map<string, Extras>();
      throw thrown;
    }
  }

  create: Containers["create"] = (desired, signal) =>
    this.client.create(desired, signal, (keys) =>
      this.warn(
        `[${desired.name}] is deployed without ${keys.join(", ")}: the daemon is Kanto's and cannot do that`,
      ),
    );
  start: Containers["start"] = (id, signal) => this.client.start(id, signal);
  stop: Containers["stop"] = (id, options, signal) => this.client.stop(id, options, signal);
  unpause: Containers["unpause"] = (id, signal) => this.client.unpause(id, signal);
  update: Containers["update"] = (id, policy, resources, signal, limits) =>
    this.client.update(id, policy, resources, signal, limits);
  remove: Containers["remove"] = (id, force, stop, signal) => this.client.remove(id, force, stop, signal);

  get replace(): Containers["replace"] {
    return this.#isExtended
      ? (id, desired, options, signal) => this.client.replace(id, desired, options, signal)
      : undefined;
  }

  get watch(): Containers["watch"] {
    return this.#isExtended ? (onChange, signal) => this.client.watch(onChange, signal) : undefined;
  }

  get settingsChange(): Containers["settingsChange"] {
    return this.#isExtended ? (signal) => this.client.settingsChange(signal) : undefined;
  }

  readonly close = (): void => {
    // Closing a connection that is being made waits for it; the program's end does not.
    void this.client.close();
  };
}

export function openDeployerContainers(
  client: ContainersClient,
  warn: (message: string) => void,
): Containers & { readonly close: () => void } {
  return new DeployerContainers(client, warn);
}
