/** A clock that moves only when told to; for tests of logic. */

import { type Clock, formatStamp, type Timer } from "./clock.ts";

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  #pending: Pending[] = [];

  constructor(private readonly startEpochMs = Date.UTC(2026, 0, 1)) {}

  nowMs(): number {
    return this.#nowMs;
  }

  stamp(): string {
    return formatStamp(BigInt(this.startEpochMs + Math.floor(this.#nowMs)) * 1_000_000n);
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry: Pending = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#pending.push(entry);
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== entry);
      },
    };
  }

  /** Number of timers that wait. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** Moves time forward, running due timers in order, letting promises settle after each. */
  async advance(byMs: number): Promise<void> {
    const target = this.#nowMs + byMs;
    await settle();
    for (;;) {
      const next = this.#pending
        .filter((entry) => entry.dueMs <= target)
        .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
      if (next === undefined) break;
      this.#pending = this.#pending.filter((entry) => entry !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await settle();
    }
    this.#nowMs = target;
  }
}

/** Lets everything that is ready run: microtasks and immediate callbacks, a bounded number of rounds. */
export async function settle(rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise<void>((resolve) => setImmediate(resolve));
}
