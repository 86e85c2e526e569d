/** Trying again with growing pauses. */

import { type Clock, delay } from "./clock.ts";

export interface Backoff {
  /** First pause. */
  readonly firstMs: number;
  /** Longest pause. */
  readonly capMs: number;
  /** Share of a pause that is random (0..1), so that many do not knock together. */
  readonly jitter: number;
}

/** Pause before try `attempt` (1 = first repetition); `random` in [0, 1). */
export function backoffMs(backoff: Backoff, attempt: number, random = Math.random()): number {
  const full = Math.min(backoff.capMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 30));
  return full * (1 - backoff.jitter * random);
}

export interface RetryOptions extends Backoff {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Infinity = for ever. */
  readonly attempts: number;
  readonly shouldRetry: (thrown: unknown) => boolean;
  readonly onRetry?: (thrown: unknown, attempt: number, pauseMs: number) => void;
}

/** Runs `job` until it succeeds, is refused for good, or tries are used up; then throws the last error. */
export async function retry<T>(job: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    try {
      return await job(attempt);
    } catch (thrown) {
      if (attempt >= options.attempts || options.signal.aborted || !options.shouldRetry(thrown)) throw thrown;
      const pauseMs = backoffMs(options, attempt);
      options.onRetry?.(thrown, attempt, pauseMs);
      await delay(options.clock, pauseMs, options.signal);
    }
  }
}
