/** How running containers are ended: who gets which signal, how long is waited, what is told (spec/engine.md §9, §14). */

import { beforeEach, describe, expect, test } from "bun:test";
import { Device, FOREVER, policy, wish } from "./support/device.ts";

let device: Device;
/** Signals as they were sent: `<number> all` or `<number> init`. */
let signals: string[];
/** Milliseconds of the virtual clock at which they were sent, from the first one on. */
let sentAtMs: number[];
let news: string[];

beforeEach(async () => {
  device = new Device();
  await device.boot();
  [signals, sentAtMs, news] = [[], [], []];
  const { engine } = device;
  const kill = engine.killTask.bind(engine);
  engine.killTask = (id, signalNumber, all, signal) => {
    signals.push(`${signalNumber} ${all ? "all" : "init"}`);
    sentAtMs.push(device.clock.nowMs());
    return kill(id, signalNumber, all, signal);
  };
  device.manager.subscribe((change) => {
    if (change !== "overflowed") news.push(change.action);
  });
});

const GENTLE = { timeoutSeconds: 3, force: false, signal: "" };
const stop = (id: string, options = GENTLE) => device.finish(device.manager.stop(id, options, FOREVER));

/** How long was waited between the signals. */
function pauses(): readonly number[] {
  return sentAtMs.slice(1).map((at, index) => at - (sentAtMs[index] ?? 0));
}

describe("a stop", () => {
  test("sends its signal to the first process alone, SIGKILL to all", async () => {
    for (const [signal, sent] of [
      ["", "15 init"],
      ["SIGINT", "2 init"],
      ["10", "10 init"],
      ["SIGKILL", "9 all"],
    ] as const) {
      await device.createAndStart(wish(`with-${sent.replace(" ", "-")}`, "runs"));
      await stop(`with-${sent.replace(" ", "-")}`, { ...GENTLE, signal });
      expect(signals.splice(0)).toEqual([sent]);
    }
  });

  test("with force waits its time twice at most, and kills all processes in between", async () => {
    await device.createAndStart(wish("one", "stubborn"));
    await stop("one", { ...GENTLE, force: true });
    expect(signals).toEqual(["15 init", "9 all"]);
    expect(pauses()).toEqual([3000]);
    expect(device.get("one").state).toMatchObject({ status: "Stopped", exitCode: 137 });
  });

  test("and a removal without options give a container the daemon's 30 seconds", async () => {
    for (const end of ["stop", "remove"] as const) {
      [signals, sentAtMs] = [[], []];
      await device.createAndStart(wish(end, "stubborn"));
      if (end === "stop") await stop(end, { timeoutSeconds: 0, force: true, signal: "" });
      else await device.finish(device.manager.remove(end, true, undefined, FOREVER));
      expect(signals).toEqual(["15 init", "9 all"]);
      expect(pauses()).toEqual([30_000]);
    }
  });

  test("takes the daemon's own time when that is configured", async () => {
    await device.createAndStart(wish("one", "stubborn"));
    device.kill();
    await device.boot({ defaultStopTimeoutMs: 2_000 });
    const { engine } = device;
    const kill = engine.killTask.bind(engine);
    engine.killTask = (id, number, all, signal) => {
      sentAtMs.push(device.clock.nowMs());
      return kill(id, number, all, signal);
    };
    await stop("one", { timeoutSeconds: 0, force: true, signal: "" });
    expect(pauses()).toEqual([2000]);
  });

  test("sees at the end of its time what the engine says, when no end was told", async () => {
    const { engine } = device;
    engine.waitTask = () => new Promise(() => {});
    await device.createAndStart(wish("one", "runs"));
    await stop("one");
    expect(device.get("one").state).toMatchObject({ status: "Stopped", exitCode: 143 });
    await device.createAndStart(wish("two", "stubborn"));
    await expect(stop("two")).rejects.toThrow("could not stop container with ID = two with SIGTERM");
    expect(device.get("two").state.status).toBe("Running");
  });

  test("of one that waits for its restart is told like any other", async () => {
    await device.createAndStart(wish("one", "crashes", { hostConfig: policy("always") }));
    await device.until(() => device.get("one").restartCount === 3 && device.world.running().length === 0);
    await device.clock.advance(0);
    news = [];
    await stop("one");
    await device.clock.advance(60_000);
    expect(news).toEqual(["stopped"]);
    expect(signals).toEqual([]);
    expect(device.get("one").state).toMatchObject({ status: "Stopped", exitCode: 1 });
  });
});

test("while all containers are stopped nothing that ends meanwhile is started again", async () => {
  await device.createAndStart(wish("other", "runs", { hostConfig: policy("always") }));
  await device.createAndStart(wish("slow", "stubborn", { hostConfig: policy("always") }));
  const created = device.world.createdTasks.length;
  const closing = device.manager.close(FOREVER, true);
  device.world.tasks.get("other")?.end(1);
  await device.finish(closing);
  await device.clock.advance(60_000);
  expect(device.world.createdTasks.length).toBe(created);
});
