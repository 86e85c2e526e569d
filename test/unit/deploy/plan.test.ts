/** The planner: what is wished for, there and remembered, and the step that follows. */

import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { planPrune, planWish, settleRivals } from "../../../src/deploy/plan.ts";
import { remember } from "../../../src/deploy/run-step.ts";
import { trialId } from "../../../src/deploy/trial.ts";
import type { Occasion, PendingReplacement, Remembered, Wish } from "../../../src/deploy/wish.ts";
import type { Container } from "../../../src/model/container.ts";
import { FakeContainers } from "./support/fake-containers.ts";
import { wish } from "./support/wishes.ts";

const OCCASIONS: readonly Occasion[] = ["start", "appeared", "modified"];

function put(from: Wish, change: Partial<Container> = {}): Container {
  const containers = new FakeContainers(new VirtualClock(), "peer");
  const container = containers.put(from.desired);
  return { ...container, ...change };
}

function remembering(from: Wish, container: Container, more: Partial<Remembered> = {}) {
  return new Map([[from.name, { ...remember(from, container.id, undefined), ...more }]]);
}

const NOTHING = new Map<string, Remembered>();
const one = wish({ image: "host/web:1" });

interface Row {
  readonly given: string;
  readonly wish: Wish;
  readonly there?: readonly Container[];
  readonly remembered?: ReadonlyMap<string, Remembered>;
  readonly step: string;
  readonly reasons?: readonly string[];
}

const there = put(one);
const limited = { hostConfig: { resources: { memory: "64M", memoryReservation: "", memorySwap: "" } } };
const rows: readonly Row[] = [
  { given: "no container", wish: one, step: "create" },
  {
    given: "a container from before us at the start, even if it differs",
    wish: wish({ image: "host/web:2", occasion: "start" }),
    there: [there],
    step: "check",
  },
  {
    given: "a container from before us and an equal file that appears",
    wish: wish({ occasion: "appeared" }),
    there: [there],
    step: "check",
  },
  {
    given: "a container from before us and a different file that appears",
    wish: wish({ image: "host/web:2", occasion: "appeared" }),
    there: [there],
    step: "recreate",
    reasons: ["image.name"],
  },
  {
    given: "nothing changed at the start",
    wish: wish({ occasion: "start" }),
    there: [there],
    remembered: remembering(one, there),
    step: "check",
  },
  {
    given: "a newer date without other content at the start",
    wish: wish({ occasion: "start", modifiedNanos: 9n }),
    there: [there],
    remembered: remembering(one, there),
    step: "check",
  },
  {
    given: "a touch while watching",
    wish: wish({ modifiedNanos: 9n }),
    there: [there],
    remembered: remembering(one, there),
    step: "recreate",
    reasons: ["the file was written anew"],
  },
  {
    given: "the same content with an older date while watching",
    wish: wish({ modifiedNanos: 0n }),
    there: [there],
    remembered: remembering(one, there),
    step: "nothing",
  },
  {
    given: "other content with an older date",
    wish: wish({ image: "host/web:2", modifiedNanos: 0n }),
    there: [there],
    remembered: remembering(one, there),
    step: "recreate",
    reasons: ["image.name"],
  },
  {
    given: "a change while we were away",
    wish: wish({ image: "host/web:2", occasion: "start", modifiedNanos: 0n }),
    there: [there],
    remembered: remembering(one, there),
    step: "recreate",
    reasons: ["image.name"],
  },
  {
    given: "a key that the peer does not compare",
    wish: wish({ more: { hostName: "other" }, modifiedNanos: 2n }),
    there: [there],
    remembered: remembering(one, there),
    step: "recreate",
    reasons: ["host_name"],
  },
  {
    given: "only limits changed",
    wish: wish({ more: limited, modifiedNanos: 2n }),
    there: [there],
    remembered: remembering(one, there),
    step: "update",
    reasons: ["host_config.resources"],
  },
  {
    given: "limits and environment changed",
    wish: wish({ more: { ...limited, config: { env: ["A=1"] } }, modifiedNanos: 2n }),
    there: [there],
    remembered: remembering(one, there),
    step: "recreate",
    reasons: ["host_config.resources", "config.env"],
  },
  {
    given: "another memory than the content says, but the container is as wished already",
    wish: wish({ occasion: "start" }),
    there: [there],
    remembered: remembering(wish({ image: "host/web:0" }), there),
    step: "check",
  },
  {
    given: "an id that belongs to another container",
    wish: wish({ id: there.id, name: "other" }),
    there: [there],
    step: "refuse",
    reasons: [`container_id "${there.id}" belongs to the container "web" already`],
  },
  {
    given: "a new name for the container of the same file",
    wish: wish({ id: there.id, name: "other", source: "web.json" }),
    there: [there],
    remembered: remembering(one, there),
    step: "recreate",
    reasons: ["container_name"],
  },
  {
    given: "a version that failed before",
    wish: wish({ image: "host/web:2", occasion: "start" }),
    there: [there],
    remembered: remembering(one, there, {
      refused: {
        fingerprint: wish({ image: "host/web:2" }).fingerprint,
        modifiedNanos: 1n,
        reason: "it ended",
      },
    }),
    step: "refuse",
  },
  {
    given: "a failed version whose file was touched while we were away",
    wish: wish({ image: "host/web:2", occasion: "start", modifiedNanos: 2n }),
    there: [there],
    remembered: remembering(one, there, {
      refused: {
        fingerprint: wish({ image: "host/web:2" }).fingerprint,
        modifiedNanos: 1n,
        reason: "it ended",
      },
    }),
    step: "recreate",
  },
];

