/** `kanto-cm explain`: what is said of a container in each state it can be in. */

import { expect, test } from "bun:test";
import { type ContainerDetails, Health } from "../../../../src/api/gen/supercargo/v1/details.ts";
import { explain } from "../../../../src/cli/kanto-cm/explanation.ts";
import type { Container, HostConfig, State } from "../../../../src/model/container.ts";
import { plainContainer } from "../../engine/support/spec-input.ts";

const DETAILS: ContainerDetails = {
  container: undefined,
  origin: "folder",
  imageDigest: "",
  published: [],
  restart: undefined,
  blocked: "",
  health: Health.HEALTH_UNSPECIFIED,
  labels: {},
  extras: undefined,
  healthReport: undefined,
};

function told(
  state: Partial<State>,
  { details = {}, ...changes }: Partial<Container> & { readonly details?: Partial<ContainerDetails> } = {},
  hostConfig: Partial<HostConfig> = {},
) {
  const plain = plainContainer(changes, hostConfig);
  const container = { ...plain, state: { ...plain.state, ...state } };
  const all = explain({ container, details: { ...DETAILS, ...details }, problems: [] });
  return { ...all, words: [all.state, all.lastExit, all.next, ...all.notes].join("\n") };
}

const ENDED = {
  status: "Exited",
  finishedAt: "2026-01-01T00:00:00Z",
  startedAt: "2025-12-31T00:00:00Z",
} as const;

test("never started", () => {
  const { state, next, advice } = told({ status: "Created" }, { created: "2026-01-01T00:00:00Z" });
  expect(state).toMatch(/^web was made \(.* ago, .*\) and has never been started\.$/);
  expect(next).toBe("It stays so until somebody starts it.");
  expect(advice).toEqual(["kanto-cm start web   starts it"]);
});

test("runs, and is unhealthy: the last probe is told, its output cannot steer the terminal", () => {
  const { words, advice } = told(
    { status: "Running", startedAt: "2026-01-01T00:00:00Z" },
    {
      details: {
        health: Health.UNHEALTHY,
        healthReport: {
          since: "",
          failingStreak: 3,
          lastProbe: { time: "2026-01-01T00:00:00Z", tookMs: 1n, success: false, output: "no\u001b[2J\n" },
        },
      },
    },
  );
  expect(words).toMatch(/^web runs for .*; its healthcheck says unhealthy\.$/m);
  expect(words).toMatch(/The last probe failed \(.*\): no\\x1b\[2J$/m);
  expect(advice[0]).toContain("kanto-cm logs --text web");
});

test("a crash with a restart due: code, reason, the next try and how often it was tried", () => {
  const restart = {
    nextTry: "2026-01-01T00:01:00Z",
    inMs: 42_000n,
    waitMs: 60_000n,
    reason: "its restart policy is always",
  };
  const { words, advice } = told({ ...ENDED, exitCode: 139 }, { restartCount: 7, details: { restart } });
  expect(words).toContain("The last run ended with code 139: it used memory that is not its own (SIGSEGV)");
  expect(words).toMatch(
    /It is started again in 42s \(.*\), because: its restart policy is always; it has been restarted 7 times\./,
  );
  expect(advice).toEqual([
    "kanto-cm logs --text web   tells what it said last",
    "kanto-cm stop web   ends the restarts",
  ]);
});

test("out of memory: the limit is what to change", () => {
  const { words, advice } = told({ ...ENDED, exitCode: 137, oomKilled: true });
  expect(words).toContain("it needed more memory than its limit and was killed for it");
  expect(advice[0]).toStartWith("kanto-cm update --memory <more> web");
});

test("stopped on request; used-up restarts; paused; dead; busy", () => {
  expect(told({ ...ENDED, status: "Stopped" }, { manuallyStopped: true }).next).toBe(
    "It stays so until somebody starts it: it was stopped on request.",
  );
  const onFailure = (maximumRetryCount: number) => ({
    restartPolicy: { type: "on-failure", maximumRetryCount, retryTimeoutNanos: 0n },
  });
  const failed = { ...ENDED, exitCode: 1 };
  expect(told(failed, {}, onFailure(3)).next).toContain("allows 3 restarts, and they are used up");
  expect(told(failed, {}, onFailure(0)).next).toBeUndefined();
  expect(told(ENDED, {}, onFailure(3)).next).toContain("it did not fail");
  expect(told({ status: "Paused", startedAt: ENDED.startedAt }).advice).toEqual([
    "kanto-cm unpause web   lets it go on",
  ]);
  expect(told({ status: "Dead" }).advice[0]).toStartWith("kanto-cm remove --force web");
  expect(told(ENDED, { details: { blocked: "it is being replaced" } }).advice).toEqual([
    "wait: the daemon is working on it",
  ]);
  expect(told({ status: "Stopped", error: "no such program" }).lastExit).toBe(
    "The last start failed: no such program",
  );
});
