/** The runner: bounds, latest wins, retries, the end, and faults at every call. */

import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { remember } from "../../../src/deploy/run-step.ts";
import { type Memory, volatileMemory } from "../../../src/deploy/wish.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { type Bench, makeBench } from "./support/bench.ts";
import type { FakeContainers } from "./support/fake-containers.ts";
import { killableMemory } from "./support/killable-memory.ts";
import { wish } from "./support/wishes.ts";

const FLAVOURS = ["ours", "peer"] as const;

function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `c${index}`);
}

test("at most four are on their way at a time, and each is created once", async () => {
  const bench = makeBench("peer");
  let running = 0;
  let most = 0;
  for (const name of names(20)) bench.containers.images.set(`host/${name}:1`, { createMs: 100 });
  bench.containers.onCall = (call) => {
    if (call === "create") most = Math.max(most, ++running);
    if (call === "start") running--;
  };
  for (const name of names(20)) void bench.runner.submit(wish({ name, image: `host/${name}:1` }));
  await bench.clock.advance(10_000);
  expect(most).toBe(4);
  expect(bench.containers.all.size).toBe(20);
  expect(bench.containers.calls.filter((call) => call.startsWith("create")).length).toBe(20);
});

test("a container that another deployer was faster to make is taken on, and started once", async () => {
  const bench = makeBench("ours");
  bench.containers.onCall = (call) => {
    if (call !== "create") return;
    bench.containers.put(wish({ name: "web" }).desired, { status: "Created" });
    throw new SupercargoError("SC_CONTAINER_EXISTS", "container with name = web already exists");
  };
  const settled = bench.runner.submit(wish({ name: "web" }));
  await bench.clock.advance(1000);
  expect(await settled).toMatchObject({ kind: "done" });
  expect(bench.containers.named("web").state.status).toBe("Running");
  expect(bench.memory.get("web")?.containerId).toBe(bench.containers.named("web").id);
});

test.each(["appeared", "modified"] as const)(
  "what was made and could not be started is started by the next try (%s)",
  async (occasion) => {
    const bench = makeBench("ours");
    let isFirst = true;
    bench.containers.onCall = (call) => {
      if (call !== "start" || !isFirst) return;
      isFirst = false;
      throw new SupercargoError("SC_DAEMON_UNAVAILABLE", "connection reset by peer");
    };
    const settled = bench.runner.submit(wish({ name: "web", occasion }));
    await bench.clock.advance(5000);
    expect(await settled).toMatchObject({ kind: "failed", failure: { phase: "start" } });
    expect(bench.containers.named("web").state.status).toBe("Running");
  },
);

test("many wishes at once share one list", async () => {
  const bench = makeBench("peer", { parallel: 4 });
  for (const name of names(4)) void bench.runner.submit(wish({ name }));
  await bench.clock.advance(1000);
  expect(bench.containers.calls.filter((call) => call === "list").length).toBe(1);
});

test("a successor that failed and cannot be removed goes at the next look, also when its file is gone by then", async () => {
  for (const isGone of [false, true]) {
    const bench = makeBench("peer", { probationMs: 1000 });
    await bench.runner.submit(wish());
    bench.containers.images.set("host/web:2", { startError: new Error("exec: not found") });
    let resists = true;
    bench.containers.onCall = (call) => {
      if (call === "remove" && resists) throw new SupercargoError("SC_CALL_FAILED", "it is busy");
    };
    await bench.runner.submit(wish({ image: "host/web:2", modifiedNanos: 2n }));
    await bench.runner.whenIdle();
    expect(bench.containers.all.size).toBe(2);
    expect(bench.memory.get("web")?.leftovers).toHaveLength(1);
    resists = false;
    if (isGone) await bench.runner.prune("web");
    else await bench.runner.submit(wish({ image: "host/web:2", modifiedNanos: 2n, occasion: "start" }));
    expect([...bench.containers.all.values()].map(({ image }) => image.name)).toEqual(
      isGone ? [] : ["host/web:1"],
    );
  }
});