describe("planning one wish", () => {
  for (const row of rows) {
    test(`given ${row.given}: ${row.step}`, () => {
      const plan = planWish(row.wish, row.there ?? [], row.remembered ?? NOTHING);
      expect(plan.step.kind).toBe(row.step as typeof plan.step.kind);
      if (row.reasons !== undefined) expect([...plan.step.reasons].sort()).toEqual([...row.reasons].sort());
      expect(plan.isProvisional).toBe(false);
      expect(plan.before).toEqual([]);
    });
  }

  test("of several containers of a name the remembered one counts, else one that runs", () => {
    const stopped = put(one, { id: "a", state: { ...there.state, status: "Stopped" } });
    const running = put(one, { id: "b" });
    const chosen = (remembered: ReadonlyMap<string, Remembered>) => {
      const { step } = planWish(wish({ occasion: "start" }), [stopped, running], remembered);
      return step.kind === "check" ? step.present.id : step.kind;
    };
    expect(chosen(NOTHING)).toBe("b");
    expect(chosen(remembering(one, stopped))).toBe("a");
  });
});

describe("a replacement that was cut off", () => {
  const old = put(wish({ id: "x" }));
  const next = wish({ id: "x", image: "host/web:2", occasion: "start" });
  const pending: PendingReplacement = {
    fingerprint: next.fingerprint,
    oldId: "x",
    oldCreated: old.created,
    wasRunning: true,
    by: "us",
    saved: wish({ id: "x" }).desired,
  };
  const remembered = remembering(wish({ id: "x" }), old, { pending });

  test("is done again while the old one is there", () => {
    expect(planWish(next, [old], remembered).step.kind).toBe("recreate");
  });

  test("goes on with creating when the old one is gone", () => {
    expect(planWish(next, [], remembered).step.kind).toBe("create");
  });

  test("is taken as done when the successor is there", () => {
    const successor = { ...put(next), created: "2027-01-01T00:00:00Z" };
    const plan = planWish(next, [successor], remembered);
    expect(plan.step.kind).toBe("check");
    expect(plan.isProvisional).toBe(false);
  });

  test("does not hide that the file was changed back meanwhile", () => {
    const successor = { ...put(next), created: "2027-01-01T00:00:00Z" };
    const back = wish({ id: "x", occasion: "start" });
    expect(planWish(back, [successor], remembered).step.kind).toBe("recreate");
  });

  test("that the daemon may still be at: a file that was changed back is not taken for fulfilled yet", () => {
    const back = wish({ id: "x", occasion: "start" });
    const byDaemon = remembering(wish({ id: "x" }), old, { pending: { ...pending, by: "daemon" } });
    const plan = planWish(back, [old], byDaemon);
    expect([plan.step.kind, plan.isProvisional]).toEqual(["check", true]);
    // Nobody goes on with one of our own.
    const byUs = remembering(wish({ id: "x" }), old, { pending: { ...pending, by: "us" } });
    expect(planWish(back, [old], byUs).isProvisional).toBe(false);
  });

  test("of several attempts says nothing of what runs: the container itself does", () => {
    const back = wish({ id: "x", occasion: "start" });
    const { ["image.name"]: firstImage = "" } = next.fingerprint;
    const third = wish({ id: "x", image: "host/web:3", occasion: "start" });
    const unsure = {
      ...pending,
      fingerprint: third.fingerprint,
      by: "daemon" as const,
      earlierImages: [firstImage],
    };
    const entry = remembering(back, old, { pending: unsure });
    const second = { ...put(next), created: "2027-01-01T00:00:00Z" };
    expect(planWish(third, [second], entry).step.kind).toBe("recreate");
    expect(planWish(back, [second], entry).step.kind).toBe("recreate");
    expect(planWish(next, [second], entry).step.kind).toBe("check");
    // Of the third attempt it would be a change of the policy alone.
    const restartPolicy = { type: "no", maximumRetryCount: 0, retryTimeoutNanos: 0n };
    const fourth = wish({
      id: "x",
      image: "host/web:3",
      occasion: "start",
      more: { hostConfig: { restartPolicy } },
    });
    expect(planWish(fourth, [second], entry).step.kind).toBe("recreate");
  });

  test("takes the successor that was left over away first, and the trial too", () => {
    const second = { ...put(next), id: "y" };
    const trial = { ...put(next), id: trialId("x"), name: trialId("x") };
    const plan = planWish(next, [old, second, trial], remembered);
    expect(plan.before.map((destruction) => destruction.present.id).sort()).toEqual(["y", trial.id].sort());
    expect(plan.step.kind).toBe("recreate");
  });

  test("brings the old one back from what was saved when its version was refused", () => {
    const refused = { fingerprint: next.fingerprint, modifiedNanos: 1n, reason: "it ended" };
    const entry = remembering(wish({ id: "x" }), old, { pending, refused });
    expect(planWish(next, [], entry).step.kind).toBe("restore");
  });

  test("starts the old one that is still there when its version was refused", () => {
    const refused = { fingerprint: next.fingerprint, modifiedNanos: 1n, reason: "it ended" };
    const stopped = { ...old, state: { ...old.state, status: "Stopped" as const } };
    const entry = remembering(wish({ id: "x" }), old, { pending, refused });
    expect(planWish(next, [stopped], entry).step.kind).toBe("restore");
    expect(planWish(next, [old], entry).step.kind).toBe("refuse");
  });

  test("of the daemon removes nothing by itself, and its successor counts, for the time being", () => {
    const entry = remembering(wish({ id: "x" }), old, { pending: { ...pending, by: "daemon" } });
    const successor = { ...put(next), id: "y" };
    const plan = planWish(wish({ ...next, id: "y", image: "host/web:2" }), [old, successor], entry);
    expect(plan.before).toEqual([]);
    expect(plan.step).toMatchObject({ present: { id: "y" } });
    const same = planWish(next, [{ ...successor, id: "x", created: "later" }], entry);
    expect(same.step.kind).toBe("check");
    expect(same.isProvisional).toBe(true);
  });
});

