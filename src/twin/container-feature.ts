/** The feature `Container:<id>` (spec/digital-twin.md §5.2): what is published of a container, and its operations. */

import type { Container, State } from "../model/container.ts";
import { Arguments, flagOf, textOf } from "./arguments.ts";
import { configurationOf, resourcesFrom, restartPolicyFrom } from "./configuration.ts";
import type { TwinContainers } from "./containers.ts";
import { type Feature, type Operation, unsupportedOperation } from "./feature.ts";
import { toRefusal } from "./refusal.ts";

const PREFIX = "Container:";
const DEFINITION = "com.bosch.iot.suite.edge.containers:Container:1.5.0";
const DEFAULT_STOP = { timeoutSeconds: 0, force: false, signal: "" };

export function featureIdOf(containerId: string): string {
  return `${PREFIX}${containerId}`;
}

/** undefined for another kind of feature. */
export function containerIdOf(featureId: string): string | undefined {
  return featureId.startsWith(PREFIX) ? featureId.slice(PREFIX.length) : undefined;
}

/** `status.state`. */
export function stateValue(state: State): object {
  return {
    status: state.status.toUpperCase(),
    ...(state.pid === 0 ? {} : { pid: state.pid }),
    ...(state.error === "" ? {} : { error: state.error }),
    ...(state.exitCode === 0 ? {} : { exitCode: state.exitCode }),
    ...(state.startedAt === "" ? {} : { startedAt: state.startedAt }),
    ...(state.finishedAt === "" ? {} : { finishedAt: state.finishedAt }),
    ...(state.oomKilled ? { oomKilled: true } : {}),
  };
}

/** The whole feature. */
export function containerValue(container: Container): object {
  return {
    definition: [DEFINITION],
    properties: {
      status: {
        ...(container.name === "" ? {} : { name: container.name }),
        imageRef: container.image.name,
        config: configurationOf(container),
        createdAt: container.created,
        state: stateValue(container.state),
      },
    },
  };
}

function operations(containers: TwinContainers, id: string): Readonly<Record<string, Operation>> {
  return {
    start: (_value, signal) => containers.start(id, signal),
    stop: (_value, signal) => containers.stop(id, DEFAULT_STOP, signal),
    stopWithOptions: (value, signal) => {
      const options = Arguments.of(value);
      const timeoutSeconds = options.whole("timeout");
      const [force, name] = [options.flag("force"), options.text("signal")];
      return containers.stop(id, { timeoutSeconds, force, signal: name }, signal);
    },
    pause: (_value, signal) => containers.pause(id, signal),
    resume: (_value, signal) => containers.unpause(id, signal),
    rename: async (value, signal) => {
      const name = textOf(value, "value");
      if (name !== "") await containers.rename(id, name, signal);
    },
    update: async (value, signal) => {
      const options = Arguments.of(value);
      const policy = restartPolicyFrom(options.object("restartPolicy"));
      const resources = resourcesFrom(options.object("resources"));
      if (policy !== undefined || resources !== undefined) {
        await containers.update(id, policy, resources, signal);
      }
    },
    remove: (value, signal) => containers.remove(id, flagOf(value, "value"), undefined, signal),
  };
}

export function containerFeature(containers: TwinContainers, id: string): Feature {
  const all = operations(containers, id);
  return {
    id: featureIdOf(id),
    unsupported: unsupportedOperation,
    operation: (name) => {
      const run = Object.hasOwn(all, name) ? all[name] : undefined;
      if (run === undefined) return undefined;
      return async (value, signal) => {
        try {
          await run(value, signal);
        } catch (thrown) {
          throw toRefusal(thrown, id);
        }
      };
    },
  };
}
