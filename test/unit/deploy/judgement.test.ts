/** The two judgements of the deployers: what a failure means for the next try, and whether a successor stays up. */

import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { classify, type FailurePhase, type RetryClass, StepFailure } from "../../../src/deploy/failure.ts";
import { judge } from "../../../src/deploy/probation.ts";
import type { ErrorCode } from "../../../src/errors/catalogue.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import type { Container, State } from "../../../src/model/container.ts";
import { FakeContainers } from "./support/fake-containers.ts";
import { desiredContainer } from "./support/wishes.ts";

describe("the next try after a failure", () => {
  /** Without a code: an answer of the peer, which has no kinds. */
  const ROWS: readonly (readonly [FailurePhase, ErrorCode | undefined, RetryClass])[] = [
    ["look", "SC_DAEMON_UNAVAILABLE", "soon"],
    ["look", undefined, "soon"],
    ["prepare", "SC_REGISTRY_UNAVAILABLE", "soon"],
    ["prepare", "SC_DISK_FULL", "soon"],
    ["prepare", "SC_TIMEOUT", "soon"],
    ["prepare", undefined, "soon"],
    ["prepare", "SC_IMAGE_NOT_FOUND", "later"],
    ["prepare", "SC_REGISTRY_DENIED", "later"],
    ["prepare", "SC_REGISTRY_CONFIG", "later"],
    ["prepare", "SC_IMAGE_LOCKED", "later"],
    ["prepare", "SC_DIGEST_MISMATCH", "later"],
    ["prepare", "SC_CONTAINER_INVALID", "never"],
    ["prepare", "SC_CONTAINER_EXISTS", "never"],
    ["start", "SC_PORT_IN_USE", "soon"],
    ["start", "SC_START_FAILED", "later"],
    ["start", undefined, "later"],
    ["start", "SC_CONTAINER_INVALID", "never"],
    ["exchange", "SC_PORT_IN_USE", "seldom"],
    ["exchange", "SC_START_FAILED", "never"],
    ["exchange", undefined, "never"],
    ["probation", "SC_DAEMON_UNAVAILABLE", "never"],
  ];
  for (const [phase, code, retry] of ROWS) {
    test(`${phase}, ${code ?? "no code"}: ${retry}`, () => {
      const thrown = code === undefined ? new Error("text") : new SupercargoError(code, "text");
      expect(classify(phase, thrown)).toBe(retry);
      expect(classify(phase, new StepFailure("prepare", thrown))).toBe(retry);
    });
  }

  test("a version is refused for good only when trying it disturbs the old one", () => {
    expect(new StepFailure("probation", new Error("x")).isRefused).toBe(true);
    expect(new StepFailure("exchange", new Error("x")).isRefused).toBe(true);
    expect(new StepFailure("prepare", new SupercargoError("SC_CONTAINER_INVALID", "x")).isRefused).toBe(
      false,
    );
  });
});

describe("a successor on probation", () => {
  const base = new FakeContainers(new VirtualClock(), "peer").put(desiredContainer());
  const seen = (state: Partial<State>, more: Partial<Container> = {}): Container => ({
    ...base,
    ...more,
    state: { ...base.state, ...state },
  });
  const ROWS: readonly (readonly [string, Container | undefined, string])[] = [
    ["runs", seen({}), "watching"],
    ["is being created", seen({ status: "Creating" }), "watching"],
    ["was paused by somebody", seen({ status: "Paused" }), "watching"],
    ["ended with 0", seen({ status: "Exited" }), "ended"],
    ["ended with 1", seen({ status: "Exited", exitCode: 1 }), "failed"],
    ["ended with 0 and an error", seen({ status: "Exited", error: "OOM Killed" }), "failed"],
    ["was stopped by a user", seen({ status: "Stopped", exitCode: 143 }, { manuallyStopped: true }), "ended"],
    ["was removed by somebody", undefined, "ended"],
    ["is dead", seen({ status: "Dead" }), "failed"],
    ["was restarted once", seen({}, { restartCount: 1 }), "watching"],
    ["was restarted twice", seen({}, { restartCount: 2 }), "failed"],
  ];
  for (const [what, container, verdict] of ROWS) {
    test(`that ${what}: ${verdict}`, () => {
      expect(judge(0, container).kind).toBe(verdict as ReturnType<typeof judge>["kind"]);
    });
  }

  test("is judged by its own restarts, not by those before", () => {
    expect(judge(7, seen({}, { restartCount: 8 })).kind).toBe("watching");
  });
});
