/** Requests that change a container without making or ending it: pause, unpause, rename, update. */

import { changedLimits, type Limits, limitsOf } from "../engine/spec/resources.ts";
import { hasCode, SupercargoError } from "../errors/error.ts";
import type { Container, Resources, RestartPolicy } from "../model/container.ts";
import { tidyResources } from "../model/defaults.ts";
import { type LiveLimits, withLiveLimits } from "../model/extras-rules.ts";
import type { Fault } from "../model/fault.ts";
import { isActive, toPaused, toUnpaused } from "../model/state.ts";
import { nameFaults } from "../model/validate.ts";
import { limitFaults } from "../model/validate-extras.ts";
import { policyFaults, resourcesFaults } from "../model/validate-limits.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./entry.ts";
import { endReason, type Restarter } from "./restarter.ts";

function stateError(text: string, entry: Entry): SupercargoError {
  return new SupercargoError("SC_CONTAINER_STATE", text, {
    fields: { container: entry.id, status: entry.container.state.status },
  });
}

function refuseFaults(faults: Iterable<Fault>): void {
  for (const fault of faults) {
    throw new SupercargoError("SC_CONTAINER_INVALID", fault.message, {
      hint: fault.expected === "" ? "" : `must be: ${fault.expected}`,
    });
  }
}

/** A task that the engine has lost a moment ago is named in the peer's words; its end is told by the watch. */
async function inEngine(text: string, entry: Entry, call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (cause) {
    if (!hasCode(cause, "SC_ENGINE_NOT_FOUND")) throw cause;
    throw new SupercargoError("SC_CONTAINER_STATE", text, { fields: { container: entry.id }, cause });
  }
}

export async function pause(ctx: Context, entry: Entry): Promise<void> {
  const { container } = entry;
  const { status } = container.state;
  if (status !== "Running") {
    throw stateError(`container with id = ${entry.id} is not running - current status is ${status}`, entry);
  }
  await inEngine("missing container to pause", entry, ctx.parts.engine.pauseTask(entry.id, ctx.lifetime));
  ctx.roster.fact(entry, {
    container: { ...container, state: toPaused(container.state) },
    action: "paused",
  });
}

export async function unpause(ctx: Context, entry: Entry): Promise<void> {
  const { container } = entry;
  if (container.state.status !== "Paused") {
    // The blank at the end is the peer's.
    throw stateError(`container id = ${entry.id} is not paused - cannot unpause it `, entry);
  }
  await inEngine("missing container to unpause", entry, ctx.parts.engine.resumeTask(entry.id, ctx.lifetime));
  ctx.roster.fact(entry, {
    container: { ...container, state: toUnpaused(container.state) },
    action: "resumed",
  });
}

/** Host name, domain name and extra hosts do not follow (spec/engine.md §13); the name on the bridge does. */
export function rename(ctx: Context, entry: Entry, name: string): void {
  if (name === "" || name === entry.container.name) return;
  refuseFaults(nameFaults(name));
  ctx.roster.wish(entry, { container: { ...entry.container, name }, action: "renamed" });
  ctx.parts.network.rename(entry.id, name);
}

/** What is left undefined stays as it is. */
export interface Changes {
  readonly policy: RestartPolicy | undefined;
  readonly resources: Resources | undefined;
  /** Both at once. */
  readonly limits: LiveLimits | undefined;
}

/** Policy and limits; running tasks get new limits at once, and when that fails nothing is stored (spec/engine.md §13). */
export async function update(
  ctx: Context,
  restarter: Restarter,
  entry: Entry,
  changes: Changes,
): Promise<void> {
  const { policy } = changes;
  if (policy !== undefined) refuseFaults(policyFaults(policy));
  if (changes.resources !== undefined) refuseFaults(resourcesFaults(changes.resources));
  if (changes.limits !== undefined) refuseFaults(limitFaults(changes.limits));
  const before = limitsOf(entry.container);
  const wanted: Limits = {
    ...before,
    ...(changes.resources === undefined ? {} : { resources: tidyResources(changes.resources) }),
    ...changes.limits,
  };
  const limitsChange = !isSameLimits(before, wanted);
  const policyChanges = policy !== undefined && !isEqual(policy, entry.container.hostConfig.restartPolicy);
  if (!limitsChange && !policyChanges) return;
  if (limitsChange && isActive(entry.container.state.status)) {
    const limits = changedLimits(before, wanted, ctx.parts.specs.canLimitSwap());
    const text = `missing container to update with ID = ${entry.id}`;
    await inEngine(text, entry, ctx.parts.engine.updateTask(entry.id, limits, ctx.lifetime));
  }
  let container: Container = entry.container;
  if (limitsChange) container = withLimits(container, wanted);
  if (policyChanges) {
    container = { ...container, hostConfig: { ...container.hostConfig, restartPolicy: policy } };
  }
  ctx.roster.wish(entry, { container, action: "updated" });
  if (policyChanges) applyPolicy(restarter, entry);
}

function isSameLimits(one: Limits, other: Limits): boolean {
  return (
    isEqual(one.resources, other.resources) && one.cpus === other.cpus && one.pidsLimit === other.pidsLimit
  );
}

function withLimits(container: Container, { resources, cpus, pidsLimit }: Limits): Container {
  const { resources: _, ...host } = container.hostConfig;
  const { extras: before, ...rest } = container;
  const extras = withLiveLimits(before, { cpus, pidsLimit });
  return {
    ...rest,
    hostConfig: resources === undefined ? host : { ...host, resources },
    ...(extras === undefined ? {} : { extras }),
  };
}

/** A new policy speaks at once about a container that has ended. */
function applyPolicy(restarter: Restarter, entry: Entry): void {
  const { status, exitCode, error } = entry.container.state;
  restarter.cancel(entry);
  entry.previousWaitMs = undefined;
  if (status !== "Exited" && status !== "Stopped") return;
  restarter.consider(entry, { exitCode, runMs: 0, reason: endReason(exitCode, error) });
}

function isEqual(
  a: RestartPolicy | Resources | undefined,
  b: RestartPolicy | Resources | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  const left = Object.entries(a);
  const right = new Map<string, unknown>(Object.entries(b));
  return left.length === right.size && left.every(([key, value]) => right.get(key) === value);
}
