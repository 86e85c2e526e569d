/** Wishes that come by request, over the deployers' planner; loaded with the first of them. */

import type { ServiceParts } from "../api/service-parts.ts";
import { systemClock } from "../base/clock.ts";
import { Applier } from "../deploy/apply.ts";
import type { Manager } from "../manager/manager.ts";
import { containersOf } from "./manager-containers.ts";

export function applyTo(manager: Manager): ServiceParts["apply"] {
  const applier = new Applier(systemClock);
  return (desired, originator, options, signal) =>
    applier.apply(desired, containersOf(manager, originator === "" ? "grpc" : originator), options, signal);
}
