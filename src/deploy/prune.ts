/** Takes away what was made for a file that is gone: its container, and what a replacement that was cut off has left. */

import type { Container } from "../model/container.ts";
import { planPrune } from "./plan.ts";
import type { Work } from "./replace.ts";
import { removeForced } from "./replace-steps.ts";
import type { Remembered } from "./wish.ts";

/** Answers whether there was something that had been made for the file. */
export async function pruneContainer(
  name: string,
  remembered: Remembered,
  containers: readonly Container[],
  work: Work,
): Promise<boolean> {
  const destructions = planPrune([], containers, new Map([[name, remembered]]));
  for (const { present } of destructions) await removeForced(present.id, work);
  return destructions.length > 0;
}
