/**
 * When a container that ended is started again (spec/engine.md §12), as a pure decision.
 *
 * Mended against the peer: a user's stop never starts anything again by itself (DESIGN §5, engine.md §22.1), a failed
 * start is tried again like an exit, and no wait is shorter than the first one, so that a tiny cap cannot make a hot loop.
 */

import type { RestartPolicy, Status } from "./container.ts";

export const FIRST_WAIT_MS = 100;
export const DEFAULT_WAIT_CAP_MS = 60_000;
/** A run of this length makes the waits begin anew. */
export const LONG_RUN_MS = 10_000;

export interface Ended {
  readonly policy: RestartPolicy;
  readonly exitCode: number;
  /** The start itself failed: counts as a failure whatever the code. */
  readonly startFailed?: boolean;
  /** Automatic restarts since the last explicit start. */
  readonly restartCount: number;
  readonly manuallyStopped: boolean;
  /** Length of the run that just ended, by the monotonic clock. */
  readonly runMs: number;
  /** The wait before that run, if it was an automatic restart. */
  readonly previousWaitMs?: number | undefined;
}

export type RestartDecision =
  | { readonly kind: "none"; readonly reason: "policy" | "stopped-by-user" | "success" | "retries-used-up" }
  | { readonly kind: "after"; readonly waitMs: number };

/** Longest wait of a policy: `retry_timeout`, or a minute when that is 0. */
export function waitCapMs(policy: RestartPolicy): number {
  if (policy.retryTimeoutNanos <= 0n) return DEFAULT_WAIT_CAP_MS;
  return Math.max(FIRST_WAIT_MS, Number(policy.retryTimeoutNanos / 1_000_000n));
}

function nextWaitMs(ended: Ended): number {
  const cap = waitCapMs(ended.policy);
  if (ended.previousWaitMs === undefined || ended.runMs >= LONG_RUN_MS) return Math.min(FIRST_WAIT_MS, cap);
  return Math.max(FIRST_WAIT_MS, Math.min(ended.previousWaitMs * 2, cap));
}

/** Whether retries of `on-failure` are left; 0 = endless. */
function hasRetries(policy: RestartPolicy, restartCount: number): boolean {
  return policy.maximumRetryCount === 0 || restartCount < policy.maximumRetryCount;
}

/** What follows the end of a container. */
export function decideRestart(ended: Ended): RestartDecision {
  const { policy } = ended;
  if (policy.type === "no" || policy.type === "") return { kind: "none", reason: "policy" };
  if (ended.manuallyStopped) return { kind: "none", reason: "stopped-by-user" };
  if (policy.type === "on-failure") {
    if (ended.exitCode === 0 && ended.startFailed !== true) return { kind: "none", reason: "success" };
    if (!hasRetries(policy, ended.restartCount)) return { kind: "none", reason: "retries-used-up" };
  } else if (policy.type !== "always" && policy.type !== "unless-stopped") {
    return { kind: "none", reason: "policy" };
  }
  return { kind: "after", waitMs: nextWaitMs(ended) };
}

export interface AtDaemonStart {
  readonly policy: RestartPolicy;
  /** As the stored state has it. */
  readonly status: Status;
  readonly exitCode: number;
  readonly restartCount: number;
  readonly manuallyStopped: boolean;
  readonly startedSuccessfullyBefore: boolean;
  /**
   * It ran until something ended it that was no end of its own: its task is gone (power cut, reboot, killed shim), or the
   * daemon stopped it because it was itself to end.
   */
  readonly wasCutOff: boolean;
  /** A restart of it was planned when the daemon ended. */
  readonly isRestartDue: boolean;
}

/** Whether a container without a task is started when the daemon starts. One that was cut off counts as failed, unlike in the peer. */
export function shouldStartWithDaemon(container: AtDaemonStart): boolean {
  if (!container.startedSuccessfullyBefore || container.status === "Dead") return false;
  switch (container.policy.type) {
    case "always":
      return true;
    case "unless-stopped":
      return !container.manuallyStopped;
    case "on-failure":
      // A stop by hand leaves a code too (143), and holds.
      if (container.manuallyStopped) return false;
      return (
        container.wasCutOff ||
        container.isRestartDue ||
        (container.exitCode !== 0 && hasRetries(container.policy, container.restartCount))
      );
    default:
      return false;
  }
}
