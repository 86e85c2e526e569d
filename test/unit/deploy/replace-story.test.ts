/** Every row of the replace story, against our daemon and the peer's, with and without fixed id. */

import { describe, expect, test } from "bun:test";
import { remember } from "../../../src/deploy/run-step.ts";
import type { Settled } from "../../../src/deploy/runner-news.ts";
import { trialId } from "../../../src/deploy/trial.ts";
import type { Wish } from "../../../src/deploy/wish.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import type { Container } from "../../../src/model/container.ts";
import type { WrittenLayers } from "../../../src/model/replace.ts";
import { type Bench, makeBench } from "./support/bench.ts";
import type { ImageScript } from "./support/fake-containers.ts";
import { wish } from "./support/wishes.ts";

const FLAVOURS = ["ours", "peer"] as const;
const IDS = [
  { id: "fixed-1", label: "a fixed id" },
  { id: "", label: "no fixed id" },
] as const;

interface Story {
  readonly bench: Bench;
  readonly old: Container;
  readonly next: Wish;
  readonly settled: Settled;
}

/** Version 1 is there; version 2, whose image behaves as told, is wished for, and an hour passes. */
async function tell(
  flavour: "ours" | "peer",
  id: string,
  script: ImageScript,
  isStopped = false,
): Promise<Story> {
  const bench = makeBench(flavour);
  const first = wish({ id, image: "host/web:1" });
  const old = bench.containers.put(
    first.desired,
    isStopped ? { status: "Stopped", pid: -1, exitCode: 143 } : {},
  );
  if (isStopped) bench.containers.change(old.id, { manuallyStopped: true });
  bench.memory.set("web", remember(first, old.id, undefined));
  bench.containers.images.set("host/web:2", script);
  const next = wish({ id, image: "host/web:2", modifiedNanos: 2n });
  const settling = bench.runner.submit(next);
  await bench.clock.advance(60_000);
  return { bench, old, next, settled: await settling };
}

function expectOldIsBack({ bench, old }: Story, isAnew = false): void {
  const now = bench.containers.named("web");
  expect(now.id).toBe(old.id);
  expect(now.image.name).toBe("host/web:1");
  expect(now.state.status).toBe("Running");
  if (!isAnew) expect(now.created).toBe(old.created);
  expect(bench.containers.all.size).toBe(1);
}

