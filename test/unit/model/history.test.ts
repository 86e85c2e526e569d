import { describe, expect, test } from "bun:test";
import { seededRandom } from "../../integration/support/seeded-random.ts";
import {
  type Answer,
  type Asked,
  outcomes,
  type RequestKind,
  type Standing,
  standingsAfter,
} from "../../model/history.ts";

/** The check that the long runs rely on must itself see what is wrong. */

function asked(kind: RequestKind, beganMs: number, endedMs: number, answer: Answer = "ok"): Asked {
  return { kind, beganMs, endedMs, answer, text: kind };
}

/** Every order is tried. */
function thorough(
  standing: Standing,
  left: readonly Asked[],
  ends = new Set<Standing>(),
): ReadonlySet<Standing> {
  if (left.length === 0) ends.add(standing);
  for (const one of left) {
    if (left.some(({ endedMs }) => endedMs < one.beganMs)) continue;
    const rest = left.filter((other) => other !== one);
    for (const next of outcomes(one, standing)) thorough(next, rest, ends);
  }
  return ends;
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

  test("eighty of all kinds at once are explained in a moment", () => {
    const kinds: readonly RequestKind[] = ["start", "stop", "pause", "unpause", "replace"];
    const many = Array.from({ length: 16 }, () => [
      asked("start", 0, 9),
      asked("stop", 0, 9),
      ...kinds.slice(2, 4).map((kind) => asked(kind, 0, 9, "refused")),
      asked("replace", 0, 9, "unknown"),
    ]).flat();
    expect([...standingsAfter("rests", many)].sort()).toEqual(["rests", "runs"]);
  });

  test("a request that changes nothing now may change something later", () => {
    const ends = standingsAfter("runs", [asked("replace", 0, 9), asked("stop", 0, 9)]);
    expect([...ends].sort()).toEqual(["rests", "runs"]);
    const late = standingsAfter("runs", [asked("start", 0, 9, "unknown"), asked("stop", 0, 9)]);
    expect([...late].sort()).toEqual(["rests", "runs"]);
  });

  test("the quick search finds what the thorough one finds", () => {
    const kinds: readonly RequestKind[] = [
      "create",
      "start",
      "stop",
      "pause",
      "unpause",
      "remove",
      "replace",
      "touch",
    ];
    const answers: readonly Answer[] = ["ok", "ok", "ok", "refused", "nothing", "unknown"];
    const random = seededRandom(4711);
    const pick = <T>(list: readonly T[]): T => {
      const item = list[Math.floor(random() * list.length)];
      if (item === undefined) throw new Error("an empty list");
      return item;
    };
    for (let round = 0; round < 3000; round++) {
      const history = Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
        const beganMs = Math.floor(random() * 8);
        return asked(pick(kinds), beganMs, beganMs + 1 + Math.floor(random() * 6), pick(answers));
      });
      const before = pick(["gone", "rests", "runs", "paused"] as const);
      expect([...standingsAfter(before, history)].sort()).toEqual([...thorough(before, history)].sort());
    }
  });
});
