/** Requests that change a container without making or ending it: pause, unpause, rename, update. */

import { changedLimits, limitsOf } from "../engine/spec/resources.ts";
import { SupercargoError } from "../errors/error.ts";
import type { Container, Resources, RestartPolicy } from "../model/container.ts";
import { tidyResources } from "../model/defaults.ts";
import type { Fault } from "../model/fault.ts";
import { isActive, toPaused, toUnpaused } from "../model/state.ts";
import { nameFaults } from "../model/validate.ts";
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

export async function pause(ctx: Context, entry: Entry): Promise<void> {
  const { container } = entry;
  const { status } = container.state;
  if (status !== "Running") {
    throw stateError(`container with id = ${entry.id} is not running - current status is ${status}`, entry);
  }
  await ctx.parts.engine.pauseTask(entry.id, ctx.lifetime);
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
  await ctx.parts.engine.resumeTask(entry.id, ctx.lifetime);
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

/** Policy and limits; running tasks get new limits at once, and when that fails nothing is stored (spec/engine.md §13). */
export async function update(
  ctx: Context,
  restarter: Restarter,
  entry: Entry,
  policy: RestartPolicy | undefined,
  wanted: Resources | undefined,
): Promise<void> {
  if (policy !== undefined) refuseFaults(policyFaults(policy));
  if (wanted !== undefined) refuseFaults(resourcesFaults(wanted));
  const { hostConfig } = entry.container;
  const resources = tidyResources(wanted);
  const limitsChange = wanted !== undefined && !isEqual(resources, hostConfig.resources);
  const policyChanges = policy !== undefined && !isEqual(policy, hostConfig.restartPolicy);
  if (!limitsChange && !policyChanges) return;
  if (limitsChange && isActive(entry.container.state.status)) {
    const before = limitsOf(entry.container);
    const limits = changedLimits(before, { ...before, resources }, ctx.parts.specs.canLimitSwap());
    await ctx.parts.engine.updateTask(entry.id, limits, ctx.lifetime);
  }
  let container: Container = entry.container;
  if (limitsChange) container = withResources(container, resources);
  if (policyChanges) {
    container = { ...container, hostConfig: { ...container.hostConfig, restartPolicy: policy } };
  }
  ctx.roster.wish(entry, { container, action: "updated" });
  if (policyChanges) applyPolicy(restarter, entry);
}

function withResources(container: Container, resources: Resources | undefined): Container {
  const { resources: _, ...rest } = container.hostConfig;
  return { ...container, hostConfig: resources === undefined ? rest : { ...rest, resources } };
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