for (const flavour of FLAVOURS) {
  for (const { id, label } of IDS) {
    describe(`against ${flavour} with ${label}`, () => {
      const isAnew = flavour === "peer" && id !== "";

      test("a good successor takes the place and the old one is gone", async () => {
        const { bench, old, settled } = await tell(flavour, id, {});
        expect(settled).toEqual({ kind: "done", step: "recreate" });
        const now = bench.containers.named("web");
        expect(now.image.name).toBe("host/web:2");
        expect(now.state.status).toBe("Running");
        expect(now.id === old.id).toBe(id !== "");
        expect(bench.containers.all.size).toBe(1);
        expect(bench.memory.get("web")?.pending).toBeUndefined();
        expect(bench.memory.get("web")?.containerId).toBe(now.id);
      });

      test("an image that cannot be pulled leaves the old one untouched, and is tried again for ever", async () => {
        const createError = new SupercargoError("SC_REGISTRY_UNAVAILABLE", "registry host does not answer");
        const story = await tell(flavour, id, { createError });
        expect(story.settled.kind).toBe("failed");
        expectOldIsBack(story);
        expect(story.bench.containers.named("web").state.pid).toBe(story.old.state.pid);
        expect(story.bench.containers.calls).not.toContain(`stop ${story.old.id}`);
        const tries = () => story.bench.news.filter((one) => one.kind === "failed").length;
        const before = tries();
        await story.bench.clock.advance(60_000);
        expect(tries()).toBeGreaterThanOrEqual(before + 2);
        story.bench.containers.images.delete("host/web:2");
        await story.bench.clock.advance(40_000);
        expect(story.bench.containers.named("web").image.name).toBe("host/web:2");
      });

      test("a full disk leaves the old one untouched and says so", async () => {
        const createError = new SupercargoError("SC_DISK_FULL", "12 MiB needed, 3 MiB free");
        const story = await tell(flavour, id, { createError });
        expectOldIsBack(story);
        expect(story.bench.containers.calls).not.toContain(`stop ${story.old.id}`);
        expect(story.bench.lines().join("\n")).toContain("12 MiB needed, 3 MiB free");
      });

      test("a successor that does not start is given up, and the old one runs again", async () => {
        const story = await tell(flavour, id, { startError: new Error("exec: no such file") });
        expect(story.settled.kind).toBe("failed");
        expectOldIsBack(story, isAnew);
        expect(story.bench.memory.get("web")?.refused?.reason).toContain("no such file");
      });

      test("a successor that ends with 1 within the probation is given up and not tried again", async () => {
        const story = await tell(flavour, id, { exit: { afterMs: 5000, code: 1 } });
        expect(story.settled.kind).toBe("failed");
        expectOldIsBack(story, isAnew);
        const calls = story.bench.containers.calls.length;
        await story.bench.clock.advance(3_600_000);
        expect(story.bench.containers.calls.length).toBe(calls);
        expect(story.bench.lines().join("\n")).toContain("exit code 1");
      });

      test("a successor that ends with 0 has done its work", async () => {
        const { bench, settled } = await tell(flavour, id, { exit: { afterMs: 2000, code: 0 } });
        expect(settled).toEqual({ kind: "done", step: "recreate" });
        expect(bench.containers.named("web").image.name).toBe("host/web:2");
        expect(bench.containers.all.size).toBe(1);
      });

      test("an old one that the user had stopped is replaced, and the new one runs", async () => {
        const { bench, settled } = await tell(flavour, id, {}, true);
        expect(settled).toEqual({ kind: "done", step: "recreate" });
        expect(bench.containers.named("web").state.status).toBe("Running");
        expect(bench.containers.calls.some((call) => call.startsWith("stop"))).toBe(false);
      });

      test("an old one that the user had stopped stays stopped when the new one fails", async () => {
        const { bench, old } = await tell(flavour, id, { startError: new Error("exec format error") }, true);
        const now = bench.containers.named("web");
        expect(now.image.name).toBe("host/web:1");
        expect(now.state.status).not.toBe("Running");
        expect(now.id).toBe(old.id);
      });

      test("is told as started when it runs, not after the probation", async () => {
        const bench = makeBench(flavour);
        const first = wish({ id });
        const old = bench.containers.put(first.desired);
        bench.memory.set("web", remember(first, old.id, undefined));
        const settling = bench.runner.submit(wish({ id, image: "host/web:2", modifiedNanos: 2n }));
        await bench.clock.advance(200);
        expect(bench.lines()).toContain("started web");
        expect(await Promise.race([settling, "watching"])).toBe("watching");
        await bench.clock.advance(11_000);
        expect((await settling).kind).toBe("done");
      });

      test("the same version is refused until the file changes", async () => {
        const story = await tell(flavour, id, { exit: { afterMs: 100, code: 3 } });
        const { bench, next } = story;
        const calls = () => bench.containers.calls.filter((call) => !call.startsWith("list")).length;
        const before = calls();
        const again = await bench.runner.submit({ ...next, occasion: "start" });
        expect(again.kind === "failed" && again.failure.message).toContain("not tried again");
        expect(calls()).toBe(before);
        bench.containers.images.delete("host/web:2");
        const touched = bench.runner.submit({ ...next, modifiedNanos: 9n });
        await bench.clock.advance(11_000);
        expect((await touched).kind).toBe("done");
      });
    });
  }
}