test("pulls that never end hold up nobody", async () => {
  const bench = makeBench("ours", { probationMs: 0 });
  const slow = Array.from({ length: 9 }, (_, index) => wish({ name: `slow-${index}`, image: "host/slow:1" }));
  bench.containers.images.set("host/slow:1", { createMs: 24 * 3_600_000 });
  for (const one of slow) void bench.runner.submit(one);
  void bench.runner.submit(wish({ name: "web" }));
  await bench.clock.advance(60_000);
  expect(bench.containers.named("web").state.status).toBe("Running");
  expect(bench.containers.all.size).toBe(1);
  void bench.runner.submit(wish({ name: "web", image: "host/web:2", modifiedNanos: 2n }));
  await bench.clock.advance(1000);
  expect(bench.containers.named("web").image.name).toBe("host/web:2");
  await bench.runner.stop(0);
});

test("watching one on probation holds up nobody", async () => {
  const bench = makeBench("peer", { parallel: 1 });
  for (const name of names(3)) {
    const old = bench.containers.put(wish({ name }).desired);
    bench.memory.set(name, remember(wish({ name }), old.id, undefined));
    void bench.runner.submit(wish({ name, image: "host/web:2", modifiedNanos: 2n }));
  }
  await bench.clock.advance(2000);
  expect(bench.lines().filter((line) => line.startsWith("started")).length).toBe(3);
  await bench.runner.stop(1000);
});

describe("a newer wish for the same name", () => {
  test("drops the one that waits", async () => {
    const bench = makeBench("peer", { parallel: 1 });
    bench.containers.images.set("host/slow:1", { createMs: 1000 });
    void bench.runner.submit(wish({ name: "other", image: "host/slow:1" }));
    const first = bench.runner.submit(wish({ image: "host/web:1" }));
    const second = bench.runner.submit(wish({ image: "host/web:2", modifiedNanos: 2n }));
    await bench.clock.advance(5000);
    expect(await first).toEqual({ kind: "dropped" });
    expect((await second).kind).toBe("done");
    expect(bench.containers.named("web").image.name).toBe("host/web:2");
    expect(bench.containers.calls.filter((call) => call === "create web").length).toBe(1);
  });

  for (const flavour of FLAVOURS) {
    test(`ends a pull that is not wanted any more (${flavour})`, async () => {
      const bench = makeBench(flavour);
      const old = bench.containers.put(wish().desired);
      bench.memory.set("web", remember(wish(), old.id, undefined));
      bench.containers.images.set("host/web:2", { createMs: 3_600_000 });
      const first = bench.runner.submit(wish({ image: "host/web:2", modifiedNanos: 2n }));
      await bench.clock.advance(1000);
      const second = bench.runner.submit(wish({ image: "host/web:3", modifiedNanos: 3n }));
      await bench.clock.advance(20_000);
      expect(await first).toEqual({ kind: "dropped" });
      expect((await second).kind).toBe("done");
      expect(bench.containers.named("web").image.name).toBe("host/web:3");
    });

    test(`does not wait for the probation of the one before (${flavour})`, async () => {
      const bench = makeBench(flavour, { probationMs: 600_000 });
      const old = bench.containers.put(wish().desired);
      bench.memory.set("web", remember(wish(), old.id, undefined));
      void bench.runner.submit(wish({ image: "host/web:2", modifiedNanos: 2n }));
      await bench.clock.advance(1000);
      void bench.runner.submit(wish({ image: "host/web:3", modifiedNanos: 3n }));
      await bench.clock.advance(1000);
      const running = [...bench.containers.all.values()].filter((one) => one.state.status === "Running");
      expect(running.map((one) => one.image.name)).toEqual(["host/web:3"]);
      await bench.clock.advance(700_000);
      expect(bench.containers.all.size).toBe(1);
    });
  }
});

test("a file that is taken away ends the tries of its wish", async () => {
  const bench = makeBench("peer");
  bench.containers.images.set("host/web:1", { createError: new Error("no route to host") });
  void bench.runner.submit(wish());
  await bench.clock.advance(5000);
  bench.runner.withdraw("web");
  await bench.runner.whenIdle();
  const calls = bench.containers.calls.length;
  await bench.clock.advance(3_600_000);
  expect(bench.containers.calls.length).toBe(calls);
});

