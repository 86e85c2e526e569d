/**
 * Undoing actions and settling them. First all new containers go, so that ports and devices are free; then what ran before
 * comes back. Everything is tried, whatever fails in between.
 */

import type { Log } from "../../base/log.ts";
import { describeError } from "../../errors/error.ts";
import type { Action } from "./activity.ts";
import type { Acts } from "./acts.ts";
import type { Book } from "./book.ts";
import { TEXT } from "./words.ts";

/** What is told of undoing: `rollback` names every action (spec/update-agent.md §6.2); `cleanup` leaves failures as they are. */
export type Manner = "rollback" | "cleanup";

/**
 * Undoes what these actions may have done. `tell` is called when one is begun and when it is done. Answers what could not be
 * undone; empty when all is as before.
 */
export async function goBack(
  members: readonly number[],
  book: Book,
  acts: Acts,
  manner: Manner,
  tell: (when: "begun" | "done", index: number) => void,
): Promise<readonly string[]> {
  const changed = members.filter((index) => isChanged(book.action(index)));
  const problems = new Map<number, string>();
  await Promise.all(
    changed.map(async (index) => {
      await acts.removeNew(book.action(index)).catch((thrown: unknown) => {
        problems.set(index, describeError(thrown));
      });
    }),
  );
  acts.throwIfAborted();
  for (const index of changed) {
    const action = book.action(index);
    const isTold =
      manner === "rollback" || !(action.status === "IDENTIFIED" || action.status.endsWith("FAILURE"));
    if (isTold) {
      book.setAction(index, { status: "UPDATING" });
      tell("begun", index);
    }
    try {
      if (action.stage !== "begun") await acts.bringBack(action);
    } catch (thrown) {
      acts.throwIfAborted();
      problems.set(index, [problems.get(index), describeError(thrown)].filter(Boolean).join("; "));
    }
    const problem = problems.get(index);
    if (isTold || problem !== undefined) {
      book.setAction(index, { status: "UPDATE_FAILURE", message: problem ?? TEXT.undone[action.kind] });
      tell("done", index);
    }
    if (problem === undefined) book.setAction(index, { stage: "undone" });
  }
  return [...problems.values()];
}

function isChanged({ kind, stage, olds }: Action): boolean {
  if (stage === "begun") return kind === "create" || kind === "recreate";
  return (stage === "touched" || stage === "activated") && (kind !== "check" || olds.length > 0);
}

/** Takes away what these actions, all activated, have replaced or were to destroy. Answers whether all destroyed ones are gone. */
export async function settle(members: readonly number[], book: Book, acts: Acts, log: Log): Promise<boolean> {
  let isWhole = true;
  await Promise.all(
    members.map(async (index) => {
      const action = book.action(index);
      const isRemoval = action.kind === "destroy";
      try {
        await acts.removeOlds(action);
        if (isRemoval) book.setAction(index, { status: "REMOVAL_SUCCESS", message: TEXT.removed });
      } catch (thrown) {
        acts.throwIfAborted();
        const message = describeError(thrown);
        if (isRemoval) {
          isWhole = false;
          book.setAction(index, { status: "REMOVAL_FAILURE", message });
        } else
          log.error("an old container could not be removed", { container: action.name, reason: message });
      }
      book.setAction(index, { stage: "settled" });
    }),
  );
  return isWhole;
}
