/** The partitions of state and of images fill up in the middle of requests: the daemon lives and says so, no state is torn, and it heals when there is room again (reliability R6). */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { delay, systemClock } from "../../src/base/clock.ts";
import { errnoName } from "../../src/base/libc.ts";
import { SupercargoError } from "../../src/errors/error.ts";
import { fromStoredJson } from "../../src/manifest/stored-reader.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { Cast, KILL, policyOf } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { seededRandom } from "./support/seeded-random.ts";

const IMAGE = { name: "localhost/test/full:1", config: {} };
const LATE = { name: "localhost/test/late:1", config: {}, scripts: { late: "#".repeat(1 << 20) } };
const MOMENTS = Number(process.env["SUPERCARGO_FULL_MOMENTS"] ?? 2);
const SEED = Number(process.env["SUPERCARGO_SEED"] ?? Date.now() % 1_000_000);
const NAMES = ["a", "b", "c", "d"];
const LIMIT_MS = 120_000;
const DISK_LIMIT_BYTES = 100 << 20;
/** R6, and as much again for a machine that is busy with other tests. */
const HEALED_WITHIN_MS = 60_000;
/** Requests of each of two clients around one moment. */
const REQUESTS = 8;

const random = seededRandom(SEED);
let device: TestDevice;
let cast: Cast;
let keptPid = 0;
const refusals = new Map<string, number>();

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice(
    { manager: { live_restore: true } },
    { containerdDisk: "64m", stateDisk: "16m" },
  );
  await device.importImage(IMAGE);
  cast = new Cast(device, IMAGE.name);
  await cast.start("kept", ["sleep", "100000"], "always");
  keptPid = await cast.pid("kept");
}, LIMIT_MS);

afterAll(() => device?.end(), LIMIT_MS);

function pick<T>(list: readonly T[]): T {
  const item = list[Math.floor(random() * list.length)];
  if (item === undefined) throw new Error("an empty list");
  return item;
}

/** Takes every byte that is left of a small file system; answers how to give them back. */
function fill(folder: string): () => void {
  const { blocks, bsize } = statfsSync(folder);
  if (blocks * bsize > DISK_LIMIT_BYTES) throw new Error(`${folder} is no partition of this test's own`);
  const path = join(folder, "ballast");
  const file = openSync(path, "a");
  // Whole mebibytes first, then what is left of the last pages.
  for (const size of [1 << 20, 4096, 1]) {
    for (let isRoom = true; isRoom; ) isRoom = hasTaken(file, size);
  }
  closeSync(file);
  return () => rmSync(path);
}

function hasTaken(file: number, size: number): boolean {
  try {
    return writeSync(file, new Uint8Array(size)) > 0;
  } catch (thrown) {
    if (errnoName(thrown) === "ENOSPC") return false;
    throw thrown;
  }
}

const wishOf = (id: string) =>
  fillDefaults({
    id,
    name: id,
    image: { name: IMAGE.name },
    config: { env: [], cmd: ["sleep", "100000"] },
    hostConfig: { networkMode: "host", restartPolicy: policyOf("always") },
  });

/** Reads are always answered, whatever the disk. */
const READS: readonly (() => Promise<unknown>)[] = [
  () => cast.client.list(stepSignal()),
  () => cast.client.get("kept", stepSignal()),
  () => cast.ours.status(stepSignal()),
  () => cast.ours.details([], stepSignal()),
  () => Array.fromAsync(cast.client.logs("kept", 10, stepSignal())),
];

/** Each name has its container before a moment, so that most requests have something to change. */
async function makeAll(): Promise<void> {
  const there = new Set((await cast.client.list(stepSignal())).map(({ id }) => id));
  for (const id of NAMES.filter((name) => !there.has(name)))
    await cast.client.create(wishOf(id), stepSignal());
}

/** A replacement that the full disk strikes in its middle ends when there is room again; its client need not wait. */
const patience = () => AbortSignal.timeout(3_000);

const CHANGES: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
  create: (id) => cast.client.create(wishOf(id), stepSignal()),
  start: (id) => cast.client.start(id, stepSignal()),
  "another start": (id) => cast.client.start(id, stepSignal()),
  stop: (id) => cast.client.stop(id, KILL, stepSignal()),
  rename: (id) => cast.client.rename(id, `${id}-${Math.floor(random() * 100)}`, stepSignal()),
  update: (id) => cast.client.update(id, policyOf(pick(["no", "always"])), undefined, stepSignal()),
  replace: (id) => cast.client.replace(id, wishOf(id), { stop: KILL, probationMs: 0 }, patience()),
  remove: (id) => cast.client.remove(id, true, KILL, stepSignal()),
};

