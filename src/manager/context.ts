/** What all parts of the manager share. Made once, by manager.ts. */

import type { Limiter } from "../base/limiter.ts";
import type { HealthReport } from "../model/health.ts";
import type { EventHub } from "./event-hub.ts";
import type { ImagesAsked } from "./image-needs.ts";
import type { Leftovers } from "./leftovers.ts";
import type { ManagerParts } from "./parts.ts";
import type { Roster } from "./roster.ts";
import type { Work } from "./work.ts";

export interface Context {
  readonly parts: ManagerParts;
  readonly hub: EventHub;
  readonly roster: Roster;
  readonly work: Work;
  readonly leftovers: Leftovers;
  /** Ids for which a container is being made, by a request or as a successor; nobody else can make one of them. */
  readonly reserved: Set<string>;
  /** Images for which a container is being made. */
  readonly asked: ImagesAsked;
  /** At most so many starts side by side. */
  readonly starts: Limiter;
  /** Health of the containers that run and have a healthcheck. */
  readonly health: Map<string, HealthReport>;
  /** Aborted when the manager ends; given to every call that no caller's signal may cut. */
  readonly lifetime: AbortSignal;
}
