import { describe, expect, test } from "bun:test";
import type { Manager } from "../../../src/manager/manager.ts";
import type { ContainerWish } from "../../../src/model/defaults.ts";
import { Device, FOREVER, NEW_IMAGE, OLD_IMAGE, policy, wish } from "./support/device.ts";

/**
 * `kill -9` at every boundary of every call that a request leads to: the daemon is dropped there and a new one started on
 * what is left. Afterwards the device is as before the request or as after it, never a third thing, and a second try succeeds.
 */

const STOP = { timeoutSeconds: 1, force: true, signal: "SIGTERM" };
const SETTLE_MS = 60_000;

interface Story {
  readonly name: string;
  readonly prepare: (device: Device) => Promise<unknown>;
  readonly request: (manager: Manager) => Promise<unknown>;
  /** What may be true afterwards, in a line per container. */
  readonly allowed: readonly string[];
  /** After the same request was made once more, if something of it was missing. */
  readonly final: string;
}

function summary(device: Device): string {
  return device.manager
    .list()
    .map(({ id, image, state }) => {
      const shown = id.startsWith("new-") ? "new" : id;
      return `${shown} ${image.name.endsWith("2") ? "v2" : "v1"} ${state.status}`;
    })
    .sort()
    .join(", ");
}

function successor(id: string, command: string): ContainerWish {
  return { id, name: "app", image: { name: NEW_IMAGE }, config: { cmd: [command] } };
}

function replaceStory(name: string, id: string, command: string, allowed: string[], final: string): Story {
  return {
    name,
    prepare: (device) => device.createAndStart(wish("app", "runs")),
    request: (manager) =>
      manager.replace("app", successor(id, command), { stop: STOP, probationMs: 5_000 }, FOREVER),
    allowed,
    final,
  };
}

const STORIES: readonly Story[] = [
  {
    name: "create",
    prepare: async () => {},
    request: (manager) => manager.create(wish("app", "runs"), "test", FOREVER),
    allowed: ["", "app v1 Created"],
    final: "app v1 Created",
  },
  {
    name: "start",
    prepare: (device) => device.create(wish("app", "runs")),
    request: (manager) => manager.start("app", FOREVER),
    allowed: ["app v1 Created", "app v1 Running"],
    final: "app v1 Running",
  },
  {
    name: "stop",
    prepare: (device) => device.createAndStart(wish("app", "runs")),
    request: (manager) => manager.stop("app", STOP, FOREVER),
    allowed: ["app v1 Running", "app v1 Exited", "app v1 Stopped"],
    final: "app v1 Stopped",
  },
  {
    name: "remove",
    prepare: (device) => device.createAndStart(wish("app", "runs")),
    request: (manager) => manager.remove("app", true, STOP, FOREVER),
    allowed: ["", "app v1 Running"],
    final: "",
  },
  {
    name: "restart after an exit",
    prepare: (device) => device.createAndStart(wish("app", "fails", { hostConfig: policy("always") })),
    request: () => new Promise(() => {}),
    allowed: ["app v1 Running", "app v1 Exited"],
    final: "app v1 Running",
  },
  replaceStory(
    "replace, same id, good",
    "app",
    "runs",
    ["app v1 Running", "app v2 Running"],
    "app v2 Running",
  ),
  replaceStory("replace, new id, good", "", "runs", ["app v1 Running", "new v2 Running"], "new v2 Running"),
  replaceStory("replace, same id, does not start", "app", "missing", ["app v1 Running"], "app v1 Running"),
  replaceStory("replace, new id, does not start", "", "missing", ["app v1 Running"], "app v1 Running"),
  replaceStory("replace, same id, ends with 1", "app", "fails", ["app v1 Running"], "app v1 Running"),
  replaceStory("replace, new id, ends with 1", "", "fails", ["app v1 Running"], "app v1 Running"),
];

async function prepared(story: Story): Promise<Device> {
  const device = new Device();
  await device.boot();
  await story.prepare(device);
  return device;
}

/** Number of boundaries that the request passes when nobody disturbs it. */
async function countBoundaries(story: Story): Promise<number> {
  const device = await prepared(story);
  const before = device.power.passed;
  void story.request(device.manager).catch(() => undefined);
  await device.clock.advance(SETTLE_MS / 4);
  return Math.min(device.power.passed - before, 150);
}

for (const story of STORIES) {
  describe(`killed at any moment: ${story.name}`, () => {
    for (const cut of ["kill", "power"] as const) {
      test(cut === "kill" ? "the daemon alone" : "the whole machine", async () => {
        const boundaries = await countBoundaries(story);
        expect(boundaries).toBeGreaterThan(3);
        for (let at = 1; at <= boundaries; at++) {
          const device = await prepared(story);
          device.power.killAt = device.power.passed + at;
          void story.request(device.manager).catch(() => undefined);
          await device.until(() => device.power.isDead);
          const where = `killed ${device.power.names.at(-1)} (boundary ${at})`;
          if (cut === "power") device.cutPower();
          await device.boot();
          await device.until(() => device.journal.notes.size === 0);
          await device.clock.advance(SETTLE_MS);
          const result = summary(device);
          expect(`${where}: ${story.allowed.includes(result) ? "allowed" : result}`).toBe(
            `${where}: allowed`,
          );
          checkNoLeaks(device, where);
          if (result === story.final || story.name.startsWith("restart")) continue;
          await device.finish(story.request(device.manager)).catch(() => undefined);
          await device.clock.advance(SETTLE_MS);
          expect(`${where}: ${summary(device)}`).toBe(`${where}: ${story.final}`);
          checkNoLeaks(device, where);
        }
      });
    }
  });
}

function checkNoLeaks(device: Device, where: string): void {
  try {
    device.expectNoLeaks();
  } catch (thrown) {
    throw new Error(`${where}: ${String(thrown)}`);
  }
}

test("killed again and again while a replacement is taken back", async () => {
  for (let first = 1; first <= 80; first += 3) {
    for (let second = 1; second <= 60; second += 7) {
      const device = new Device();
      await device.boot();
      await device.createAndStart(wish("app", "runs"));
      const options = { stop: STOP, probationMs: 5_000 };
      device.power.killAt = device.power.passed + first;
      void device.manager.replace("app", successor("app", "fails"), options, FOREVER).catch(() => undefined);
      await device.clock.advance(3000);
      device.kill();
      const manager = device.make();
      device.power.killAt = second;
      void manager.open(FOREVER).catch(() => undefined);
      await device.clock.advance(3000);
      device.kill();
      await device.boot();
      await device.clock.advance(SETTLE_MS);
      const where = `boundaries ${first} and ${second}`;
      expect(`${where}: ${summary(device)}`).toBe(`${where}: app v1 Running`);
      expect(device.journal.notes.size).toBe(0);
      checkNoLeaks(device, where);
      expect(device.get("app").image.name).toBe(OLD_IMAGE);
    }
  }
}, 60_000);
