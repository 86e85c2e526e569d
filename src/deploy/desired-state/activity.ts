/** One run of a desired state, as it is kept in memory and in the journal: actions, baselines, who leads, what is under way. */

import type { DesiredContainer, Resources, RestartPolicy } from "../../model/container.ts";
import type {
  ActionStatus,
  ActionView,
  Command,
  Leader,
  OverallStatus,
  PhaseStatus,
  Report,
} from "./words.ts";

/** A container that has to go when the action succeeds. */
export interface OldContainer {
  readonly id: string;
  /** When the update of its action began: it is started again when the action is undone. */
  readonly wasRunning: boolean;
}

/**
 * How far an action is, whatever has been told of it. Written down before what it speaks of is done:
 * `begun`: its container may have been made; `touched`: what ran before may have been stopped or changed; `activated`: the
 * successor stays; `settled`, `undone`: nothing more to do.
 */
export type Stage = "identified" | "begun" | "touched" | "activated" | "settled" | "undone";

export interface Action {
  readonly kind: "create" | "recreate" | "update" | "check" | "destroy";
  readonly name: string;
  readonly version: string;
  /** What is made (create, recreate; its id is chosen beforehand) or what it becomes (update). */
  readonly desired?: DesiredContainer;
  /** The container that stays (update, check). */
  readonly presentId?: string;
  /** What an update replaced. */
  readonly before?: { readonly policy: RestartPolicy; readonly resources?: Resources };
  readonly olds: readonly OldContainer[];
  readonly dependsOn: readonly string[];
  readonly stage: Stage;
  readonly status: ActionStatus;
  readonly message: string;
  readonly progress?: number;
}

export interface Baseline {
  readonly title: string;
  /** Indices of actions. */
  readonly members: readonly number[];
  readonly status: PhaseStatus;
  /** Until its CLEANUP. */
  readonly isOpen: boolean;
}

export interface Activity {
  readonly activityId: string;
  /** Of this one run: the same activityId may be used again. */
  readonly run: string;
  /** What is wanted, as one text to compare. */
  readonly wishKey: string;
  readonly leader: Leader;
  /** Until a command comes, we lead after so many ms. */
  readonly leadAfterMs?: number;
  readonly actions: readonly Action[];
  /** All actions with a status of their own (`*`), then those that a command can name. */
  readonly all: Baseline;
  readonly baselines: readonly Baseline[];
  /** A command that has begun and not ended. */
  readonly working?: { readonly command: Command; readonly baseline?: string };
  /** Its last clean-up is done; only the last word is missing. */
  readonly over?: "COMPLETED" | "INCOMPLETE";
  /** It is being ended and undone. */
  readonly ending?: "INCOMPLETE" | "SUPERSEDED";
  /** Why it failed, for the end of one that we lead. */
  readonly reason?: string;
}

/** Whether a command's baseline means everything. */
export function meansAll(baseline: string | undefined): boolean {
  return baseline === undefined || baseline === "" || baseline === "*";
}

export function findBaseline(activity: Activity, baseline: string | undefined): Baseline | undefined {
  return meansAll(baseline) ? activity.all : activity.baselines.find(({ title }) => title === baseline);
}

export function withBaselineStatus(
  activity: Activity,
  baseline: string | undefined,
  status: PhaseStatus,
): Activity {
  if (meansAll(baseline)) return { ...activity, all: { ...activity.all, status } };
  const baselines = activity.baselines.map((one) => (one.title === baseline ? { ...one, status } : one));
  return { ...activity, baselines };
}

export function withAction(activity: Activity, index: number, change: Partial<Action>): Activity {
  const actions = activity.actions.map((action, at) => (at === index ? { ...action, ...change } : action));
  return { ...activity, actions };
}

/** Raises the stage of some actions; what is over stays so. */
export function withStage(activity: Activity, members: readonly number[], stage: Stage): Activity {
  const chosen = new Set(members);
  const actions = activity.actions.map((action, at) =>
    chosen.has(at) && action.stage !== "settled" && action.stage !== "undone" ? { ...action, stage } : action,
  );
  return { ...activity, actions };
}

export function withoutWork(activity: Activity): Activity {
  const { working: _, ...rest } = activity;
  return rest;
}

/** Whether something that ran before may be down now because of it. */
export function isDisturbing(activity: Activity): boolean {
  return activity.actions.some(
    ({ stage, kind }) => stage === "touched" && kind !== "create" && kind !== "check",
  );
}

/** Whether it was only identified: nothing was begun. */
export function isUntouched({ all, baselines, working }: Activity): boolean {
  return working === undefined && [all, ...baselines].every(({ status }) => status === "IDENTIFIED");
}

export function viewOf({ name, version, status, message, progress }: Action): ActionView {
  return { name, version, status, message, ...(progress === undefined ? {} : { progress }) };
}

export function reportOf(
  { activityId, actions }: Activity,
  status: PhaseStatus | OverallStatus,
  baseline?: string,
  message?: string,
): Report {
  return {
    activityId,
    ...(baseline === undefined || baseline === "" ? {} : { baseline }),
    status,
    ...(message === undefined ? {} : { message }),
    ...(actions.length === 0 ? {} : { actions: actions.map(viewOf) }),
  };
}