describe("several files", () => {
  test("for one name: the second is refused and both are named", () => {
    const a = wish({ source: "a.json" });
    const b = wish({ source: "b.json", image: "host/web:2" });
    const { accepted, refused } = settleRivals([a, b], NOTHING);
    expect(accepted).toEqual([a]);
    expect(refused[0]?.reasons[0]).toContain("a.json");
    expect(refused[0]?.reasons[0]).toContain("b.json");
  });

  test("for one name: the one that had it keeps it", () => {
    const a = wish({ source: "a.json" });
    const b = wish({ source: "b.json" });
    const remembered = new Map([["web", remember(b, "x", undefined)]]);
    expect(settleRivals([a, b], remembered).accepted).toEqual([b]);
  });

  test("for one id under two names: the second is refused", () => {
    const a = wish({ name: "a", id: "same" });
    const b = wish({ name: "b", id: "same" });
    const { accepted, refused } = settleRivals([a, b], NOTHING);
    expect(accepted).toEqual([a]);
    expect(refused[0]?.reasons[0]).toContain('container id "same"');
  });
});

describe("pruning", () => {
  test("takes only what a source made that is gone, never a stranger", () => {
    const a = wish({ name: "a" });
    const b = wish({ name: "b" });
    const containers = new FakeContainers(new VirtualClock(), "peer");
    const made = containers.put(b.desired);
    containers.put(wish({ name: "stranger" }).desired);
    const remembered = new Map([["b", remember(b, made.id, undefined)]]);
    const steps = planPrune([a], [...containers.all.values()], remembered);
    expect(steps.map((step) => step.present.name)).toEqual(["b"]);
    expect(planPrune([a, b], [...containers.all.values()], remembered)).toEqual([]);
  });

  test("takes the successor of a replacement that went on without us, and no namesake that somebody else has made", () => {
    const b = wish({ name: "b", image: "host/web:2" });
    const containers = new FakeContainers(new VirtualClock(), "peer");
    const successor = containers.put(b.desired);
    containers.put(wish({ name: "b", image: "host/other:1" }).desired);
    const pending: PendingReplacement = {
      fingerprint: b.fingerprint,
      oldId: "old",
      oldCreated: "2026-01-01T00:00:00Z",
      wasRunning: true,
      by: "daemon",
    };
    const entry = { ...remember(b, "old", undefined), pending };
    const steps = planPrune([], [...containers.all.values()], new Map([["b", entry]]));
    expect(steps.map((step) => step.present.id)).toEqual([successor.id]);
  });
});

test("the table covers every occasion", () => {
  expect(new Set(rows.map((row) => row.wish.occasion))).toEqual(new Set(OCCASIONS));
});
