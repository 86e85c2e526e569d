import { describe, expect, test } from "bun:test";
import { afterProbe, graceMs, newReport, pauseMs } from "../../../src/health/judge.ts";
import type { Healthcheck } from "../../../src/model/extras.ts";
import type { HealthReport } from "../../../src/model/health.ts";

const CHECK: Healthcheck = {
  probe: { kind: "tcp", port: 80 },
  intervalMs: 10_000,
  timeoutMs: 2_000,
  retries: 3,
  startPeriodMs: 60_000,
  onUnhealthy: "none",
};

function after(before: HealthReport, results: string, isInGrace = false): HealthReport {
  let report = before;
  for (const [index, result] of [...results].entries()) {
    const probe = { at: `t${index}`, tookMs: 1, isSuccess: result === "+", output: result };
    report = afterProbe(CHECK, report, probe, isInGrace);
  }
  return report;
}

describe("what probes say", () => {
  const starting = newReport("t");

  test("it starts as starting and is healthy with the first success", () => {
    expect(starting).toEqual({ status: "starting", failingStreak: 0, since: "t" });
    expect(after(starting, "+")).toMatchObject({ status: "healthy", failingStreak: 0, since: "t0" });
  });

  test("failures of the start period do not count, whatever their number", () => {
    expect(after(starting, "---------", true)).toMatchObject({
      status: "starting",
      failingStreak: 0,
      since: "t",
    });
  });

  test("the first success ends the start period: failures after it count", () => {
    expect(after(starting, "+---", true)).toMatchObject({ status: "unhealthy", failingStreak: 3 });
  });

  test("as many failures in a row as retries make it unhealthy, and one success heals", () => {
    expect(after(starting, "--")).toMatchObject({ status: "starting", failingStreak: 2 });
    expect(after(starting, "---")).toMatchObject({ status: "unhealthy", failingStreak: 3, since: "t2" });
    expect(after(starting, "+--+--")).toMatchObject({ status: "healthy", failingStreak: 2, since: "t0" });
    expect(after(starting, "-----+")).toMatchObject({ status: "healthy", failingStreak: 0, since: "t5" });
  });

  test("an unhealthy one counts on", () => {
    expect(after(starting, "+-----")).toMatchObject({ status: "unhealthy", failingStreak: 5, since: "t3" });
  });
});

describe("when the next probe comes", () => {
  test("soon after the start, then after longer and longer waits, up to the interval", () => {
    const starting = newReport("t");
    const pauses = [0, 1, 2, 3, 4, 5, 1000].map((probes) => pauseMs(CHECK, starting, probes, true));
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test("after the interval as soon as it is healthy or the start period is over", () => {
    expect(pauseMs(CHECK, after(newReport("t"), "+"), 0, true)).toBe(10_000);
    expect(pauseMs(CHECK, newReport("t"), 0, false)).toBe(10_000);
    expect(pauseMs({ ...CHECK, intervalMs: 100 }, newReport("t"), 0, true)).toBe(100);
  });

  test("the time in which failures do not count is one interval at least", () => {
    expect(graceMs(CHECK)).toBe(60_000);
    expect(graceMs({ ...CHECK, startPeriodMs: 0 })).toBe(10_000);
  });
});
