import { beforeEach, describe, expect, test } from "bun:test";
import { Limiter } from "../../../src/base/limiter.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import type { ProbeOutcome } from "../../../src/health/probes.ts";
import { HealthWatch } from "../../../src/health/watch.ts";
import type { Healthcheck } from "../../../src/model/extras.ts";
import type { HealthReport } from "../../../src/model/health.ts";

const CHECK: Healthcheck = {
  probe: { kind: "tcp", port: 80 },
  intervalMs: 1_000,
  timeoutMs: 300,
  retries: 2,
  startPeriodMs: 0,
  onUnhealthy: "none",
};
const OK: ProbeOutcome = { kind: "success", output: "fine" };
const BAD: ProbeOutcome = { kind: "failure", output: "not fine" };

let clock: VirtualClock;
let reports: HealthReport[];
let asked: number[];
let running: number;
let most: number;
let probe: (signal: AbortSignal) => Promise<ProbeOutcome>;
let limiter: Limiter;

beforeEach(() => {
  clock = new VirtualClock();
  reports = [];
  asked = [];
  running = 0;
  most = 0;
  limiter = new Limiter(2);
  probe = async () => OK;
});

function watch(check: Healthcheck = CHECK, known?: HealthReport, random = 0.5): HealthWatch {
  return new HealthWatch(
    {
      clock,
      limiter,
      random: () => random,
      probe: async (signal) => {
        asked.push(clock.nowMs());
        running++;
        most = Math.max(most, running);
        try {
          return await probe(signal);
        } finally {
          running--;
        }
      },
      onReport: (report) => reports.push(report),
    },
    check,
    known,
  );
}

function hanging(signal: AbortSignal): Promise<ProbeOutcome> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

describe("probing a container", () => {
  test("the interval counts from the end of a probe to the start of the next", async () => {
    probe = async () => {
      await new Promise<void>((resolve) => clock.after(200, resolve));
      return OK;
    };
    void watch().run();
    await clock.advance(4_000);
    expect(asked).toEqual([500, 1_700, 2_900]);
  });

  test("a probe that takes longer than its time has failed, and is given up", async () => {
    probe = hanging;
    void watch().run();
    await clock.advance(6_000);
    expect(reports[0]?.lastProbe).toMatchObject({
      isSuccess: false,
      output: "no answer within 300 ms",
      tookMs: 300,
    });
    expect(reports.at(-1)?.status).toBe("unhealthy");
    expect(most).toBe(1);
  });

  test("what nobody could ask changes nothing", async () => {
    probe = async () => ({ kind: "unknown" });
    void watch().run();
    await clock.advance(60_000);
    expect(reports).toEqual([]);
    expect(asked.length).toBeGreaterThan(20);
  });

  test("a pause gives up the probe that is under way; afterwards it goes on with what is known", async () => {
    const watched = watch();
    void watched.run();
    await clock.advance(600);
    expect(watched.report.status).toBe("healthy");
    probe = hanging;
    await clock.advance(1_000);
    expect(running).toBe(1);
    watched.pause();
    await clock.advance(60_000);
    expect([running, reports.length, asked.length]).toEqual([0, 1, 2]);
    probe = async () => BAD;
    void watched.run();
    await clock.advance(1_000);
    expect(watched.report).toMatchObject({ status: "healthy", failingStreak: 1 });
    await clock.advance(1_000);
    expect(watched.report).toMatchObject({ status: "unhealthy", failingStreak: 2 });
  });

  test("many containers share the places for probes", async () => {
    probe = async () => {
      await new Promise<void>((resolve) => clock.after(100, resolve));
      return OK;
    };
    for (let index = 0; index < 10; index++) void watch().run();
    await clock.advance(1_200);
    expect(most).toBe(2);
    expect(reports).toHaveLength(10);
  });

  test("pauses vary by a tenth", async () => {
    void watch(CHECK, undefined, 0).run();
    await clock.advance(2_000);
    expect(asked).toEqual([450, 1_350]);
  });

  test("what an earlier daemon knew stays true until a probe says otherwise", async () => {
    const known: HealthReport = { status: "unhealthy", failingStreak: 7, since: "before" };
    const watched = watch(CHECK, known);
    expect(watched.report).toEqual(known);
    probe = async () => BAD;
    void watched.run();
    await clock.advance(1_000);
    expect(watched.report).toMatchObject({ status: "unhealthy", failingStreak: 8, since: "before" });
  });
});