describe("tries again", () => {
  test("for ever, with pauses that grow to half a minute and not beyond", async () => {
    const bench = makeBench("peer");
    bench.containers.images.set("host/web:1", { createError: new Error("dial tcp: no such host") });
    void bench.runner.submit(wish());
    await bench.clock.advance(3_600_000);
    const pauses = bench.news.flatMap((one) => (one.kind === "failed" ? [one.retryInMs ?? -1] : []));
    expect(pauses.length).toBeGreaterThan(120);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(20_000);
    await bench.runner.stop(1000);
  });

  test("within half a minute of its being mended what somebody has to mend", async () => {
    const bench = makeBench("peer");
    const createError = new SupercargoError("SC_IMAGE_NOT_FOUND", "host/web:1: not found");
    bench.containers.images.set("host/web:1", { createError });
    void bench.runner.submit(wish());
    await bench.clock.advance(3_600_000);
    const tries = bench.news.filter((one) => one.kind === "failed").length;
    expect(tries).toBeLessThan(200);
    bench.containers.images.delete("host/web:1");
    await bench.clock.advance(30_000);
    expect(bench.containers.named("web").state.status).toBe("Running");
  });

  test("seldom what costs the old container a stop each time", async () => {
    const bench = makeBench("peer", { probationMs: 0 });
    const startError = new SupercargoError("SC_PORT_IN_USE", "port 80 is taken");
    bench.containers.images.set("host/web:2", { startError });
    await bench.runner.submit(wish());
    void bench.runner.submit(wish({ image: "host/web:2", modifiedNanos: 2n }));
    await bench.clock.advance(3_600_000);
    const stops = bench.containers.calls.filter((call) => call.startsWith("stop")).length;
    expect(stops).toBeGreaterThan(10);
    expect(stops).toBeLessThan(30);
    expect(bench.containers.named("web").image.name).toBe("host/web:1");
    await bench.runner.stop(1000);
  });

  test("never what is wrong with the wish itself", async () => {
    const bench = makeBench("peer");
    const createError = new SupercargoError("SC_CONTAINER_INVALID", "invalid container name format");
    bench.containers.images.set("host/web:1", { createError });
    await bench.runner.submit(wish());
    await bench.runner.whenIdle();
    expect(bench.containers.calls.filter((call) => call.startsWith("create")).length).toBe(1);
  });

  test("not at all in a single run", async () => {
    const bench = makeBench("peer", { retries: false });
    bench.containers.isAway = true;
    const settled = await bench.runner.submit(wish());
    expect(settled.kind === "failed" && settled.failure.phase).toBe("look");
    await bench.runner.whenIdle();
    expect(bench.containers.calls).toEqual(["list"]);
  });

  test("at once for all when the daemon is back", async () => {
    const bench = makeBench("peer", { parallel: 20 });
    bench.containers.isAway = true;
    for (const name of names(10)) void bench.runner.submit(wish({ name }));
    await bench.clock.advance(600_000);
    bench.containers.isAway = false;
    await bench.clock.advance(31_000);
    expect(bench.containers.all.size).toBe(10);
  });

  test("a call that is never answered ends at its limit", async () => {
    const bench = makeBench("peer");
    let isHanging = true;
    bench.containers.onCall = (call) =>
      call === "list" && isHanging ? new Promise<void>(() => {}) : undefined;
    void bench.runner.submit(wish());
    await bench.clock.advance(11_000);
    expect(bench.lines()[0]).toContain("list was not answered within 10 s");
    isHanging = false;
    await bench.clock.advance(12_000);
    expect(bench.containers.named("web").state.status).toBe("Running");
  });
});

describe("the end", () => {
  test("gives up a pull at once", async () => {
    const bench = makeBench("peer");
    bench.containers.images.set("host/web:1", { createMs: 3_600_000 });
    const settling = bench.runner.submit(wish());
    await bench.clock.advance(1000);
    await bench.runner.stop(20_000);
    expect(await settling).toEqual({ kind: "dropped" });
  });

  test("finishes a replacement whose old container is gone already", async () => {
    const bench = makeBench("peer", { probationMs: 600_000 });
    const old = bench.containers.put(wish({ id: "x" }).desired);
    bench.memory.set("web", remember(wish({ id: "x" }), old.id, undefined));
    let ending: Promise<void> | undefined;
    bench.containers.onCall = (call) => {
      if (call === "remove" && bench.containers.calls.includes("stop x"))
        ending ??= bench.runner.stop(20_000);
    };
    void bench.runner.submit(wish({ id: "x", image: "host/web:2", modifiedNanos: 2n }));
    await bench.clock.advance(1000);
    await ending;
    expect(bench.containers.named("web").image.name).toBe("host/web:2");
    expect(bench.containers.named("web").state.status).toBe("Running");
  });

  test("comes after the limit even if a call hangs", async () => {
    const bench = makeBench("peer");
    bench.containers.onCall = (call) => (call === "start" ? new Promise<void>(() => {}) : undefined);
    void bench.runner.submit(wish());
    await bench.clock.advance(100);
    const ending = bench.runner.stop(5000);
    await bench.clock.advance(5001);
    await ending;
  });

  test("takes no wish any more", async () => {
    const bench = makeBench("peer");
    await bench.runner.stop(1000);
    expect(await bench.runner.submit(wish())).toEqual({ kind: "dropped" });
    expect(bench.containers.calls).toEqual([]);
  });
});

