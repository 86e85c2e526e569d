import { expect, test } from "bun:test";
import type { RestartPolicy } from "../../../src/model/container.ts";
import {
  type AtDaemonStart,
  decideRestart,
  type Ended,
  shouldStartWithDaemon,
} from "../../../src/model/restart.ts";

const policy = (type: string, maximumRetryCount = 0, seconds = 0): RestartPolicy => ({
  type,
  maximumRetryCount,
  retryTimeoutNanos: BigInt(seconds) * 1_000_000_000n,
});
const ended = (changes: Partial<Ended>): Ended => ({
  policy: policy("always"),
  exitCode: 1,
  restartCount: 0,
  manuallyStopped: false,
  runMs: 50,
  ...changes,
});

function waits(changes: Partial<Ended>, rounds: number): number[] {
  const seen: number[] = [];
  let previousWaitMs: number | undefined;
  for (let round = 0; round < rounds; round++) {
    const decision = decideRestart(ended({ ...changes, previousWaitMs, restartCount: round }));
    if (decision.kind === "none") break;
    previousWaitMs = decision.waitMs;
    seen.push(decision.waitMs);
  }
  return seen;
}

test("waits begin at 100 ms, double, and end at a minute", () => {
  expect(waits({}, 12)).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000]);
});

test("retry_timeout is the cap of the wait for every policy", () => {
  expect(waits({ policy: policy("unless-stopped", 0, 1) }, 6)).toEqual([100, 200, 400, 800, 1000, 1000]);
});

test("a cap below the first wait does not make a hot loop", () => {
  expect(waits({ policy: { ...policy("always"), retryTimeoutNanos: 30n } }, 3)).toEqual([100, 100, 100]);
});

test("a run of ten seconds makes the waits begin anew", () => {
  expect(decideRestart(ended({ previousWaitMs: 3200, runMs: 10_000 }))).toEqual({
    kind: "after",
    waitMs: 100,
  });
  expect(decideRestart(ended({ previousWaitMs: 3200, runMs: 9_999 }))).toEqual({
    kind: "after",
    waitMs: 6400,
  });
});

test("on-failure restarts a failure as often as allowed, a success never", () => {
  expect(waits({ policy: policy("on-failure", 4) }, 10)).toHaveLength(4);
  expect(decideRestart(ended({ policy: policy("on-failure"), exitCode: 0 }))).toEqual({
    kind: "none",
    reason: "success",
  });
  expect(decideRestart(ended({ policy: policy("on-failure"), exitCode: 0, startFailed: true })).kind).toBe(
    "after",
  );
});

test("a user's stop starts nothing again, whatever the policy", () => {
  for (const type of ["always", "unless-stopped", "on-failure"]) {
    expect(decideRestart(ended({ policy: policy(type), exitCode: 137, manuallyStopped: true }))).toEqual({
      kind: "none",
      reason: "stopped-by-user",
    });
  }
});

test("policy no and unknown ones never restart", () => {
  for (const type of ["no", "", "sometimes"])
    expect(decideRestart(ended({ policy: policy(type) })).kind).toBe("none");
});

const atStart = (type: string, changes: Partial<AtDaemonStart> = {}): boolean =>
  shouldStartWithDaemon({
    policy: policy(type),
    status: "Stopped",
    exitCode: 143,
    restartCount: 0,
    manuallyStopped: false,
    startedSuccessfullyBefore: true,
    wasCutOff: false,
    isRestartDue: false,
    ...changes,
  });

test("at daemon start: the table of the spec", () => {
  expect(atStart("no")).toBe(false);
  expect(atStart("always")).toBe(true);
  expect(atStart("always", { manuallyStopped: true })).toBe(true);
  expect(atStart("unless-stopped")).toBe(true);
  expect(atStart("unless-stopped", { manuallyStopped: true })).toBe(false);
  expect(atStart("on-failure")).toBe(true);
  expect(atStart("on-failure", { exitCode: 0 })).toBe(false);
  expect(atStart("on-failure", { restartCount: 2, policy: policy("on-failure", 2) })).toBe(false);
});

test("at daemon start: never started before or dead stays down", () => {
  expect(atStart("always", { startedSuccessfullyBefore: false })).toBe(false);
  expect(atStart("always", { status: "Dead" })).toBe(false);
});

test("at daemon start: on-failure comes back after a power cut", () => {
  expect(atStart("on-failure", { exitCode: 0, wasCutOff: true, status: "Running" })).toBe(true);
  expect(atStart("no", { wasCutOff: true, status: "Running" })).toBe(false);
});

test("at daemon start: a restart that was planned is still due, also the last one that on-failure allows", () => {
  const spent = { restartCount: 2, policy: policy("on-failure", 2), exitCode: 1 };
  expect(atStart("on-failure", spent)).toBe(false);
  expect(atStart("on-failure", { ...spent, isRestartDue: true })).toBe(true);
  expect(atStart("on-failure", { ...spent, isRestartDue: true, manuallyStopped: true })).toBe(false);
});
