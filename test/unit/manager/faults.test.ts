import { describe, expect, test } from "bun:test";
import type { FakeFault } from "../../../src/engine/fake/fake-engine.ts";
import type { Manager } from "../../../src/manager/manager.ts";
import { Device, FOREVER, NEW_IMAGE, wish } from "./support/device.ts";

/** A fault at every call of the engine that a request leads to: nothing leaks, nothing is stuck, the next try succeeds. */

const STOP = { timeoutSeconds: 1, force: true, signal: "SIGTERM" };
const SETTLE_MS = 90_000;
const FAULTS: readonly FakeFault[] = ["error", "hang", "drop", "drop-before"];

interface Story {
  readonly name: string;
  readonly prepare: (device: Device) => Promise<unknown>;
  readonly request: (manager: Manager) => Promise<unknown>;
  /** Whether nothing is left to be done. */
  readonly isDone: (device: Device) => boolean;
  /** In the end some container of this name must run. */
  readonly mustRun: boolean;
}

const runs = (device: Device) => device.manager.list().some(({ state }) => state.status === "Running");

const STORIES: readonly Story[] = [
  {
    name: "create",
    prepare: async () => {},
    request: (manager) => manager.create(wish("app", "runs"), "test", FOREVER),
    isDone: (device) => device.manager.get("app") !== undefined,
    mustRun: false,
  },
  {
    name: "start",
    prepare: (device) => device.create(wish("app", "runs")),
    request: (manager) => manager.start("app", FOREVER),
    isDone: runs,
    mustRun: true,
  },
  {
    name: "stop",
    prepare: (device) => device.createAndStart(wish("app", "runs")),
    request: (manager) => manager.stop("app", STOP, FOREVER),
    isDone: (device) => !runs(device),
    mustRun: false,
  },
  {
    name: "forced stop",
    prepare: (device) => device.createAndStart(wish("app", "stubborn")),
    request: (manager) => manager.stop("app", STOP, FOREVER),
    isDone: (device) => !runs(device),
    mustRun: false,
  },
  {
    name: "remove",
    prepare: (device) => device.createAndStart(wish("app", "runs")),
    request: (manager) => manager.remove("app", true, STOP, FOREVER),
    isDone: (device) => device.manager.get("app") === undefined,
    mustRun: false,
  },
  ...["app", ""].flatMap((id) =>
    ["runs", "missing", "fails"].map((command) => ({
      name: `replace by one that ${command}, ${id === "" ? "new" : "same"} id`,
      prepare: (device: Device) => device.createAndStart(wish("app", "runs")),
      request: (manager: Manager) =>
        manager.replace(
          manager.list()[0]?.id ?? "",
          { id, name: "app", image: { name: NEW_IMAGE }, config: { cmd: [command] } },
          { stop: STOP, probationMs: 3_000 },
          FOREVER,
        ),
      isDone: (device: Device) =>
        command !== "runs" || device.manager.list().every(({ image }) => image.name === NEW_IMAGE),
      mustRun: true,
    })),
  ),
];

async function prepared(story: Story): Promise<Device> {
  const device = new Device();
  await device.boot();
  await story.prepare(device);
  return device;
}

async function countCalls(story: Story): Promise<number> {
  const device = await prepared(story);
  const before = device.engine.calls;
  await device.finish(story.request(device.manager));
  return device.engine.calls - before;
}

for (const story of STORIES) {
  describe(`a fault of the engine: ${story.name}`, () => {
    for (const fault of FAULTS) {
      test(`${fault} at every call`, async () => {
        const calls = await countCalls(story);
        expect(calls).toBeGreaterThan(1);
        for (let at = 1; at <= calls; at++) {
          const device = await prepared(story);
          const target = device.engine.calls + at;
          let hit = "";
          device.engine.faultAt = (call, name) => {
            if (call !== target) return undefined;
            hit = name;
            return fault;
          };
          await device.finish(story.request(device.manager).catch(() => undefined));
          await device.clock.advance(SETTLE_MS);
          const where = `${fault} in ${hit} (call ${at})`;
          check(device, where, story.mustRun && story.name !== "start");
          if (!story.isDone(device)) {
            const work = story.request(device.manager).then(
              () => "succeeded",
              (thrown) => String(thrown),
            );
            expect(`${where}: ${await device.finish(work)}`).toBe(`${where}: succeeded`);
            await device.clock.advance(SETTLE_MS);
          }
          expect(`${where}: ${story.isDone(device)}`).toBe(`${where}: true`);
          check(device, where, story.mustRun);
        }
      });
    }
  });
}

function check(device: Device, where: string, mustRun: boolean): void {
  try {
    device.expectNoLeaks();
    expect(device.manager.list().length).toBeLessThanOrEqual(1);
    expect(device.journal.notes.size).toBe(0);
    if (mustRun) expect(device.world.running()).toHaveLength(1);
  } catch (thrown) {
    throw new Error(`${where}: ${String(thrown)}`);
  }
}

describe("a disk that is full", () => {
  test("facts are kept and told, and saved as soon as there is room", async () => {
    const device = new Device();
    await device.boot();
    await device.createAndStart(wish("app", "fails"));
    device.store.isFull = true;
    await device.until(() => device.get("app").restartCount > 0);
    expect(device.manager.list()).toHaveLength(1);
    device.store.isFull = false;
    await device.clock.advance(30_000);
    await device.until(() => device.get("app").state.status === "Exited");
    device.expectNoLeaks();
  });

  test("a wish that cannot be saved is refused, and nothing happens", async () => {
    const device = new Device();
    await device.boot();
    await device.createAndStart(wish("app", "runs"));
    device.store.isFull = true;
    const refused = device.manager.stop("app", STOP, FOREVER).catch((thrown) => thrown.message);
    expect(await device.finish(refused)).toBe("no space left on device");
    expect(device.get("app").state.status).toBe("Running");
    expect(device.world.running()).toEqual(["app"]);
  });

  test("a replacement that cannot be noted is not begun", async () => {
    const device = new Device();
    await device.boot();
    const { state } = await device.createAndStart(wish("app", "runs"));
    device.journal.isFull = true;
    const successor = { id: "app", name: "app", image: { name: NEW_IMAGE } };
    const work = device.manager.replace("app", successor, { stop: STOP, probationMs: 1000 }, FOREVER);
    expect(await device.finish(work)).toMatchObject({ kind: "rolled-back", isTransient: true });
    expect(device.get("app").state.pid).toBe(state.pid);
    device.expectNoLeaks();
  });

  test("a replacement whose second note does not fit goes back", async () => {
    const device = new Device();
    await device.boot();
    await device.createAndStart(wish("app", "runs"));
    device.manager.subscribe(() => {
      device.store.isFull = true;
      device.journal.isFull = true;
      device.clock.after(5_000, () => {
        device.store.isFull = false;
        device.journal.isFull = false;
      });
    });
    const successor = { id: "app", name: "app", image: { name: NEW_IMAGE } };
    const work = device.manager.replace("app", successor, { stop: STOP, probationMs: 1000 }, FOREVER);
    expect(await device.finish(work)).toMatchObject({ kind: "rolled-back" });
    await device.clock.advance(60_000);
    expect(device.get("app").image.name).toBe("registry.example/app:1");
    expect(device.get("app").state.status).toBe("Running");
    expect(device.journal.notes.size).toBe(0);
    device.expectNoLeaks();
  });
});