test("a successor that the daemon takes back after the deployer was killed is tried once more, then refused", async () => {
  const clock = new VirtualClock();
  const memory = volatileMemory();
  const first = makeBench("ours", { clock, memory });
  const { containers } = first;
  const old = containers.put(wish({ id: "x" }).desired);
  memory.set("web", remember(wish({ id: "x" }), old.id, undefined));
  containers.images.set("host/web:2", { exit: { afterMs: 5000, code: 1 } });
  const next = wish({ id: "x", image: "host/web:2", modifiedNanos: 2n });
  void first.runner.submit(next);
  await clock.advance(1000);
  // The first deployer is dead from here on; its daemon goes on with the replacement.
  const second = makeBench("ours", { clock, containers, memory: volatileMemory(memory.entries()) });
  const settled = await second.runner.submit({ ...next, occasion: "start" });
  expect(settled).toEqual({ kind: "done", step: "check" });
  await clock.advance(60_000);
  expect(containers.named("web").image.name).toBe("host/web:1");
  expect(containers.named("web").state.status).toBe("Running");
  expect(second.memory.get("web")?.refused?.reason).toContain("exit code 1");
});

test("a container that should be gone and resists is removed later", async () => {
  const bench = makeBench("peer", { probationMs: 0 });
  const old = bench.containers.put(wish().desired);
  bench.memory.set("web", remember(wish(), old.id, undefined));
  let resists = true;
  bench.containers.onCall = (call, subject) => {
    if (call === "remove" && subject === old.id && resists) throw new Error("device busy");
  };
  await Promise.all([
    bench.runner.submit(wish({ image: "host/web:2", modifiedNanos: 2n })),
    bench.clock.advance(1000),
  ]);
  expect(bench.memory.get("web")?.leftovers).toEqual([old.id]);
  resists = false;
  await bench.runner.submit(wish({ image: "host/web:2", modifiedNanos: 2n, occasion: "start" }));
  expect(bench.containers.named("web").image.name).toBe("host/web:2");
  expect(bench.memory.get("web")?.leftovers).toBeUndefined();
});

/** Version 1 runs and is remembered; answers a bench over the given containers and memory. */
function prepared(flavour: "ours" | "peer", id: string): { bench: Bench; memory: Memory } {
  const memory = volatileMemory();
  const bench = makeBench(flavour, { memory, probationMs: 1000 });
  const old = bench.containers.put(wish({ id }).desired);
  memory.set("web", remember(wish({ id }), old.id, undefined));
  return { bench, memory };
}

function expectDeployed(containers: FakeContainers): void {
  const now = containers.named("web");
  expect(now.image.name).toBe("host/web:2");
  expect(now.state.status).toBe("Running");
  expect(containers.all.size).toBe(1);
}

