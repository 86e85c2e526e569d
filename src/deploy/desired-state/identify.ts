/** From a wish and what is there to an activity that has not begun. */

import type { Log } from "../../base/log.ts";
import type { Container } from "../../model/container.ts";
import type { Activity } from "./activity.ts";
import { baseline, resolveBaselines } from "./baselines.ts";
import { planActions } from "./plan-actions.ts";
import { type DesiredStateWish, wishKeyOf } from "./wish.ts";

export interface IdentifyOptions {
  /** Names baselines (`<domain>:remove-components`). */
  readonly domain: string;
  readonly systemContainers: readonly string[];
  readonly isProtected: (container: Container) => boolean;
  readonly newId: () => string;
}

/** SC_DESIRED_STATE_INVALID when a baseline names something that is not there. */
export function identify(
  wish: DesiredStateWish,
  containers: readonly Container[],
  options: IdentifyOptions,
  log: Log,
): Activity {
  const systemContainers = new Set(wish.systemContainers ?? options.systemContainers);
  for (const { name } of wish.components) {
    if (systemContainers.has(name)) log.warn("a system container is left as it is", { container: name });
  }
  const actions = planActions(wish.components, containers, { ...options, systemContainers });
  const everything = actions.map((_, index) => index);
  const { leadAfterMs, activityId } = wish;
  return {
    activityId,
    run: options.newId(),
    wishKey: wishKeyOf(wish),
    leader: leadAfterMs === 0 ? "self" : "commands",
    ...(leadAfterMs === undefined || leadAfterMs === 0 ? {} : { leadAfterMs }),
    actions,
    all: baseline("*", everything),
    baselines: resolveBaselines(options.domain, wish.baselines, actions, systemContainers),
  };
}
