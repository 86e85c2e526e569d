/** The throw-away container that proves image, space and configuration before an old one is taken away (DESIGN §2). */

import { sha256Hex } from "../base/hash.ts";
import type { DesiredContainer } from "../model/container.ts";

/** Id of the trial for a container id: always the same, so that one left over by a crash is recognised. */
export function trialId(id: string): string {
  return `trial-${sha256Hex(id).slice(0, 16)}`;
}

/** The same wish under another id and name; it is created, never started. */
export function trialOf(desired: DesiredContainer): DesiredContainer {
  const id = trialId(desired.id);
  return { ...desired, id, name: id };
}