async function change(): Promise<void> {
  const [what, ask] = pick(Object.entries(CHANGES));
  const id = pick(NAMES);
  try {
    await ask(id);
  } catch (thrown) {
    if (what === "replace" && thrown instanceof DOMException) return count("no answer");
    if (!(thrown instanceof SupercargoError)) throw new Error(`${what} ${id}: ${thrown}`);
    // Neither unexpected nor without a code of ours.
    expect(["SC_INTERNAL", "SC_CALL_FAILED"]).not.toContain(thrown.code);
    count(thrown.code);
  }
}

function count(what: string): void {
  refusals.set(what, (refusals.get(what) ?? 0) + 1);
}

async function client(): Promise<void> {
  for (let at = 0; at < REQUESTS; at++) await change();
}

/** Every state on the disk is whole, also while nothing more can be written. */
function checkStates(): void {
  const folder = join(device.home, "cm/containers");
  for (const id of readdirSync(folder)) {
    const path = join(folder, id, "config.json");
    if (existsSync(path)) expect(fromStoredJson(readFileSync(path)).id).toBe(id);
  }
  const aside = join(device.home, "cm/supercargo/quarantine");
  expect(existsSync(aside) ? readdirSync(aside) : []).toEqual([]);
}

async function heal(where: string): Promise<number> {
  const startedMs = systemClock.nowMs();
  let found: readonly string[] = [];
  const isHealed = async () => {
    const { problems } = await cast.ours.status(stepSignal());
    found = [
      ...engineLeftovers(device.device, await cast.client.list(stepSignal())),
      ...problems.map(({ code, message }) => `${code} ${message}`),
    ];
    return found.length === 0;
  };
  await until(isHealed, () => `${where} (seed ${SEED}): ${found.join("; ")}`, HEALED_WITHIN_MS);
  return systemClock.nowMs() - startedMs;
}

async function moment(folder: string, isKilled: boolean, where: string): Promise<number> {
  await makeAll();
  const clients = [client(), client()];
  await delay(systemClock, random() * 400, stepSignal());
  const giveBack = fill(folder);
  await Promise.all([...clients, client()]);
  for (const read of READS) await read();
  checkStates();
  if (isKilled) {
    await device.device.end("container-management", "SIGKILL");
    await device.device.startDaemon(stepSignal());
    for (const read of READS) await read();
    checkStates();
  }
  giveBack();
  const tookMs = await heal(where);
  device.device.checkAlive();
  expect((await cast.get("kept")).state.pid).toBe(keptPid);
  return tookMs;
}

for (const [what, folder] of [
  ["state", "cm"],
  ["images and layers", "containerd"],
] as const) {
  describe(`the partition of ${what} is full`, () => {
    test(
      `at ${MOMENTS} moments of other requests: alive, whole, and healed when there is room`,
      async () => {
        refusals.clear();
        let longestMs = 0;
        for (let at = 0; at < MOMENTS; at++) {
          const where = `${what}, moment ${at + 1}`;
          longestMs = Math.max(longestMs, await moment(join(device.home, folder), at % 2 === 1, where));
        }
        const told = [...refusals].map(([code, count]) => `${code} ${count}`).join(", ");
        console.log(
          `seed ${SEED}: the partition of ${what} full at ${MOMENTS} moments, healed after ${Math.round(longestMs)} ms at most; refused: ${told}`,
        );
      },
      MOMENTS * LIMIT_MS,
    );
  });
}

test(
  "a wish for which there is no room is refused with the place, an image with the numbers",
  async () => {
    const giveBackState = fill(join(device.home, "cm"));
    const refused = await cast.client.create(wishOf("late"), stepSignal()).catch((thrown) => thrown);
    expect(refused).toMatchObject({ code: "SC_DISK_FULL" });
    expect(String(refused.message)).toContain(join(device.home, "cm/containers/late"));
    giveBackState();
    const giveBackImages = fill(join(device.home, "containerd"));
    const tooLarge = await device.importImage(LATE).catch((thrown) => thrown);
    expect(tooLarge).toMatchObject({ code: "SC_DISK_FULL" });
    expect(String(tooLarge.message)).toMatch(/\d/);
    giveBackImages();
    await device.importImage(LATE);
    await cast.client.create(wishOf("late"), stepSignal());
    await cast.client.remove("late", true, KILL, stepSignal());
    await heal("after the refusals");
  },
  LIMIT_MS,
);
