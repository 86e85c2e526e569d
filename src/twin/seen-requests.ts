/** Remembers requests for as long as their senders wait, so that one that comes twice is worked on once. */

import type { Clock } from "../base/clock.ts";

/** The oldest goes when more are remembered. */
const LIMIT = 10_000;

export class SeenRequests {
  /** Ends of the time-outs by request, in the order of arrival. */
  readonly #ends = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** Whether it came before within its time-out; from now on it has. */
  isRepeated(request: string, timeoutMs: number): boolean {
    const now = this.clock.nowMs();
    const end = this.#ends.get(request);
    if (end !== undefined && end > now) return true;
    this.#ends.delete(request);
    this.#ends.set(request, now + timeoutMs);
    this.#forget(now);
    return false;
  }

  #forget(now: number): void {
    for (const [request, end] of this.#ends) {
      if (end > now && this.#ends.size <= LIMIT) break;
      this.#ends.delete(request);
    }
  }
}
