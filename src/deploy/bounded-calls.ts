/**
 * Gives each call of a deployer a limit. Only create and replace have none of their own: they fetch images, and whoever
 * fetches has its own limits without progress.
 */

import type { Clock } from "../base/clock.ts";
import { SupercargoError } from "../errors/error.ts";
import type { StopOptions } from "../model/container.ts";
import type { Containers } from "./containers.ts";

/** Limits in ms. */
export interface CallLimits {
  readonly listMs: number;
  readonly startMs: number;
  readonly updateMs: number;
  /** Stop and remove wait this long beyond the stop's own timeout. */
  readonly stopMarginMs: number;
}

export const CALL_LIMITS: CallLimits = {
  listMs: 10_000,
  startMs: 60_000,
  updateMs: 30_000,
  stopMarginMs: 45_000,
};

/** Kanto's daemon waits this long when a stop names no timeout (spec/engine.md §9). */
const DEFAULT_STOP_MS = 30_000;

/**
 * Runs `call` with a signal that aborts when `signal` does or after `limitMs`. Rejects then, even if the call does not
 * listen: with the signal's reason, or with SC_TIMEOUT.
 */
export async function withLimit<T>(
  what: string,
  limitMs: number,
  clock: Clock,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const own = new AbortController();
  const onAbort = () => own.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = clock.after(limitMs, () =>
    own.abort(new SupercargoError("SC_TIMEOUT", `${what} was not answered within ${limitMs / 1000} s`)),
  );
  try {
    return await abortable(call(own.signal), own.signal);
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", onAbort);
  }
}

/** The answer of `promise`, or the signal's reason if it aborts first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** The same containers, with a limit on every call but create, replace and watch. */
export function boundCalls(inner: Containers, clock: Clock, limits: CallLimits = CALL_LIMITS): Containers {
  const stopMs = (options: StopOptions) =>
    limits.stopMarginMs + (options.timeoutSeconds > 0 ? options.timeoutSeconds * 1000 : DEFAULT_STOP_MS);
  return {
    list: (signal) => withLimit("list", limits.listMs, clock, signal, (own) => inner.list(own)),
    create: (desired, signal) => abortable(inner.create(desired, signal), signal),
    start: (id, signal) =>
      withLimit(`start of ${id}`, limits.startMs, clock, signal, (own) => inner.start(id, own)),
    stop: (id, options, signal) =>
      withLimit(`stop of ${id}`, stopMs(options), clock, signal, (own) => inner.stop(id, options, own)),
    unpause: (id, signal) =>
      withLimit(`unpause of ${id}`, limits.updateMs, clock, signal, (own) => inner.unpause(id, own)),
    remove: (id, force, stop, signal) =>
      withLimit(`removal of ${id}`, stopMs(stop), clock, signal, (own) => inner.remove(id, force, stop, own)),
    update: (id, policy, resources, signal, live) =>
      withLimit(`update of ${id}`, limits.updateMs, clock, signal, (own) =>
        inner.update(id, policy, resources, own, live),
      ),
    // Read at each use: a client knows only when connected whether its daemon offers them.
    get replace() {
      const replace = inner.replace;
      if (replace === undefined) return undefined;
      const bound: NonNullable<Containers["replace"]> = (id, desired, options, signal) =>
        abortable(replace.call(inner, id, desired, options, signal), signal);
      return bound;
    },
    get settingsChange() {
      return inner.settingsChange?.bind(inner);
    },
    get watch() {
      return inner.watch?.bind(inner);
    },
  };
}
