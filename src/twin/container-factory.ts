/** The feature `ContainerFactory` (spec/digital-twin.md §5.1): containers by a command of the cloud. */

import type { Log } from "../base/log.ts";
import { describeError } from "../errors/error.ts";
import { Arguments } from "./arguments.ts";
import { wishFrom } from "./configuration.ts";
import type { TwinContainers } from "./containers.ts";
import { type Feature, type Operation, unsupportedOperation } from "./feature.ts";
import { Refusal } from "./refusal.ts";

export const CONTAINER_FACTORY = "ContainerFactory";
export const FACTORY_VALUE = {
  definition: ["com.bosch.iot.suite.edge.containers:ContainerFactory:1.3.0"],
};
/** Who asks, as the manager keeps it. */
export const TWIN_ORIGIN = "twin";

export function containerFactory(containers: TwinContainers, log: Log): Feature {
  /** A start that fails shows in the twin alone: the container is made, so the answer is its id. */
  const make = async (
    options: Arguments,
    name: string,
    config: Arguments | undefined,
    signal: AbortSignal,
  ) => {
    const imageRef = options.text("imageRef");
    const start = options.flag("start");
    const wish = wishFrom(imageRef, name, config);
    if (imageRef === "") throw new Refusal("messages:execution.failed", "imageRef must be set");
    const { id } = await containers.create(wish, TWIN_ORIGIN, signal);
    if (!start) return id;
    try {
      await containers.start(id, signal);
    } catch (thrown) {
      log.warn("a container was created and did not start", { container: id, reason: describeError(thrown) });
    }
    return id;
  };
  const create: Operation = async (value, signal) => make(Arguments.of(value), "", undefined, signal);
  const createWithConfig: Operation = async (value, signal) => {
    const options = Arguments.of(value);
    return make(options, options.text("name"), options.object("config"), signal);
  };
  return {
    id: CONTAINER_FACTORY,
    unsupported: unsupportedOperation,
    operation: (name) =>
      name === "create" ? create : name === "createWithConfig" ? createWithConfig : undefined,
  };
}