describe("against the peer with a fixed id", () => {
  test("a throw-away container proves the new version before the old one is stopped", async () => {
    const { bench } = await tell("peer", "fixed-1", {});
    const acts = bench.containers.calls.filter((call) => !call.startsWith("list"));
    const trial = trialId("fixed-1");
    expect(acts).toEqual([
      `create ${trial}`,
      `remove ${trial}`,
      "stop fixed-1",
      "remove fixed-1",
      "create fixed-1",
      "start fixed-1",
    ]);
  });

  test("a failed successor costs the old one its own layer, and that is said", async () => {
    const { bench } = await tell("peer", "fixed-1", { startError: new Error("no such device") });
    expect(bench.lines().join("\n")).toContain("own layer is lost");
  });

  test("a restart loop within the probation counts as failure", async () => {
    const story = await tell("peer", "fixed-1", { exit: { afterMs: 400, code: 0 }, isRestarted: true });
    expectOldIsBack(story, true);
    expect(story.bench.lines().join("\n")).toContain("restarted");
  });
});

describe("against the peer without a fixed id", () => {
  test("the old one is stopped only when the new one has been created", async () => {
    const { bench, old } = await tell("peer", "", {});
    const acts = bench.containers.calls.filter((call) => !call.startsWith("list"));
    const fresh = bench.containers.named("web").id;
    expect(acts).toEqual(["create web", `stop ${old.id}`, `start ${fresh}`, `remove ${old.id}`]);
  });
});

describe("what the old one had written into its own layer", () => {
  async function told(written: WrittenLayers | undefined): Promise<string> {
    const bench = makeBench("ours");
    const first = wish({ id: "fixed-1", image: "host/web:1" });
    const old = bench.containers.put(first.desired, {});
    bench.memory.set("web", remember(first, old.id, undefined));
    bench.containers.written = written;
    const settling = bench.runner.submit(wish({ id: "fixed-1", image: "host/web:2", modifiedNanos: 2n }));
    await bench.clock.advance(60_000);
    expect(await settling).toEqual({ kind: "done", step: "recreate" });
    return bench
      .lines()
      .filter((line) => line.startsWith("warning"))
      .join("\n");
  }

  test("is told with its size when the daemon knows it", async () => {
    const lines = await told({ bytes: 1_600_000, files: 12, isAll: true });
    expect(lines).toBe(
      "warning web: the old container's own layer is gone with 1.5 MiB in 12 files that it had written; what shall outlive a new version belongs into a mount",
    );
    expect(await told({ bytes: 900, files: 1, isAll: false })).toContain("at least 900 bytes in 1 file that");
  });

  test("is no warning when it is nothing, or unknown", async () => {
    expect(await told({ bytes: 0, files: 0, isAll: true })).toBe("");
    expect(await told(undefined)).toBe("");
  });
});

describe("a successor that failed while the daemon's engine was away", () => {
  const SCRIPTS: readonly (readonly [string, ImageScript])[] = [
    ["at its start", { startError: new Error("exec: no such file") }],
    ["within its probation", { exit: { afterMs: 5000, code: 137 } }],
  ];
  for (const [when, script] of SCRIPTS) {
    test(`${when} is not refused: it is tried again by itself, and runs then`, async () => {
      const bench = makeBench("ours");
      const first = wish({ id: "fixed-1", image: "host/web:1" });
      const old = bench.containers.put(first.desired);
      bench.memory.set("web", remember(first, old.id, undefined));
      bench.containers.images.set("host/web:2", script);
      bench.containers.isEngineUnsteady = true;
      const settling = bench.runner.submit(wish({ id: "fixed-1", image: "host/web:2", modifiedNanos: 2n }));
      await bench.clock.advance(6000);
      expect((await settling).kind).toBe("failed");
      expect(bench.memory.get("web")?.refused).toBeUndefined();
      expect(bench.containers.named("web").image.name).toBe("host/web:1");
      bench.containers.images.delete("host/web:2");
      await bench.clock.advance(30_000);
      expect(bench.containers.named("web").image.name).toBe("host/web:2");
    });
  }
});
