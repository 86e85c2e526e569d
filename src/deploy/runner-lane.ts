/** The lane of one container name: what is worked on, what waits for it, and how both are interrupted. */

import type { Clock } from "../base/clock.ts";
import { SupercargoError } from "../errors/error.ts";
import type { Settled } from "./runner-news.ts";
import type { Wish } from "./wish.ts";

/** A daemon that replaces a container without us has made up its mind so long after stop and probation. */
export const PROBATION_MARGIN_MS = 5000;
/** Who takes longer waits for a pull, which whoever fetches has bounds for: the next one's turn. */
export const TURN_MS = 10_000;

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