for (const flavour of FLAVOURS) {
  for (const id of ["fixed-1", ""]) {
    const label = `${flavour}, ${id === "" ? "no fixed id" : "fixed id"}`;
    const next = wish({ id, image: "host/web:2", modifiedNanos: 2n });

    for (const hook of ["onCall", "onAnswer"] as const) {
      const moment = hook === "onCall" ? "before" : "after";
      const fault = `${moment} any call has its effect (${label})`;

      test(`the daemon vanishes ${fault} and comes back: the new version runs in the end`, async () => {
        await atEachCall(async (at) => {
          const { bench } = prepared(flavour, id);
          let calls = 0;
          bench.containers[hook] = () => {
            if (++calls !== at) return;
            bench.containers.isAway = true;
            throw new SupercargoError("SC_DAEMON_UNAVAILABLE", "the connection was closed");
          };
          void bench.runner.submit(next);
          await bench.clock.advance(60_000);
          bench.containers.isAway = false;
          await bench.clock.advance(700_000);
          expectDeployed(bench.containers);
          await bench.runner.stop(1000);
          return calls;
        });
      });

      test(`one call fails ${fault}: the new version runs in the end`, async () => {
        await atEachCall(async (at) => {
          const { bench } = prepared(flavour, id);
          let calls = 0;
          bench.containers[hook] = (call) => {
            if (++calls !== at) return;
            throw new SupercargoError("SC_TIMEOUT", `no answer to ${call}`);
          };
          void bench.runner.submit(next);
          await bench.clock.advance(700_000);
          expectDeployed(bench.containers);
          await bench.runner.stop(1000);
          return calls;
        });
      });

      test(`the deployer is killed ${fault} and its file goes: nothing of both versions stays`, async () => {
        await atEachCall(async (at) => {
          const { bench, memory } = prepared(flavour, id);
          const { clock, containers } = bench;
          let calls = 0;
          containers[hook] = () => (++calls >= at ? new Promise<void>(() => {}) : undefined);
          void bench.runner.submit(next);
          await clock.advance(500);
          const found = volatileMemory(memory.entries());
          containers[hook] = undefined;
          void bench.runner.stop(0);
          await clock.advance(1);
          const again = makeBench(flavour, { clock, containers, memory: found });
          expect(await again.runner.prune("web")).toBe(true);
          expect([at, [...containers.all.keys()]]).toEqual([at, []]);
          return calls;
        });
      });

      test(`the deployer is killed ${fault} and started again: the new version runs`, async () => {
        await atEachCall(async (at) => {
          const { bench, memory } = prepared(flavour, id);
          const { clock, containers } = bench;
          let calls = 0;
          containers[hook] = () => (++calls >= at ? new Promise<void>(() => {}) : undefined);
          void bench.runner.submit(next);
          await clock.advance(500);
          containers[hook] = undefined;
          const found = volatileMemory(memory.entries());
          const again = makeBench(flavour, { clock, containers, memory: found, probationMs: 1000 });
          void again.runner.submit({ ...next, occasion: "start" });
          await clock.advance(30_000);
          expectDeployed(containers);
          return calls;
        });
      });
    }
  }
}

