/** What the manager knows of the health of a container, for those who decide by it. */

import type { Health } from "../model/extras.ts";
import type { HealthReport } from "../model/health.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./entry.ts";
import { Probation } from "./probation.ts";
import type { ReplaceNote } from "./replace-note.ts";
import { isRecord } from "./stored-image.ts";

/** Name in the additions of what the next daemon shall know: `{status, failingStreak, since}`. */
export const HEALTH_VALUE = "health";

const STATUSES: readonly Health[] = ["starting", "healthy", "unhealthy"];

/** What was noted of the present run. */
export function storedReport(entry: Entry): HealthReport | undefined {
  const value = entry.additions.values[HEALTH_VALUE];
  if (!isRecord(value)) return undefined;
  const { failingStreak, since } = value;
  const status = STATUSES.find((name) => name === value["status"]);
  if (status === undefined || typeof failingStreak !== "number" || typeof since !== "string")
    return undefined;
  return { status, failingStreak, since };
}

/** A successor that runs and has not shown yet whether it is healthy. A probation of 0 asks only that it starts. */
export function awaitsHealth(ctx: Context, note: Pick<ReplaceNote, "nextId" | "probationMs">): boolean {
  const entry = ctx.roster.get(note.nextId);
  if (entry === undefined || note.probationMs <= 0) return false;
  if (entry.container.extras?.healthcheck === undefined) return false;
  if (entry.container.state.status !== "Running") return false;
  const status = (ctx.health.get(entry.id) ?? storedReport(entry))?.status ?? "starting";
  return status === "starting";
}

export function newProbation(ctx: Context, note: ReplaceNote): Probation {
  return new Probation(ctx.parts.clock, note.id !== note.nextId, () => awaitsHealth(ctx, note));
}
