import { describe, expect, test } from "bun:test";
import { type Answer, type Asked, type RequestKind, standingsAfter } from "../../model/history.ts";

/** The check that the long runs rely on must itself see what is wrong. */

function asked(kind: RequestKind, beganMs: number, endedMs: number, answer: Answer = "ok"): Asked {
  return { kind, beganMs, endedMs, answer, text: kind };
}

describe("a history of requests", () => {
  test("one after the other has one end", () => {
    const history = [asked("create", 0, 1), asked("start", 2, 3), asked("stop", 4, 5)];
    expect([...standingsAfter("gone", history)]).toEqual(["rests"]);
  });

  test("an answer that no order explains is seen", () => {
    expect(standingsAfter("gone", [asked("start", 0, 1)]).size).toBe(0);
    expect(standingsAfter("rests", [asked("start", 0, 1), asked("start", 2, 3)]).size).toBe(0);
    expect(standingsAfter("rests", [asked("start", 0, 1, "refused")]).size).toBe(0);
  });

  test("of two at once either may have been first", () => {
    const both = [asked("start", 0, 9), asked("stop", 0, 9, "refused")];
    expect([...standingsAfter("rests", both)]).toEqual(["runs"]);
    const ends = standingsAfter("runs", [asked("stop", 0, 9), asked("remove", 0, 9)]);
    expect([...ends]).toEqual(["gone"]);
  });

  test("a request that had ended before another began cannot come after it", () => {
    const history = [asked("stop", 0, 1, "refused"), asked("start", 2, 3)];
    expect([...standingsAfter("rests", history)]).toEqual(["runs"]);
    expect(standingsAfter("rests", [asked("stop", 0, 1), asked("start", 2, 3)]).size).toBe(0);
  });

  test("a request without an answer may have been done or not", () => {
    const ends = standingsAfter("runs", [asked("stop", 0, 1, "unknown")]);
    expect([...ends].sort()).toEqual(["rests", "runs"]);
  });

  test("sixteen at once are explained in a moment", () => {
    const many = Array.from({ length: 16 }, () => asked("touch", 0, 9));
    expect([...standingsAfter("runs", many)]).toEqual(["runs"]);
  });
});
