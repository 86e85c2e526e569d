/** Takes away the container of a file that is gone. */

import type { Container } from "../model/container.ts";
import { planPrune } from "./plan.ts";
import type { Work } from "./replace.ts";
import { removeForced } from "./replace-steps.ts";
import type { Remembered } from "./wish.ts";

/** Answers whether there was one that had been made for the file. */
export async function pruneContainer(
  name: string,
  remembered: Remembered,
  containers: readonly Container[],
  work: Work,
): Promise<boolean> {
  const [destruction] = planPrune([], containers, new Map([[name, remembered]]));
  if (destruction === undefined) return false;
  await removeForced(destruction.present.id, work);
  return true;
}
