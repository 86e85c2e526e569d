/** A desired state as a typed wish, and what must be true of it as a whole before anything is looked at. */

import { sha256Hex } from "../../base/hash.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { DesiredContainer } from "../../model/container.ts";

export interface ComponentWish {
  readonly name: string;
  /** Only told back. */
  readonly version: string;
  readonly desired: DesiredContainer;
  /** Names of components that must run before this one is started. */
  readonly dependsOn: readonly string[];
}

export interface BaselineWish {
  readonly title: string;
  /** Names of components. */
  readonly components: readonly string[];
}

export interface DesiredStateWish {
  readonly activityId: string;
  readonly components: readonly ComponentWish[];
  readonly baselines: readonly BaselineWish[];
  /** Instead of the configured ones, for this activity. */
  readonly systemContainers?: readonly string[];
  /** Whether we lead it: at once (0), after so many ms without a command, or never (undefined). */
  readonly leadAfterMs: number | undefined;
}

/** Every feedback names all of them; more than this is no device's. */
const COMPONENT_LIMIT = 1000;

/** One text for everything that is wanted; who leads it is no part of that. */
export function wishKeyOf({ leadAfterMs: _, ...wanted }: DesiredStateWish): string {
  return sha256Hex(
    JSON.stringify(wanted, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  );
}

/** The same desired state again while it is under way: a message that came twice. */
export function isRepetition(
  wish: DesiredStateWish,
  activity: { readonly activityId: string; readonly wishKey: string } | undefined,
): boolean {
  return activity?.activityId === wish.activityId && activity.wishKey === wishKeyOf(wish);
}

/** SC_DESIRED_STATE_INVALID when there are too many: worth asking before each of them is read. */
export function checkCount(components: number): void {
  if (components <= COMPONENT_LIMIT) return;
  throw invalid(`at most ${COMPONENT_LIMIT} components are accepted, but got ${components}`);
}

/** Throws SC_DESIRED_STATE_INVALID with the first thing that is wrong. `known` are names that may be depended on besides. */
export function checkWish(wish: DesiredStateWish, known: ReadonlySet<string>): void {
  const { components } = wish;
  checkCount(components.length);
  const byName = new Map<string, ComponentWish>();
  for (const component of components) {
    if (byName.has(component.name)) throw invalid(`component ${component.name} is given more than once`);
    byName.set(component.name, component);
  }
  for (const { name, dependsOn } of components) {
    const missing = dependsOn.find((other) => !byName.has(other) && !known.has(other));
    if (missing !== undefined) {
      throw invalid(`component ${name} depends on ${missing}, which is not part of the desired state`);
    }
  }
  const circle = findCircle(byName);
  if (circle !== undefined)
    throw invalid(`components depend on each other in a circle: ${circle.join(" -> ")}`);
}

function invalid(message: string): SupercargoError {
  return new SupercargoError("SC_DESIRED_STATE_INVALID", message);
}

/** The first circle, its first name repeated at its end. Iterative: a chain may be as long as the desired state. */
function findCircle(byName: ReadonlyMap<string, ComponentWish>): readonly string[] | undefined {
  const done = new Set<string>();
  for (const root of byName.keys()) {
    const path: { readonly name: string; next: number }[] = done.has(root) ? [] : [{ name: root, next: 0 }];
    const onPath = new Set(path.map(({ name }) => name));
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const dependency = byName.get(top.name)?.dependsOn[top.next++];
      if (dependency === undefined) {
        done.add(top.name);
        onPath.delete(top.name);
        path.pop();
      } else if (onPath.has(dependency)) {
        const names = path.map(({ name }) => name);
        return [...names.slice(names.indexOf(dependency)), dependency];
      } else if (!done.has(dependency)) {
        path.push({ name: dependency, next: 0 });
        onPath.add(dependency);
      }
    }
  }
  return undefined;
}