describe.each(FLAVOURS)("a deployer that is killed while it makes a container (%s)", (flavour) => {
  for (const id of ["fixed-1", ""]) {
    const label = id === "" ? "no fixed id" : "fixed id";
    const first = wish({ id, occasion: "appeared" });
    const next = wish({ id, image: "host/web:2", modifiedNanos: 2n, occasion: "start" });

    for (const hook of ["onCall", "onAnswer"] as const) {
      const moment = `${hook === "onCall" ? "before" : "after"} any call has its effect (${label})`;

      test(`${moment}: the next one brings a version that was edited meanwhile`, async () => {
        await atEachCall(async (at) => {
          const { memory, afterKill } = killableMemory();
          const bench = makeBench(flavour, { memory, probationMs: 0 });
          const { clock, containers } = bench;
          let calls = 0;
          containers[hook] = () => (++calls >= at ? new Promise<void>(() => {}) : undefined);
          void bench.runner.submit(first);
          await clock.advance(500);
          const found = afterKill();
          containers[hook] = undefined;
          void bench.runner.stop(0);
          await clock.advance(1);
          const again = makeBench(flavour, { clock, containers, memory: found, probationMs: 0 });
          void again.runner.submit(next);
          await clock.advance(30_000);
          expectDeployed(containers);
          return calls;
        });
      });

      test(`${moment}: the next one takes it away when its file is gone`, async () => {
        await atEachCall(async (at) => {
          const { memory, afterKill } = killableMemory();
          const bench = makeBench(flavour, { memory, probationMs: 0 });
          const { clock, containers } = bench;
          let calls = 0;
          containers[hook] = () => (++calls >= at ? new Promise<void>(() => {}) : undefined);
          void bench.runner.submit(first);
          await clock.advance(500);
          const found = afterKill();
          containers[hook] = undefined;
          void bench.runner.stop(0);
          await clock.advance(1);
          const again = makeBench(flavour, { clock, containers, memory: found });
          expect(await again.runner.prune("web")).toBe(true);
          expect(containers.all.size).toBe(0);
          return calls;
        });
      });
    }
  }

  test("the successor of a container that was there before its file is ours, also under the same id", async () => {
    const { memory, afterKill } = killableMemory();
    const bench = makeBench(flavour, { memory, probationMs: 0 });
    const { clock, containers } = bench;
    containers.put(wish({ id: "fixed-1" }).desired);
    await bench.runner.submit(wish({ id: "fixed-1", occasion: "start" }));
    const next = wish({ id: "fixed-1", image: "host/web:2", modifiedNanos: 2n });
    // The answer to the last call that has an effect is lost with the deployer.
    const last = flavour === "ours" ? "replace" : "start";
    containers.onAnswer = (call) => (call === last ? new Promise<void>(() => {}) : undefined);
    void bench.runner.submit(next);
    await clock.advance(500);
    const found = afterKill();
    containers.onAnswer = undefined;
    void bench.runner.stop(0);
    await clock.advance(1);
    const again = makeBench(flavour, { clock, containers, memory: found, probationMs: 0 });
    void again.runner.submit({ ...next, occasion: "start" });
    await clock.advance(30_000);
    await again.runner.whenIdle();
    expectDeployed(containers);
    expect(await again.runner.prune("web")).toBe(true);
    expect(containers.all.size).toBe(0);
  });

  test("a file that is changed back while a replacement goes on without us: what it says is what runs in the end", async () => {
    const { memory, afterKill } = killableMemory();
    const bench = makeBench("ours", { memory, probationMs: 0 });
    const { clock, containers } = bench;
    const first = wish({ id: "fixed-1", occasion: "appeared" });
    await bench.runner.submit(first);
    containers.onCall = (call) => (call === "replace" ? new Promise<void>(() => {}) : undefined);
    void bench.runner.submit(wish({ id: "fixed-1", image: "host/web:2", modifiedNanos: 2n }));
    await clock.advance(500);
    const found = afterKill();
    containers.onCall = undefined;
    void bench.runner.stop(0);
    await clock.advance(1);
    const again = makeBench("ours", { clock, containers, memory: found, probationMs: 0 });
    const settled = again.runner.submit({ ...first, modifiedNanos: 3n, occasion: "start" });
    await clock.advance(100);
    expect(await settled).toEqual({ kind: "done", step: "check" });
    // Only now the daemon comes to the exchange.
    containers.change("fixed-1", { image: { name: "host/web:2" }, created: "2027-01-01T00:00:00Z" });
    await clock.advance(30_000);
    await again.runner.whenIdle();
    expect(containers.named("web").image.name).toBe("host/web:1");
    expect(memory.get("web")?.pending).toBeDefined();
    expect(found.get("web")?.pending).toBeUndefined();
  });

  test("what a replacement made that two deployers were killed at goes with the file", async () => {
    for (const comesAfter of ["the first kill", "the second kill"]) {
      const first = killableMemory();
      const bench = makeBench("ours", { memory: first.memory, probationMs: 0 });
      const { clock, containers } = bench;
      await bench.runner.submit(wish({ occasion: "appeared" }));
      const old = containers.named("web");
      containers.onCall = (call) => (call === "replace" ? new Promise<void>(() => {}) : undefined);
      const exchange = () => {
        containers.all.delete(old.id);
        containers.put({ ...wish({ image: "host/web:2" }).desired, id: "successor" });
      };
      void bench.runner.submit(wish({ image: "host/web:2", modifiedNanos: 2n }));
      await clock.advance(500);
      void bench.runner.stop(0);
      await clock.advance(1);
      if (comesAfter === "the first kill") exchange();
      const found = first.afterKill();
      const second = killableMemory(found);
      const again = makeBench("ours", { clock, containers, memory: second.memory, probationMs: 0 });
      void again.runner.submit(wish({ image: "host/web:3", modifiedNanos: 3n, occasion: "start" }));
      await clock.advance(500);
      void again.runner.stop(0);
      await clock.advance(1);
      if (comesAfter === "the second kill") exchange();
      containers.onCall = undefined;
      const last = makeBench("ours", { clock, containers, memory: second.afterKill() });
      expect(await last.runner.prune("web")).toBe(true);
      expect([comesAfter, [...containers.all.keys()]]).toEqual([comesAfter, []]);
    }
  });

  test("a create that is refused leaves no note: a container that a user makes later is the user's", async () => {
    const bench = makeBench(flavour, { probationMs: 0 });
    bench.containers.images.set("host/web:1", {
      createError: new SupercargoError("SC_CONTAINER_INVALID", "x"),
    });
    await bench.runner.submit(wish());
    expect(bench.memory.get("web")).toBeUndefined();
    bench.containers.put(wish({ image: "host/own:1" }).desired);
    await bench.runner.submit(wish({ occasion: "start" }));
    expect(bench.memory.get("web")?.isAdopted).toBe(true);
    await bench.runner.whenIdle();
    expect(await bench.runner.prune("web")).toBe(true);
    expect(bench.containers.named("web").image.name).toBe("host/own:1");
  });

  test("what replaces a container that was there before its file goes with the file, the one before never", async () => {
    for (const isDone of [true, false]) {
      const { memory, afterKill } = killableMemory();
      const bench = makeBench(flavour, { memory, probationMs: 0 });
      const { clock, containers } = bench;
      containers.put(wish().desired);
      await bench.runner.submit(wish({ occasion: "start" }));
      const isLast = (call: string) => call === (flavour === "ours" ? "replace" : "remove");
      containers[isDone ? "onAnswer" : "onCall"] = (call) =>
        isLast(call) || (!isDone && call === "create") ? new Promise<void>(() => {}) : undefined;
      void bench.runner.submit(wish({ image: "host/web:2", modifiedNanos: 2n }));
      await clock.advance(5000);
      containers.onCall = undefined;
      containers.onAnswer = undefined;
      const again = makeBench(flavour, { clock, containers, memory: afterKill() });
      await again.runner.prune("web");
      const left = [...containers.all.values()].map(({ image }) => image.name);
      expect([flavour, isDone, left]).toEqual([flavour, isDone, isDone ? [] : ["host/web:1"]]);
    }
  });
});

