/**
 * R2 in memory: the daemon is killed at every point of an upgrade of ten containers, before and after each note of the journal and
 * each act on a container. Then all is old or all is new, what had no part in it was never touched, and every activity that
 * was identified has one last word.
 */

import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import type { DesiredStateWish } from "../../../../src/deploy/desired-state/wish.ts";
import type { Command, Report } from "../../../../src/deploy/desired-state/words.ts";
import { FakeContainers } from "../support/fake-containers.ts";
import { Bench, component, desiredOf, MemoryJournal } from "./bench.ts";

const NAMES = Array.from({ length: 10 }, (_, at) => `c${at}`);
const FINAL: ReadonlySet<string> = new Set(["COMPLETED", "INCOMPLETE", "SUPERSEDED"]);
const FOREVER = new Promise<never>(() => {});

class Killed extends Error {}

/** Counts the points of one life; at the chosen one everything stops for good. */
class Reaper {
  points = 0;
  isDead = false;

  constructor(private readonly at: number) {}

  point(): void {
    if (this.isDead) throw new Killed();
    if (++this.points !== this.at) return;
    this.isDead = true;
    throw new Killed();
  }

  /** An act on a container: it may be killed before and after it has had its effect. */
  async act<T>(act: () => Promise<T>): Promise<T> {
    if (this.#isKilled()) return await FOREVER;
    const answer = await act();
    return this.#isKilled() ? await FOREVER : answer;
  }

  /** Looking changes nothing; the dead do not look. */
  async look<T>(look: () => Promise<T>): Promise<T> {
    return this.isDead ? await FOREVER : await look();
  }

  #isKilled(): boolean {
    try {
      this.point();
      return false;
    } catch (thrown) {
      if (thrown instanceof Killed) return true;
      throw thrown;
    }
  }
}

/** The disk as one life sees it; what is on it survives. */
class Disk extends MemoryJournal {
  constructor(
    override readonly notes: Map<string, string>,
    private readonly reaper: Reaper,
  ) {
    super();
  }

  override write(key: string, entry: unknown): void {
    this.reaper.point();
    super.write(key, entry);
    this.reaper.point();
  }

  override remove(key: string): void {
    this.reaper.point();
    super.remove(key);
    this.reaper.point();
  }
}

interface Scenario {
  readonly lead: "self" | "commands";
  readonly isBad: boolean;
  /** A second desired state while this status is told. */
  readonly second?: string;
}

/** What an orchestrator does next. */
const NEXT: Readonly<Record<string, Command>> = {
  IDENTIFIED: "DOWNLOAD",
  DOWNLOAD_SUCCESS: "UPDATE",
  UPDATE_SUCCESS: "ACTIVATE",
  ACTIVATION_SUCCESS: "CLEANUP",
  DOWNLOAD_FAILURE: "CLEANUP",
  UPDATE_FAILURE: "CLEANUP",
  ACTIVATION_FAILURE: "CLEANUP",
};

function wishOf(activityId: string, tag: string, { lead, isBad }: Scenario): DesiredStateWish {
  const isFirst = activityId === "first";
  return {
    activityId,
    components: NAMES.map((name) =>
      component(name, isFirst && isBad && name === "c7" ? "bad:1" : `app:${tag}`),
    ),
    baselines: [],
    leadAfterMs: lead === "self" ? 0 : undefined,
  };
}

/** One life and the next ones of a device; answers how many points the first life had. */
async function live(scenario: Scenario, killAt: number): Promise<{ points: number; wasKilled: boolean }> {
  const clock = new VirtualClock();
  const containers = new FakeContainers(clock, "ours");
  containers.images.set("bad:1", { startError: new Error("exec format error") });
  for (const name of NAMES) containers.put(desiredOf(name));
  containers.put(desiredOf("old"));
  const system = containers.put(desiredOf("sua"));
  const before = new Map([...containers.all].map(([id, { name }]) => [name, id]));
  const notes = new Map<string, string>();
  const reports: Report[] = [];
  let isSecondSent = false;
  const begin = (reaper: Reaper): Bench => {
    return new Bench({
      clock,
      containers,
      journal: new Disk(notes, reaper),
      device: {
        list: (signal) => reaper.look(() => containers.list(signal)),
        create: (desired, signal) => reaper.act(() => containers.create(desired, signal)),
        start: (id, signal) => reaper.act(() => containers.start(id, signal)),
        stop: (id, options, signal) => reaper.act(() => containers.stop(id, options, signal)),
        remove: (id, force, stop, signal) => reaper.act(() => containers.remove(id, force, stop, signal)),
      },
      options: {
        systemContainers: ["sua"],
        probationMs: 400,
        silenceMs: 5_000,
        silenceAfterStartMs: 2_000,
      },
      onReport: (report) => {
        if (reaper.isDead) throw new Killed();
        reports.push(report);
        queueMicrotask(() => {
          if (!reaper.isDead) react(report);
        });
      },
    });
  };
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (thrown) {
      if (!(thrown instanceof Killed)) throw thrown;
    }
  };
  const react = ({ activityId, status }: Report): void => {
    if (scenario.second === status && !isSecondSent && activityId === "first") {
      isSecondSent = true;
      attempt(() => bench.conductor.submit(wishOf("second", "3", scenario)));
      return;
    }
    const next = NEXT[status];
    if (scenario.lead === "commands" && next !== undefined) {
      attempt(() => bench.conductor.command(activityId, next, undefined));
    }
  };
  const reaper = new Reaper(killAt);
  let bench = begin(reaper);
  attempt(() => bench.conductor.submit(wishOf("first", "2", scenario)));
  await clock.advance(10_000);
  const wasKilled = reaper.isDead;
  const { points } = reaper;
  if (wasKilled) {
    bench = begin(new Reaper(Number.POSITIVE_INFINITY));
    bench.conductor.resume();
    await clock.advance(10_000);
  }
  check(scenario, bench, before, system.state.pid, reports, killAt);
  return { points, wasKilled };
}

