/** What the memory keeps of a step that failed. */

import type { StepFailure } from "./failure.ts";
import type { Memory, PendingReplacement, Remembered, Wish } from "./wish.ts";

export function noteFailure(failure: StepFailure, wish: Wish, memory: Memory): void {
  const before = memory.get(wish.name);
  if (before === undefined) return;
  const { pending, leftovers = [], ...rest } = before;
  const stillThere = [...leftovers, ...failure.leftovers];
  const { fingerprint, modifiedNanos } = wish;
  const after: Remembered = {
    ...rest,
    ...(stillThere.length === 0 ? {} : { leftovers: stillThere }),
    ...(isOver(failure, pending) ? {} : { pending }),
    ...(failure.isRefused ? { refused: { fingerprint, modifiedNanos, reason: failure.message } } : {}),
  };
  memory.set(wish.name, after, pending !== undefined);
}

/** Of an attempt that ended, the end is known; not of those before it that nobody saw the end of. */
function isOver(failure: StepFailure, pending: PendingReplacement | undefined): boolean {
  return pending === undefined || (failure.isOldBack && pending.earlierImages === undefined);
}
