/**
 * kill -9 of the daemon at every journal step of an upgrade of ten containers with one bad image, a destroy, a system container and
 * a second desired state in the middle: all old or all new, and one last word (reliability R2).
 */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { type FSWatcher, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { stepSignal } from "./support/device.ts";
import { component } from "./support/update-client.ts";
import { APP, startUpdateDevice, type UpdateDevice } from "./support/update-device.ts";

/** The upgrade is done so many times, each with other moments of the kills. */
const ROUNDS = Number(process.env["SUPERCARGO_UPDATE_ROUNDS"] ?? 1);
const ANSWER_LIMIT_MS = 5_000;
const NAMES = Array.from({ length: 10 }, (_, at) => `c${at}`);
const app = (tag: string) => `${APP}:${tag}`;
const wish = (tag: string, bad?: string) =>
  NAMES.map((name) =>
    name === bad ? component(name, app(tag), ["cmd", "/bin/nope"]) : component(name, app(tag)),
  );

let world: UpdateDevice;
let systemPid = 0;

beforeAll(async () => {
  world = await startUpdateDevice({ system_containers: ["sua"], probation: "200ms" });
  const { client } = world.device.device;
  const made = await client.create(fillDefaults({ name: "sua", image: { name: app("1") } }), stepSignal());
  await client.start(made.id, stepSignal());
  systemPid = (await world.named("sua")).state.pid;
}, 120_000);

afterAll(async () => {
  await world?.end();
}, 120_000);

interface Note {
  readonly entry: {
    readonly content: {
      readonly working?: { readonly command: string };
      readonly all?: { readonly status: string };
      readonly ending?: string;
      readonly over?: string;
    };
  };
}

/** What the journal says at this moment: two equal texts are the same step. */
function stepOf(folder: string, file: string): string {
  try {
    const { content } = (JSON.parse(readFileSync(join(folder, file), "utf8")) as Note).entry;
    const { working, all, ending, over } = content;
    return [file, working?.command, all?.status, ending, over].join(" ");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return `${file} gone`;
    throw thrown;
  }
}

/** Kills the daemon at each journal step that was not seen before, and starts it again. */
class Reaper {
  readonly steps = new Set<string>();
  #watcher: FSWatcher | undefined;
  #restarting: Promise<void> = Promise.resolve();
  #isKilling = false;
  #failure: unknown;

  begin(): void {
    const folder = join(world.device.home, "cm", "supercargo", "journal");
    this.#watcher = watch(folder, (_, file) => {
      if (file === null || !file.startsWith("desired-state") || !file.endsWith(".json") || this.#isKilling)
        return;
      const step = stepOf(folder, file);
      if (this.steps.has(step)) return;
      this.steps.add(step);
      this.#isKilling = true;
      this.#restarting = this.#restart().catch((thrown: unknown) => {
        this.#failure = thrown;
      });
    });
  }

  async #restart(): Promise<void> {
    const { device } = world.device;
    const pid = device.pidOf("container-management");
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    await device.end("container-management", "SIGKILL");
    this.#isKilling = false;
    await device.startDaemon(stepSignal());
  }

  /** Resolves when no restart is under way. */
  async whenRunning(): Promise<void> {
    for (let before: Promise<void> | undefined; before !== this.#restarting; ) {
      before = this.#restarting;
      await before;
    }
  }

  async end(): Promise<void> {
    await this.whenRunning();
    this.#watcher?.close();
    if (this.#failure !== undefined) throw this.#failure;
  }
}

interface Outcome {
  readonly ids: ReadonlyMap<string, string>;
  readonly images: ReadonlySet<string>;
}

/** All of them run, once each, the system container untouched. */
async function outcome(): Promise<Outcome> {
  const all = await world.list();
  expect(all.find(({ name }) => name === "sua")?.state.pid).toBe(systemPid);
  const others = all.filter(({ name }) => name !== "sua");
  expect(others.filter(({ state }) => state.status !== "Running")).toEqual([]);
  for (const { state } of others) process.kill(state.pid, 0);
  const ids = new Map(others.map(({ name, id }) => [name, id]));
  expect(ids.size).toBe(others.length);
  return { ids, images: new Set(others.map(({ image }) => image.name)) };
}

async function prepare(): Promise<Outcome> {
  const id = crypto.randomUUID();
  await world.client.desire(id, [...wish("1"), component("old", app("1"))]);
  await world.client.leadThrough(id);
  return await outcome();
}

/** Sent again while it was not heard: a daemon that is just being killed is not subscribed. Answers how often it was sent. */
async function desireUntilHeard(id: string, components: readonly unknown[], reaper: Reaper): Promise<number> {
  const { client } = world;
  for (let sent = 1; ; sent++) {
    await reaper.whenRunning();
    await client.desire(id, components, {});
    await until(() => client.of(id).length > 0, "an answer", ANSWER_LIMIT_MS).catch((thrown: unknown) => {
      if (sent >= 10) throw thrown;
    });
    if (client.of(id).length > 0) return sent;
  }
}

/** How many of the steps were met depends on the machine; each of them is met in memory (journal.test.ts). */
function tell(reaper: Reaper): void {
  console.log(`killed at ${reaper.steps.size} journal steps: ${[...reaper.steps].join("; ")}`);
  expect(reaper.steps.size).toBeGreaterThan(0);
}

for (let round = 1; round <= ROUNDS; round++) {
  test(`${round}: one bad image: all old, with their ids`, async () => {
    const id = `bad-${round}`;
    const before = await prepare();
    const reaper = new Reaper();
    reaper.begin();
    await world.client.desire(id, wish("2", "c7"), {});
    const last = await world.client.lastWord(id);
    await reaper.end();
    expect(last.payload.status).toBe("INCOMPLETE");
    expect(last.payload.message).toContain("/bin/nope");
    const after = await outcome();
    expect([...after.images]).toEqual([app("1")]);
    expect(after.ids).toEqual(before.ids);
    expect(world.client.lastWords(id)).toHaveLength(1);
    tell(reaper);
  }, 180_000);

  test(`${round}: a second desired state while old ones are down: all new, the first one has its last word`, async () => {
    const [first, second] = [`first-${round}`, `second-${round}`];
    await prepare();
    const reaper = new Reaper();
    reaper.begin();
    await world.client.desire(first, wish("2", "c7"), {});
    await world.client.status(first, "UPDATE_SUCCESS", "ACTIVATING");
    const sent = await desireUntilHeard(second, wish("3"), reaper);
    const last = await world.client.lastWord(second);
    await reaper.end();
    expect(last.payload.status).toBe("COMPLETED");
    const after = await outcome();
    expect([...after.images]).toEqual([app("3")]);
    expect([...after.ids.keys()].sort()).toEqual(NAMES);
    expect(world.client.lastWords(second).length).toBeLessThanOrEqual(sent);
    const ends = world.client.lastWords(first).map(({ payload }) => payload.status);
    expect(ends).toHaveLength(1);
    // It may have been over on a machine that was slow to send the second one.
    expect(["SUPERSEDED", "INCOMPLETE"]).toContain(ends[0] ?? "");
    console.log(`the first one: ${ends[0]}`);
    tell(reaper);
  }, 180_000);
}
