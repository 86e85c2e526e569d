/** The note that a container ran until the daemon's end ended it: it counts as running for the next start (DESIGN §4). */

import type { Additions } from "../store/store.ts";
import { withValue } from "./entry.ts";

const ENDED_WITH_DAEMON = "endedWithDaemon";

/** The same additions with the note that the container was ended by the daemon's end. */
export function endedWithDaemon(additions: Additions): Additions {
  return withValue(additions, ENDED_WITH_DAEMON, true);
}

/** Whether it ran until the daemon's end ended it. */
export function wasEndedWithDaemon(additions: Additions): boolean {
  return additions.values[ENDED_WITH_DAEMON] === true;
}

/** It runs again: the note has done its work. */
export function withoutEndNote(additions: Additions): Additions {
  return withValue(additions, ENDED_WITH_DAEMON, undefined);
}
