/** The feature `SoftwareUpdatable` (spec/digital-twin.md §5.3): requests are answered at once and worked on one at a time. */

import { KeyedWorker } from "../base/keyed-worker.ts";
import type { Log } from "../base/log.ts";
import { describeError } from "../errors/error.ts";
import type { Container } from "../model/container.ts";
import { Arguments } from "./arguments.ts";
import type { TwinContainers } from "./containers.ts";
import { installedDependencies } from "./dependencies.ts";
import type { Feature, Operation } from "./feature.ts";
import { Refusal } from "./refusal.ts";
import { install, readModules } from "./software-install.ts";
import {
  SOFTWARE_TYPE,
  SOFTWARE_UPDATABLE,
  SoftwareProgress,
  type TellProperty,
} from "./software-progress.ts";
import { readSoftware, remove } from "./software-remove.ts";

const DEFINITION = "org.eclipse.hawkbit.swupdatable:SoftwareUpdatable:2.0.0";
export const DEPENDENCIES_PATH = `/features/${SOFTWARE_UPDATABLE}/properties/status/installedDependencies`;
/** Requests that wait for the one under way; more are refused. */
const MAX_WAITING = 100;

/** The whole feature; operations of the past are not remembered. */
export function softwareValue(containers: readonly Container[]): object {
  const installed = installedDependencies(containers);
  return {
    definition: [DEFINITION],
    properties: {
      status: {
        softwareModuleType: SOFTWARE_TYPE,
        ...(installed === undefined ? {} : { installedDependencies: installed }),
      },
    },
  };
}

export interface SoftwareParts {
  readonly containers: TwinContainers;
  /** Sets a property of the thing as it is at that moment. */
  readonly modify: TellProperty;
  readonly caughtUp: () => Promise<void>;
  readonly log: Log;
}

export class SoftwareUpdatable implements Feature {
  readonly id = SOFTWARE_UPDATABLE;
  readonly #worker = new KeyedWorker(MAX_WAITING);
  #waiting = 0;

  constructor(private readonly parts: SoftwareParts) {}

  unsupported(name: string): string {
    return `unsupported operation called [operationId = ${name}]`;
  }

  operation(name: string): Operation | undefined {
    if (name === "install") return async (value, signal) => this.#install(Arguments.of(value), signal);
    if (name === "remove") return async (value, signal) => this.#remove(Arguments.of(value), signal);
    return undefined;
  }

  #install(request: Arguments, signal: AbortSignal): void {
    const modules = readModules(request);
    const { containers, caughtUp } = this.parts;
    const progress = new SoftwareProgress(request.text("correlationId"), this.parts.modify);
    this.#inBackground(() => install(modules, progress, containers, caughtUp, signal), signal);
  }

  #remove(request: Arguments, signal: AbortSignal): void {
    const software = readSoftware(request);
    const isForced = request.flag("forced");
    const { containers, caughtUp } = this.parts;
    const progress = new SoftwareProgress(request.text("correlationId"), this.parts.modify);
    this.#inBackground(() => remove(software, isForced, progress, containers, caughtUp, signal), signal);
  }

  #inBackground(job: () => Promise<void>, signal: AbortSignal): void {
    if (this.#waiting >= MAX_WAITING) {
      throw new Refusal("messages:execution.failed", "too many software operations wait");
    }
    this.#waiting++;
    // The answer comes first; what is told of the work follows it.
    const run = async () => {
      await Promise.resolve();
      await this.#worker.run(SOFTWARE_UPDATABLE, job, signal);
    };
    run()
      .catch((thrown) => {
        if (!signal.aborted)
          this.parts.log.error("a software operation failed", { reason: describeError(thrown) });
      })
      .finally(() => {
        this.#waiting--;
      });
  }
}
