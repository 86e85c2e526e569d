/** `manager.return_memory`: file pages go back to the system when the daemon has little to do, now and then. */

import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { describeError } from "../errors/error.ts";

const LOOK_EVERY_MS = 5_000;
/** One part in fifty of the time between two looks. */
const IDLE_CPU_MS = 100;
/** Pages come back slowly while idle (spec/pitfalls.md §8), and reading them again costs time: not too often. */
const REST_MS = 180_000;

export interface ReturnMemoryParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Processor time of the process up to now, in ms. */
  readonly cpuMs: () => number;
  readonly returnPages: () => void;
}

/** Looks until disposed, or until the kernel refuses. */
export function returnMemoryWhenIdle({ clock, log, cpuMs, returnPages }: ReturnMemoryParts): Disposable {
  let timer: Timer;
  let usedMs = cpuMs();
  let returnedMs: number | undefined;
  const look = () => {
    const spentMs = cpuMs() - usedMs;
    usedMs += spentMs;
    const isRested = returnedMs === undefined || clock.nowMs() - returnedMs >= REST_MS;
    if (spentMs < IDLE_CPU_MS && isRested) {
      try {
        returnPages();
      } catch (thrown) {
        log.warn("manager.return_memory does nothing: the kernel takes no pages back", {
          reason: describeError(thrown),
        });
        return;
      }
      returnedMs = clock.nowMs();
    }
    timer = clock.after(LOOK_EVERY_MS, look);
  };
  timer = clock.after(LOOK_EVERY_MS, look);
  return { [Symbol.dispose]: () => timer.cancel() };
}

/** Processor time of this process, in ms. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
