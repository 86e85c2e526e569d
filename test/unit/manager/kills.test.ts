import { afterAll, describe, expect, test } from "bun:test";
import { Device, FOREVER, NEW_IMAGE, OLD_IMAGE, wish } from "./support/device.ts";
import { findings, STOP, STORIES, type Story, summary } from "./support/stories.ts";

/**
 * `kill -9` at every boundary of every call that a request leads to: the daemon is dropped there and a new one started on
 * what is left. Afterwards the device is as before the request or as after it, never a third thing, and a second try succeeds.
 */

const SETTLE_MS = 60_000;

/** How often the daemon was killed at each named place. */
const kills = new Map<string, number>();

afterAll(() => {
  const times = [...kills.values()];
  const total = times.reduce((sum, count) => sum + count, 0);
  console.log(
    `killed ${total} times at ${kills.size} named places, each ${Math.min(...times)} times or more`,
  );
});

const SHORT = [
  ["kill", "the daemon alone"],
  ["power", "the whole machine"],
] as const;
/** The long form has a second kill, in the middle of the start that follows. */
const CUTS =
  process.env["SUPERCARGO_KILLS_TWICE"] === "1"
    ? ([...SHORT, ["twice", "the daemon, and again while it starts"]] as const)
    : SHORT;
const PLACES_OF_A_START = 29;

async function killInNextStart(device: Device, at: number): Promise<void> {
  const manager = device.make();
  device.power.killAt = device.power.passed + 1 + (at % PLACES_OF_A_START);
  void manager.open(FOREVER).catch(() => undefined);
  await device.clock.advance(3_000);
  device.kill();
}

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
    for (const [cut, what] of CUTS) {
      test(what, async () => {
        const boundaries = await countBoundaries(story);
        expect(boundaries).toBeGreaterThan(1);
        for (let at = 1; at <= boundaries; at++) {
          const device = await prepared(story);
          device.power.killAt = device.power.passed + at;
          void story.request(device.manager).catch(() => undefined);
          await device.until(() => device.power.isDead);
          const place = device.power.names.at(-1) ?? "nowhere";
          kills.set(place, (kills.get(place) ?? 0) + 1);
          const where = `killed ${place} (boundary ${at})`;
          if (cut === "power") device.cutPower();
          if (cut === "twice") await killInNextStart(device, at);
          await device.boot();
          await device.clock.advance(SETTLE_MS);
          const result = summary(device);
          expect(`${where}: ${story.allowed.includes(result) ? "allowed" : result}`).toBe(
            `${where}: allowed`,
          );
          expect(`${where}: ${findings(device).join("; ")}`).toBe(`${where}: `);
          if (result === story.final || story.isAutomatic === true) continue;
          await device.finish(story.request(device.manager)).catch(() => undefined);
          await device.clock.advance(SETTLE_MS);
          expect(`${where}: ${summary(device)}`).toBe(`${where}: ${story.final}`);
          expect(`${where}: ${findings(device).join("; ")}`).toBe(`${where}: `);
        }
      }, 120_000);
    }
  });
}

test("killed again and again while a replacement is taken back", async () => {
  for (let first = 1; first <= 80; first += 3) {
    for (let second = 1; second <= 60; second += 7) {
      const device = new Device();
      await device.boot();
      await device.createAndStart(wish("app", "runs"));
      const options = { stop: STOP, probationMs: 5_000 };
      device.power.killAt = device.power.passed + first;
      const next = { id: "app", name: "app", image: { name: NEW_IMAGE }, config: { cmd: ["fails"] } };
      void device.manager.replace("app", next, options, FOREVER).catch(() => undefined);
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
      expect(`${where}: ${findings(device).join("; ")}`).toBe(`${where}: `);
      expect(device.get("app").image.name).toBe(OLD_IMAGE);
    }
  }
}, 60_000);
