/** What comes next in an activity that we lead, and what a command of somebody who takes over is answered. Pure. */

import type { Activity } from "./activity.ts";
import { type Command, PHASES, type Phase, type PhaseStatus } from "./words.ts";

/** The next command that an orchestrator would give. */
export function ownStep({ working, all }: Activity): Command {
  if (working !== undefined) return working.command;
  switch (all.status) {
    case "IDENTIFIED":
      return "DOWNLOAD";
    case "DOWNLOAD_SUCCESS":
      return "UPDATE";
    case "UPDATE_SUCCESS":
      return "ACTIVATE";
    case "DOWNLOAD_FAILURE":
    case "UPDATE_FAILURE":
    case "ACTIVATION_FAILURE":
      return "ROLLBACK";
    default:
      return "CLEANUP";
  }
}

const ORDER = ["DOWNLOAD", "UPDATE", "ACTIVATE"] as const;

/** The status of a phase that we have begun or ended already; undefined: the command is still to be carried out. */
export function presentStatus({ working, all }: Activity, command: Command): PhaseStatus | undefined {
  if (command === "ROLLBACK" || command === "CLEANUP") return undefined;
  const phase: Phase = command;
  if (working?.command === command) return PHASES[phase].working;
  const { success, failure } = PHASES[phase];
  if (all.status === success || all.status === failure) return all.status;
  const later = ORDER.slice(ORDER.indexOf(phase) + 1);
  const isPassed = later.some(
    (other) =>
      working?.command === other ||
      all.status === PHASES[other].success ||
      all.status === PHASES[other].failure,
  );
  return isPassed ? success : undefined;
}
