/** Watching a fresh container for a while: does it stay up? Pure judgement over what is seen, and the loop that looks. */

import { type Clock, delay } from "../base/clock.ts";
import type { Container } from "../model/container.ts";

export type Verdict =
  | { readonly kind: "watching" }
  /** It ended with 0, was stopped or removed by somebody: nothing more to watch. */
  | { readonly kind: "ended"; readonly exitedWithZero: boolean }
  | { readonly kind: "failed"; readonly reason: string };

const WATCHING: Verdict = { kind: "watching" };
/** One restart can be a service that waits for another; a second within the probation is a loop. */
const RESTARTS_OF_A_LOOP = 2;

/** Judges what is seen now. `restartsBefore` is the restart count at its start; `now` is undefined when it is gone. */
export function judge(restartsBefore: number, now: Container | undefined): Verdict {
  if (now === undefined) return { kind: "ended", exitedWithZero: false };
  const restarts = now.restartCount - restartsBefore;
  const { status, exitCode, error } = now.state;
  if (restarts >= RESTARTS_OF_A_LOOP) {
    return { kind: "failed", reason: `it was restarted ${restarts} times${lastExit(exitCode, error)}` };
  }
  switch (status) {
    case "Creating":
    case "Created":
    case "Running":
    case "Paused":
      return WATCHING;
    case "Stopped":
    case "Exited":
      if (now.manuallyStopped) return { kind: "ended", exitedWithZero: false };
      if (exitCode === 0 && error === "") return { kind: "ended", exitedWithZero: true };
      return { kind: "failed", reason: `it ended${lastExit(exitCode, error)}` };
    case "Dead":
    case "Unknown":
      return { kind: "failed", reason: `its state became ${status}${error === "" ? "" : `: ${error}`}` };
  }
}

function lastExit(exitCode: number, error: string): string {
  const code = exitCode === 0 ? "" : ` with exit code ${exitCode}`;
  return error === "" ? code : `${code} (${error})`;
}

export interface ProbationOptions {
  readonly clock: Clock;
  readonly probationMs: number;
  /** Pause between two looks. */
  readonly everyMs: number;
  readonly restartsBefore: number;
  /** Ends the watch early: what has been seen counts. */
  readonly signal: AbortSignal;
}

/** What `look` may answer: the container, that it is gone, or that nobody could be asked just now. */
export type Glance = { readonly container: Container | undefined } | "unknown";

/** Looks until the time is over, the container has ended, or the signal aborts (verdict `watching`). Never throws. */
export async function watchProbation(
  look: () => Promise<Glance>,
  options: ProbationOptions,
): Promise<Verdict> {
  const endMs = options.clock.nowMs() + options.probationMs;
  for (;;) {
    const leftMs = endMs - options.clock.nowMs();
    if (leftMs <= 0 || options.signal.aborted) return WATCHING;
    try {
      await delay(options.clock, Math.min(options.everyMs, leftMs), options.signal);
    } catch {
      return WATCHING; // Only the signal rejects a delay: the watch was ended early.
    }
    const glance = await look();
    if (glance === "unknown") continue;
    const verdict = judge(options.restartsBefore, glance.container);
    if (verdict.kind !== "watching") return verdict;
  }
}
