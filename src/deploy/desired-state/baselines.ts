/** Which actions a command's baseline means (spec/update-agent.md §6.1 "Baselines"). Pure. */

import { SupercargoError } from "../../errors/error.ts";
import type { Action, Baseline } from "./activity.ts";
import type { BaselineWish, DesiredStateWish } from "./wish.ts";

/** All actions that remove something. */
const REMOVAL = "remove-components";

/**
 * The given titles, `<domain>:<name>` for each component in none of them, `<domain>:remove-components`.
 * SC_DESIRED_STATE_INVALID when one names a component that is unknown or taken; `skipped` are components without an action.
 */
export function resolveBaselines(
  domain: string,
  wishes: readonly BaselineWish[],
  actions: readonly Action[],
  skipped: ReadonlySet<string>,
): readonly Baseline[] {
  const free = new Map<string, number>();
  const removals: number[] = [];
  for (const [index, { kind, name }] of actions.entries()) {
    if (kind === "destroy") removals.push(index);
    else free.set(name, index);
  }
  const baselines = wishes.map(({ title, components }) => {
    const members = components.flatMap((name) => {
      if (skipped.has(name)) return [];
      const index = free.get(name);
      if (index === undefined) throw unknownMember(title, `${domain}:${name}`);
      free.delete(name);
      return [index];
    });
    return baseline(title, members);
  });
  const single = [...free].map(([name, index]) => baseline(`${domain}:${name}`, [index]));
  return [...baselines, ...single, baseline(`${domain}:${REMOVAL}`, removals)];
}

/** The same complaint before anything is looked at. */
export function checkBaselines(domain: string, { baselines, components }: DesiredStateWish): void {
  const free = new Set(components.map(({ name }) => name));
  for (const { title, components: names } of baselines) {
    for (const name of names) if (!free.delete(name)) throw unknownMember(title, `${domain}:${name}`);
  }
}

export function baseline(title: string, members: readonly number[]): Baseline {
  return { title, members, status: "IDENTIFIED", isOpen: true };
}

function unknownMember(title: string, component: string): SupercargoError {
  const where = "cannot process desired state baselines with containers";
  return new SupercargoError(
    "SC_DESIRED_STATE_INVALID",
    `${where}: problem with baseline ${title}: cannot find container component ${component}`,
  );
}
