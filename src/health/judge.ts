/** What a probe says about a container's health, and when the next one comes; pure. */

import type { Healthcheck } from "../model/extras.ts";
import type { HealthReport, LastProbe } from "../model/health.ts";

/** Pause before the first probe of a container that starts; it doubles up to the interval. */
const FIRST_PAUSE_MS = 500;

export function newReport(stamp: string): HealthReport {
  return { status: "starting", failingStreak: 0, since: stamp };
}

/**
 * Failures within this time after the start do not count, unless it was healthy before. At least one interval: the probes
 * before are additional ones, made so that a container which is ready early is known to be.
 */
export function graceMs({ startPeriodMs, intervalMs }: Healthcheck): number {
  return Math.max(startPeriodMs, intervalMs);
}

export function afterProbe(
  check: Healthcheck,
  before: HealthReport,
  probe: LastProbe,
  isInGrace: boolean,
): HealthReport {
  const { status } = before;
  const now = (next: HealthReport["status"], failingStreak: number): HealthReport => ({
    status: next,
    failingStreak,
    since: next === status ? before.since : probe.at,
    lastProbe: probe,
  });
  if (probe.isSuccess) return now("healthy", 0);
  if (status === "starting" && isInGrace) return now("starting", 0);
  const streak = before.failingStreak + 1;
  return now(streak >= check.retries ? "unhealthy" : status, streak);
}

/** @param probes made since the start, by this daemon */
export function pauseMs(
  check: Healthcheck,
  report: HealthReport,
  probes: number,
  isInGrace: boolean,
): number {
  if (report.status !== "starting" || !isInGrace) return check.intervalMs;
  return Math.min(check.intervalMs, FIRST_PAUSE_MS * 2 ** Math.min(probes, 20));
}
