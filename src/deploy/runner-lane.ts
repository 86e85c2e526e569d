/** The lane of one container name: what is worked on, what waits for it, and how both are interrupted. */

import type { Clock } from "../base/clock.ts";
import { SupercargoError } from "../errors/error.ts";
import type { RunnerOptions, Settled } from "./runner-news.ts";
import type { Wish } from "./wish.ts";

/** For the daemon to make up its mind, after stop and probation. */
const PROBATION_MARGIN_MS = 5000;
/** Who takes longer waits for a pull, which whoever fetches has bounds for: the next one's turn. */
export const TURN_MS = 10_000;

/** After so long, in ms, a daemon that replaces a container without us has made up its mind. */
export function untilFinalMs({ probationMs, stop }: RunnerOptions): number {
  return probationMs + stop.timeoutSeconds * 1000 + PROBATION_MARGIN_MS;
}

export const DROPPED: Settled = { kind: "dropped" };

export interface Job {
  readonly wish: Wish;
  readonly settle: (settled: Settled) => void;
  readonly attempt: number;
  readonly lastMessage: string;
  /** What the daemon may take back has been waited for. */
  readonly isFinal: boolean;
}

export class Lane {
  /** Of those that wait only the latest counts. */
  next: Job | undefined;
  interrupt = new AbortController();
  working: Promise<void> | undefined;
  /** A replacement has begun in the step that is worked on. */
  hasBegun = false;
  #wake: (() => void) | undefined;

  /** Puts `job`, or nothing, in the place of what waits, and interrupts what is worked on. */
  supersede(job: Job | undefined, reason: string): void {
    this.next?.settle(DROPPED);
    this.next = job;
    this.interrupt.abort(new SupercargoError("SC_CANCELLED", reason));
    this.wake();
  }

  /** Ends a pause. */
  wake(): void {
    this.#wake?.();
  }

  pause(clock: Clock, pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
      const timer = clock.after(pauseMs, end);
      this.#wake = end;
    });
  }
}
