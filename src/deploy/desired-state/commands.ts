/** Carries out one command of an activity, or says why not now (spec/update-agent.md §6.2). */

import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { describeError } from "../../errors/error.ts";
import { isActive } from "../../model/state.ts";
import { type Activity, type Baseline, findBaseline, meansAll } from "./activity.ts";
import type { Acts } from "./acts.ts";
import type { Book } from "./book.ts";
import type { Device } from "./device.ts";
import { goBack, settle } from "./going-back.ts";
import { isAffected, PhaseRun } from "./phase.ts";
import { keepVigil } from "./vigil.ts";
import { type Command, PHASES, type Phase, type PhaseStatus, ROLLBACK_AFTER } from "./words.ts";

export interface CommandParts {
  readonly book: Book;
  readonly acts: Acts;
  readonly device: Device;
  readonly clock: Clock;
  readonly log: Log;
  /** In our own lead; 0: an orchestrator watches by itself. */
  readonly probationMs: number;
  readonly interrupt: AbortSignal;
}

/** What became of a command; `refused` has told why; `over`: nothing is open any more. */
export type CommandEnd = "success" | "failure" | "refused" | { readonly over: "COMPLETED" | "INCOMPLETE" };

export async function carryOut(
  command: Command,
  baseline: string | undefined,
  parts: CommandParts,
): Promise<CommandEnd> {
  const { book } = parts;
  const found = findBaseline(book.record, baseline);
  if (found === undefined) {
    const status = command === "CLEANUP" ? "CLEANUP" : failureOf(command);
    book.report(status, baseline, `Unknown baseline ${baseline}`);
    return "refused";
  }
  const isResumed = book.record.working?.command === command && book.record.working.baseline === baseline;
  if (command === "CLEANUP") return await cleanUp(baseline, found, parts);
  const allowed = command === "ROLLBACK" ? ROLLBACK_AFTER : [PHASES[command].after];
  if (!isResumed && !allowed.includes(found.status)) {
    const message = `${command} is possible only after status ${allowed.join("|")} is reported`;
    book.report(failureOf(command), baseline, message);
    return "refused";
  }
  if (command === "ROLLBACK") return await rollBack(baseline, found, parts);
  return await goForward(command, baseline, found, parts, isResumed);
}

function failureOf(command: Command): PhaseStatus {
  if (command === "ROLLBACK") return "ROLLBACK_FAILURE";
  return command === "CLEANUP" ? "CLEANUP_FAILURE" : PHASES[command].failure;
}

async function goForward(
  phase: Phase,
  baseline: string | undefined,
  { members }: Baseline,
  parts: CommandParts,
  isResumed: boolean,
): Promise<CommandEnd> {
  const { book, acts, clock, interrupt } = parts;
  const { success, failure } = PHASES[phase];
  if (phase === "UPDATE" && !isResumed) await noteWhatRuns(members, book, acts);
  book.begin(phase, baseline, members, phase === "DOWNLOAD" ? "begun" : "touched");
  if (phase === "ACTIVATE") await keepDown(members, book, acts);
  const failed = await new PhaseRun(phase, baseline, { book, acts, clock, interrupt }).run(members);
  const fallen = failed === undefined && phase === "ACTIVATE" ? await watch(members, parts) : undefined;
  if (fallen !== undefined) book.setAction(fallen.index, { status: failure, message: fallen.reason });
  const reason = failed?.message ?? fallen?.reason;
  if (reason === undefined && phase === "ACTIVATE") book.setStage(members, "activated");
  if (reason !== undefined) book.set({ reason });
  book.end(baseline, reason === undefined ? success : failure);
  return reason === undefined ? "success" : "failure";
}

function watch(members: readonly number[], parts: CommandParts): ReturnType<typeof keepVigil> {
  const { probationMs } = parts;
  return probationMs === 0 ? Promise.resolve(undefined) : keepVigil(members, parts);
}

/** What is destroyed has no part in the phase, and would stand in the way of what is started. */
async function keepDown(members: readonly number[], book: Book, acts: Acts): Promise<void> {
  for (const index of members) {
    const action = book.action(index);
    if (action.kind === "destroy") await acts.keepDown(action);
  }
}

/** Hours may lie between identification and update: what runs now is what comes back. */
async function noteWhatRuns(members: readonly number[], book: Book, acts: Acts): Promise<void> {
  if (!members.some((index) => isAffected("UPDATE", book.action(index)))) return;
  const running = new Set(
    (await acts.list()).filter(({ state }) => isActive(state.status)).map(({ id }) => id),
  );
  for (const index of members) {
    const olds = book.action(index).olds.map(({ id }) => ({ id, wasRunning: running.has(id) }));
    book.setAction(index, { olds });
  }
}

async function rollBack(
  baseline: string | undefined,
  { members }: Baseline,
  { book, acts }: CommandParts,
): Promise<CommandEnd> {
  book.begin("ROLLBACK", baseline, members);
  const problems = await goBack(members, book, acts, "rollback", (when, index) => {
    if (when === "begun" || book.action(index).kind !== "create") book.report("ROLLBACK", baseline);
  });
  book.end(baseline, problems.length === 0 ? "ROLLBACK_SUCCESS" : "ROLLBACK_FAILURE");
  return problems.length === 0 ? "success" : "failure";
}

/** What has come to its end is settled; what has failed or was left in between is undone first (DESIGN §5). */
async function cleanUp(
  baseline: string | undefined,
  { members }: Baseline,
  { book, acts, log }: CommandParts,
): Promise<CommandEnd> {
  book.begin("CLEANUP", baseline, members);
  const isDone = (index: number) =>
    book.action(index).stage === "activated" || book.action(index).stage === "settled";
  const activated = members.filter(isDone);
  const others = members.filter((index) => !isDone(index));
  const isSettled = await settle(activated, book, acts, log);
  const problems = await goBack(others, book, acts, "cleanup", () => {});
  for (const problem of problems) log.error("what ran before could not be brought back", { reason: problem });
  const isClean = isSettled && problems.length === 0;
  book.set(closed(book.record, baseline));
  const isOver = [book.record.all, ...book.record.baselines].every(
    ({ isOpen, title }) => !isOpen || title === "*",
  );
  const isWhole = book.record.actions.every(({ stage }) => stage === "settled");
  const over = isClean && isWhole ? "COMPLETED" : "INCOMPLETE";
  if (isOver) book.set({ over });
  book.end(baseline, isClean ? "CLEANUP_SUCCESS" : "CLEANUP_FAILURE");
  if (isOver) return { over };
  return isClean ? "success" : "failure";
}

function closed(activity: Activity, baseline: string | undefined): Partial<Activity> {
  const isAll = meansAll(baseline);
  const baselines = activity.baselines.map((one) =>
    isAll || one.title === baseline ? { ...one, isOpen: false } : one,
  );
  return { baselines };
}

/** Brings an activity that is no longer wanted to a safe point: what was activated stays, everything else is undone. */
export async function makeSafe(parts: Pick<CommandParts, "book" | "acts" | "log">): Promise<void> {
  const { book, acts, log } = parts;
  const members = book.record.all.members;
  const activated = members.filter((index) => book.action(index).stage === "activated");
  await settle(activated, book, acts, log);
  const problems = await goBack(members, book, acts, "cleanup", () => {});
  for (const problem of problems) log.error("what ran before could not be brought back", { reason: problem });
}

/** Why something unforeseen ended a command. */
export function tellFailure(
  command: Command,
  baseline: string | undefined,
  book: Book,
  thrown: unknown,
): void {
  book.report(failureOf(command), baseline, describeError(thrown));
}