function check(
  { isBad, second }: Scenario,
  bench: Bench,
  before: ReadonlyMap<string, string>,
  systemPid: number,
  reports: readonly Report[],
  killAt: number,
): void {
  const { containers, journal } = bench;
  const place = `killed at point ${killAt}`;
  expect([place, containers.named("sua").state.pid]).toEqual([place, systemPid]);
  const all = [...containers.all.values()].filter(({ name }) => name !== "sua");
  const images = new Set(all.map(({ image }) => image.name));
  expect([place, ...images]).toHaveLength(2);
  expect([place, ...all.filter(({ state }) => state.status !== "Running")]).toEqual([place]);
  const [image] = images;
  if (image === "app:1") {
    const ids = new Map(all.map(({ id, name }) => [name, id]));
    expect([place, ids.size]).toEqual([place, NAMES.length + 1]);
    for (const [name, id] of ids) expect([place, name, id]).toEqual([place, name, before.get(name) ?? ""]);
  } else expect([place, ...all.map(({ name }) => name).sort()]).toEqual([place, ...NAMES]);
  for (const activity of ["first", "second"]) {
    const told = reports.filter(({ activityId }) => activityId === activity);
    if (!told.some(({ status }) => status === "IDENTIFIED")) continue;
    const last = new Set(
      told.filter(({ status }) => FINAL.has(status)).map(({ status, timestamp }) => `${status} ${timestamp}`),
    );
    expect([place, activity, last.size]).toEqual([place, activity, 1]);
    const [word] = last;
    const isSuperseded = activity === "first" && word?.startsWith("SUPERSEDED");
    if (activity === "first" && isBad && !isSuperseded) expect(word).toStartWith("INCOMPLETE");
    if (activity === "second" || !isBad) expect(word).toMatch(/^(COMPLETED|SUPERSEDED)/);
    if (activity === "second" && second !== undefined) expect([place, image]).toEqual([place, "app:3"]);
  }
  expect([place, ...journal.notes.keys()]).toEqual([place]);
}

test("a daemon that ends in order while it goes back goes on with it after the next start", async () => {
  const clock = new VirtualClock();
  const containers = new FakeContainers(clock, "ours");
  containers.images.set("bad:1", { startError: new Error("exec format error") });
  const web = containers.put(desiredOf("web"));
  const notes = new Map<string, string>();
  const options = { journal: new Disk(notes, new Reaper(Number.POSITIVE_INFINITY)), clock, containers };
  const first = new Bench({
    ...options,
    device: {
      remove: (_id, _force, _stop, signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    },
  });
  await first.submit({ components: [component("web", "bad:1")], leadAfterMs: 0 });
  await clock.advance(5_000);
  expect(first.reports.at(-1)?.status).toBe("ACTIVATION_FAILURE");
  await first.conductor.close();
  expect(first.reports.at(-1)?.status).toBe("ACTIVATION_FAILURE");
  const next = new Bench(options);
  next.conductor.resume();
  await clock.advance(5_000);
  expect(next.reports.at(-1)?.status).toBe("INCOMPLETE");
  expect(containers.named("web")).toMatchObject({ id: web.id, state: { status: "Running" } });
});

describe("killed at every point", () => {
  const scenarios: readonly (readonly [string, Scenario])[] = [
    ["led by ourselves, all good", { lead: "self", isBad: false }],
    ["led by ourselves, one bad image", { lead: "self", isBad: true }],
    ["led by commands, one bad image", { lead: "commands", isBad: true }],
    [
      "led by ourselves, one bad image, another desired state in the middle",
      { lead: "self", isBad: true, second: "ACTIVATING" },
    ],
    [
      "led by commands, another desired state while old ones are down",
      { lead: "commands", isBad: true, second: "UPDATE_SUCCESS" },
    ],
  ];
  for (const [name, scenario] of scenarios) {
    test(name, async () => {
      let at = 1;
      while ((await live(scenario, at)).wasKilled) at++;
      expect(at).toBeGreaterThan(60);
      console.log(`${name}: killed at ${at - 1} points`);
    }, 60_000);
  }
});
