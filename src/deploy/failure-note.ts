/** What the memory keeps of a step that failed. */

import type { StepFailure } from "./failure.ts";
import type { Memory, Remembered, Wish } from "./wish.ts";

export function noteFailure(failure: StepFailure, wish: Wish, memory: Memory): void {
  const before = memory.get(wish.name);
  if (before === undefined) return;
  const { pending, leftovers = [], ...rest } = before;
  const stillThere = [...leftovers, ...failure.leftovers];
  const { fingerprint, modifiedNanos } = wish;
  const after: Remembered = {
    ...rest,
    ...(stillThere.length === 0 ? {} : { leftovers: stillThere }),
    ...(failure.isOldBack || pending === undefined ? {} : { pending }),
    ...(failure.isRefused ? { refused: { fingerprint, modifiedNanos, reason: failure.message } } : {}),
  };
  memory.set(wish.name, after, pending !== undefined);
}
