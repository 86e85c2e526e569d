/** Once a program that stays has started: it lets go of what only its start needed. */

import type { Clock } from "../base/clock.ts";

const LOOK_EVERY_MS = 1_000;
/** So little between two looks that the start, with the work it found, is over. */
const IDLE_CPU_MS = 20;

export interface AfterStartParts {
  readonly clock: Clock;
  /** Processor time of the process up to now, in ms. */
  readonly cpuMs: () => number;
  readonly letGo: () => void;
}

/** Calls `letGo` once, at the first look at which the program has had little to do. */
export function letGoAfterStart({ clock, cpuMs, letGo }: AfterStartParts): void {
  let usedMs = cpuMs();
  const look = () => {
    const spentMs = cpuMs() - usedMs;
    usedMs += spentMs;
    if (spentMs < IDLE_CPU_MS) letGo();
    else clock.after(LOOK_EVERY_MS, look);
  };
  clock.after(LOOK_EVERY_MS, look);
}
