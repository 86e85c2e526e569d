/** Time behind an interface, so that logic can be tested in milliseconds. Intervals are monotonic; wall time is only for stamps. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds of a monotonic clock; only differences mean something. */
  nowMs(): number;
  /** RFC 3339, UTC, up to nanoseconds, trailing zeros cut (the form of Kanto's stored stamps). */
  stamp(): string;
  /** Calls back once after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
}

const NANOS_PER_MS = 1_000_000n;

/** Cuts trailing zeros of the fraction, as Go's RFC3339Nano does: `...:00.120000000Z` becomes `...:00.12Z`. */
export function formatStamp(epochNanos: bigint): string {
  const seconds = epochNanos / 1_000_000_000n;
  const fraction = (epochNanos % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return fraction === "" ? `${whole}Z` : `${whole}.${fraction}Z`;
}

/**
 * Stamps of wall time. The runtime tells it in milliseconds; the digits below are what the monotonic clock has moved since
 * this millisecond was first seen, so that stamps never go back by themselves, only when somebody sets the clock back.
 */
export function stamping(wallMs: () => number, monotonicNanos: () => bigint): () => string {
  let seenMs = Number.NaN;
  let sinceNanos = 0n;
  return () => {
    const nowMs = wallMs();
    const nowNanos = monotonicNanos();
    if (nowMs !== seenMs) {
      seenMs = nowMs;
      sinceNanos = nowNanos;
    }
    const below = nowNanos - sinceNanos;
    return formatStamp(BigInt(nowMs) * NANOS_PER_MS + (below < NANOS_PER_MS ? below : NANOS_PER_MS - 1n));
  };
}

/** A timer of the runtime that is set for longer fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  stamp: stamping(Date.now, () => process.hrtime.bigint()),
  after: (delayMs, callback) => {
    let handle: ReturnType<typeof setTimeout>;
    const wait = (leftMs: number) => {
      const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
      handle = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : callback()), stepMs);
      handle.unref?.();
    };
    wait(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Waits `delayMs`; rejects with the signal's reason when it aborts first. */
export function delay(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