/** Runs the scenario with its fault at the first call, the second, and so on, until it has no more calls. */
async function atEachCall(scenario: (at: number) => Promise<number>): Promise<void> {
  for (let at = 1; at < 40; at++) if ((await scenario(at)) < at) return;
  throw new Error("the scenario has more calls than were tried");
}

describe("a wish whose registry refuses it", () => {
  test("is tried again as soon as settings of registries are read anew, and nobody asks for news without need", async () => {
    const bench = makeBench("ours");
    const changes: PromiseWithResolvers<void>[] = [];
    let watching = 0;
    bench.containers.settingsChange = async (signal) => {
      const change = Promise.withResolvers<void>();
      changes.push(change);
      watching++;
      signal.addEventListener("abort", () => change.reject(signal.reason), { once: true });
      await change.promise.finally(() => watching--);
    };
    const denied = new SupercargoError("SC_REGISTRY_DENIED", "401");
    bench.containers.images.set("host/web:1", { createError: denied });
    bench.containers.images.set("host/db:1", { createError: denied });
    for (const name of ["web", "db"]) void bench.runner.submit(wish({ name, image: `host/${name}:1` }));
    // Long enough that the next try by itself is minutes away.
    await bench.clock.advance(600_000);
    const tries = () => bench.containers.calls.filter((call) => call === "create web").length;
    const before = tries();
    expect(watching).toBe(1);
    bench.containers.images.delete("host/web:1");
    changes.at(-1)?.resolve();
    await bench.clock.advance(100);
    expect(tries()).toBe(before + 1);
    expect(bench.containers.named("web").state.status).toBe("Running");
    expect(watching).toBe(1);
    bench.runner.withdraw("db");
    await bench.clock.advance(100);
    expect(watching).toBe(0);
    await bench.runner.whenIdle();
  });

  test("without such news waits for its own next try", async () => {
    const bench = makeBench("peer");
    bench.containers.images.set("host/web:1", {
      createError: new SupercargoError("SC_REGISTRY_DENIED", "401"),
    });
    void bench.runner.submit(wish({ name: "web", image: "host/web:1" }));
    await bench.clock.advance(10_000);
    bench.containers.images.delete("host/web:1");
    await bench.clock.advance(600_000);
    expect(bench.containers.named("web").state.status).toBe("Running");
  });
});
