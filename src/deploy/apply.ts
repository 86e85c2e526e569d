/**
 * One wish made true, for those who keep no memory of their own: it is compared with what is there as a whole, then created,
 * replaced, updated or only started. Wishes for one container are worked on one at a time.
 */

import type { Clock } from "../base/clock.ts";
import { KeyedWorker } from "../base/keyed-worker.ts";
import { SupercargoError } from "../errors/error.ts";
import { compareWhole } from "../model/compare.ts";
import type { Container, DesiredContainer, StopOptions } from "../model/container.ts";
import { boundCalls } from "./bounded-calls.ts";
import type { Containers } from "./containers.ts";
import { StepFailure } from "./failure.ts";
import { fingerprintOf, manifestKey } from "./fingerprint.ts";
import type { Step } from "./plan.ts";
import type { Work } from "./replace.ts";
import { runStep, type StepContext } from "./run-step.ts";
import type { Wish } from "./wish.ts";

export interface ApplyOptions {
  readonly stop: StopOptions;
  readonly probationMs: number;
}

export interface Applied {
  readonly action: "created" | "recreated" | "updated" | "checked";
  readonly container: Container;
  /** Manifest keys that differed. */
  readonly reasons: readonly string[];
}

/** Wishes for one container that may wait; more are refused. */
const WAITING_LIMIT = 50;
const ACTIONS = { create: "created", recreate: "recreated", update: "updated", check: "checked" } as const;

export class Applier {
  readonly #turns = new KeyedWorker(WAITING_LIMIT);

  constructor(private readonly clock: Clock) {}

  /**
   * Makes the wish true. Throws why it could not; what ran before runs again then.
   * @param signal begins nothing any more when it aborts; what has begun is finished or undone
   */
  async apply(
    desired: DesiredContainer,
    containers: Containers,
    options: ApplyOptions,
    signal: AbortSignal,
  ): Promise<Applied> {
    const key = desired.id === "" ? desired.name : desired.id;
    if (key === "") {
      throw new SupercargoError("SC_CONTAINER_INVALID", "a wish needs the id or the name of a container");
    }
    return await this.#turns.run(key, () => this.#make(desired, containers, options, signal), signal);
  }

  async #make(
    desired: DesiredContainer,
    containers: Containers,
    options: ApplyOptions,
    signal: AbortSignal,
  ): Promise<Applied> {
    const work: Work = {
      ...options,
      containers: boundCalls(containers, this.clock),
      clock: this.clock,
      say: () => {},
      warn: () => {},
      interrupt: signal,
      // Its calls have limits of their own, and end with the daemon.
      abort: new AbortController().signal,
    };
    const step = planFor(desired, await work.containers.list(signal));
    try {
      const { containerId } = await runStep(step, contextOf(work));
      const made = (await work.containers.list(work.abort)).find(({ id }) => id === containerId);
      if (made === undefined) {
        throw new SupercargoError("SC_CONTAINER_NOT_FOUND", `container ${containerId} was removed meanwhile`);
      }
      return { action: ACTIONS[step.kind], container: made, reasons: step.reasons };
    } catch (thrown) {
      throw thrown instanceof StepFailure ? reasonOf(thrown, desired) : thrown;
    }
  }
}

type MadeStep = Step & { readonly kind: keyof typeof ACTIONS };

function planFor(desired: DesiredContainer, containers: readonly Container[]): MadeStep {
  const wish: Wish = {
    name: desired.name,
    desired,
    fingerprint: fingerprintOf(desired),
    source: "apply",
    modifiedNanos: 0n,
    occasion: "appeared",
  };
  const present = presentOf(desired, containers);
  if (present === undefined) return { kind: "create", wish, reasons: [] };
  const { verdict, differences } = compareWhole(desired, present);
  const reasons = differences.map(manifestKey);
  return { kind: verdict === "same" ? "check" : verdict, wish, present, reasons };
}

/** By id when the wish has one that is there; else by name, one that runs before others, then the oldest. */
function presentOf(desired: DesiredContainer, containers: readonly Container[]): Container | undefined {
  const same = desired.id === "" ? undefined : containers.find(({ id }) => id === desired.id);
  if (same !== undefined) return same;
  const rank = ({ state }: Container) => (state.status === "Running" ? 0 : 1);
  return containers
    .filter(({ name }) => name === desired.name)
    .sort((a, b) => rank(a) - rank(b) || (a.created < b.created ? -1 : 1))[0];
}

function contextOf(work: Work): StepContext {
  return {
    work,
    remembered: undefined,
    // Nobody remembers: the daemon's own journal brings a replacement that is cut off to its end.
    begin: () => {},
    making: () => {},
    made: () => {},
    respectStopped: false,
    canChange: true,
    isProvisional: false,
  };
}

function reasonOf(failure: StepFailure, { name }: DesiredContainer): SupercargoError {
  if (failure.cause instanceof SupercargoError) return failure.cause;
  const message = `container ${name} could not be made as wished (${failure.phase}): ${failure.message}`;
  return new SupercargoError("SC_REPLACE_FAILED", message, { cause: failure });
}
