/** What the memory keeps of a step that failed. */

import type { StepFailure } from "./failure.ts";
import type { Memory, PendingReplacement, Remembered, Wish } from "./wish.ts";

/** @param hasBegun whether it was a replacement, and not something before it, that failed */
export function noteFailure(failure: StepFailure, wish: Wish, memory: Memory, hasBegun: boolean): void {
  const before = memory.get(wish.name);
  if (before === undefined) return;
  const { pending, leftovers = [], ...rest } = before;
  const stillThere = [...leftovers, ...failure.leftovers];
  const { fingerprint, modifiedNanos } = wish;
  const after: Remembered = {
    ...rest,
    ...(stillThere.length === 0 ? {} : { leftovers: stillThere }),
    ...(isOver(failure, pending, hasBegun) ? {} : { pending }),
    ...(failure.isRefused ? { refused: { fingerprint, modifiedNanos, reason: failure.message } } : {}),
  };
  memory.set(wish.name, after, pending !== undefined);
}

/** Of an attempt that ended, the end is known; not what those before it made, nor what the daemon makes without us. */
function isOver(failure: StepFailure, pending: PendingReplacement | undefined, hasBegun: boolean): boolean {
  if (pending === undefined) return true;
  // Only an exchange or its taking back says something of one that was begun before.
  const isBefore = failure.phase !== "exchange" && failure.phase !== "probation" && failure.retry !== "never";
  if (!hasBegun && (isBefore || pending.by === "daemon")) return false;
  return failure.isOldBack && pending.earlierImages === undefined && pending.madeOld === undefined;
}
