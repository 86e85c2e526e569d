/** From a desired state and the containers that are there to the actions of an activity. Pure. */

import { compareAsPeer } from "../../model/compare.ts";
import type { Container, DesiredContainer } from "../../model/container.ts";
import { outlineOfExtras } from "../../model/extras-rules.ts";
import { isActive } from "../../model/state.ts";
import type { Action, OldContainer } from "./activity.ts";
import { imageVersion } from "./image-version.ts";
import type { ComponentWish } from "./wish.ts";
import { TEXT } from "./words.ts";

export interface PlanOptions {
  /** Names that are neither made, changed nor destroyed. */
  readonly systemContainers: ReadonlySet<string>;
  /** Containers that are not destroyed, though not listed. */
  readonly isProtected: (container: Container) => boolean;
  readonly newId: () => string;
}

/** One action per component in order, then one per name that is there and not listed (spec/update-agent.md §6.1). */
export function planActions(
  components: readonly ComponentWish[],
  containers: readonly Container[],
  { systemContainers, isProtected, newId }: PlanOptions,
): readonly Action[] {
  const byName = new Map<string, Container[]>();
  for (const container of containers) {
    const named = byName.get(container.name);
    if (named === undefined) byName.set(container.name, [container]);
    else named.push(container);
  }
  const actions: Action[] = [];
  for (const component of components) {
    if (!systemContainers.has(component.name)) {
      actions.push(planComponent(component, byName.get(component.name) ?? [], newId));
    }
    byName.delete(component.name);
  }
  for (const [name, named] of byName) {
    const unwanted = named.filter((container) => !isProtected(container));
    const [first] = unwanted;
    if (first === undefined || systemContainers.has(name)) continue;
    const version = imageVersion(first.image.name);
    const rest = { status: "IDENTIFIED", message: TEXT.destroy, stage: "identified", dependsOn: [] } as const;
    actions.push({ kind: "destroy", name, version, olds: unwanted.map(toOld), ...rest });
  }
  return actions;
}

function planComponent(component: ComponentWish, named: readonly Container[], newId: () => string): Action {
  const { name, version, desired, dependsOn } = component;
  const [present, ...others] = byUse(named);
  const kind = present === undefined ? "create" : kindFor(component, present);
  const base = {
    kind,
    name,
    version,
    dependsOn,
    message: TEXT[kind],
    status: "IDENTIFIED",
    stage: "identified",
  } as const;
  if (present === undefined) return { ...base, desired: { ...desired, id: newId() }, olds: [] };
  if (kind === "recreate") {
    return { ...base, desired: { ...desired, id: newId() }, olds: [present, ...others].map(toOld) };
  }
  const kept = { ...base, presentId: present.id, olds: others.map(toOld) };
  if (kind === "check") return kept;
  const { restartPolicy: policy, resources } = present.hostConfig;
  return { ...kept, desired, before: { policy, ...(resources === undefined ? {} : { resources }) } };
}

function kindFor({ desired }: ComponentWish, present: Container): "recreate" | "update" | "check" {
  const { extras: _, ...peers } = desired;
  const { verdict } = compareAsPeer(peers, present);
  if (verdict !== "recreate" && !hasExtras(present, desired)) return "recreate";
  return verdict === "same" ? "check" : verdict;
}

/** Whether it has what the wish says beyond the peer's keys; what the wish leaves out is no difference, as with the peer's. */
function hasExtras(present: Container, desired: DesiredContainer): boolean {
  const there = new Map(outlineOfExtras(present.extras));
  return outlineOfExtras(desired.extras).every(([path, value]) => value === "" || there.get(path) === value);
}

/** Of several containers of one name the one that runs takes part, else the oldest; the others go with the action's end. */
function byUse(named: readonly Container[]): readonly Container[] {
  const rank = ({ state }: Container) => (isActive(state.status) ? 0 : 1);
  return [...named].sort((a, b) => rank(a) - rank(b) || (a.created < b.created ? -1 : 1));
}

function toOld({ id, state }: Container): OldContainer {
  return { id, wasRunning: isActive(state.status) };
}
