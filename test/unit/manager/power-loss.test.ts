import { expect, test } from "bun:test";
import type { Manager } from "../../../src/manager/manager.ts";
import { openContainerStore } from "../../../src/store/container-files.ts";
import { openJournal } from "../../../src/store/journal-files.ts";
import { storedSeen } from "../../model/invariants.ts";
import { LOSSES, MemoryDisk } from "../store/memory-disk.ts";
import { Device, FOREVER, HOME, NEW_IMAGE, OLD_IMAGE, policy, wish } from "./support/device.ts";
import { findings, STOP, summary } from "./support/stories.ts";

/**
 * The power goes off after every single write, rename, sync and removal of a scenario, in every way in which a disk forgets.
 * Each of these disks is loaded, and a device is started on each that differs: it is as before the step or as after it.
 */

const OPTIONS = { stop: STOP, probationMs: 2_000 };
const SETTLE_MS = 60_000;

type Act = (manager: Manager) => Promise<unknown>;

function replace(id: string, nextId: string, image: string, command: string): Act {
  const next = { id: nextId, name: "app", image: { name: image }, config: { cmd: [command] } };
  return (manager) => manager.replace(id, next, OPTIONS, FOREVER);
}

const LIMITS = { memory: "16M", memoryReservation: "", memorySwap: "" };
const ALWAYS = policy("always").restartPolicy;

const STEPS: ReadonlyArray<readonly [string, Act]> = [
  ["create", (manager) => manager.create(wish("app", "runs"), "test", FOREVER)],
  ["start", (manager) => manager.start("app", FOREVER)],
  ["create another", (manager) => manager.create(wish("side", "runs"), "folder", FOREVER)],
  ["start another", (manager) => manager.start("side", FOREVER)],
  ["rename", (manager) => manager.rename("side", "edge", FOREVER)],
  ["update", (manager) => manager.update("side", ALWAYS, LIMITS, FOREVER)],
  ["pause", (manager) => manager.pause("app", FOREVER)],
  ["unpause", (manager) => manager.unpause("app", FOREVER)],
  ["stop", (manager) => manager.stop("app", STOP, FOREVER)],
  ["start again", (manager) => manager.start("app", FOREVER)],
  ["replace, same id", replace("app", "app", NEW_IMAGE, "runs")],
  ["replace, same id, does not start", replace("app", "app", OLD_IMAGE, "missing")],
  ["replace, same id, ends", replace("app", "app", OLD_IMAGE, "fails")],
  ["replace, new id", replace("app", "second", OLD_IMAGE, "runs")],
  ["replace, new id, does not start", replace("second", "third", NEW_IMAGE, "missing")],
  ["replace, new id, ends", replace("second", "fourth", NEW_IMAGE, "fails")],
  ["remove", (manager) => manager.remove("second", true, STOP, FOREVER)],
  ["create a third", (manager) => manager.create(wish("loop", "runs"), "test", FOREVER)],
  ["start a third", (manager) => manager.start("loop", FOREVER)],
  ["stop for good", (manager) => manager.stop("loop", STOP, FOREVER)],
  ["remove all that is left", (manager) => manager.remove("side", true, STOP, FOREVER)],
];

/** What outlives a power cut beside the disk of the state: file systems and records of the engine. */
interface Cargo {
  readonly snapshots: Device["world"]["snapshots"];
  readonly records: Device["world"]["records"];
}

interface Cut {
  readonly step: number;
  readonly where: string;
  readonly disk: MemoryDisk;
  readonly cargo: Cargo;
  /** What the next start would read if nothing were lost, now and before the last change. */
  readonly allowed: readonly string[];
}

function cargoOf({ world }: Device): Cargo {
  const snapshots = new Map([...world.snapshots].map(([key, one]) => [key, { ...one }]));
  return { snapshots, records: new Set(world.records) };
}

/** Containers and notes as the next start reads them. */
function read(disk: MemoryDisk): string {
  const { containers, problems } = openContainerStore(HOME, disk).load();
  const { entries, problems: noteProblems } = openJournal(HOME, disk).entries();
  const state = containers.map(({ container, additions }) => [storedSeen(container), additions]);
  return JSON.stringify({ state, notes: [...entries], problems: [...problems, ...noteProblems] });
}

/** Two disks with the same key cannot be told apart by a start. */
function keyOf({ disk, cargo }: Pick<Cut, "disk" | "cargo">): string {
  const files = disk.files().map((path) => [path.replace(/\.\d+\.\d+\.tmp$/, ".tmp"), text(disk, path)]);
  return JSON.stringify([files.sort(), [...cargo.snapshots], [...cargo.records]]);
}

function text(disk: MemoryDisk, path: string): string {
  return new TextDecoder().decode(disk.read(path));
}

async function started({ disk, cargo }: Pick<Cut, "disk" | "cargo">): Promise<Device> {
  const device = new Device(disk);
  for (const [key, snapshot] of cargo.snapshots) device.world.snapshots.set(key, { ...snapshot });
  for (const id of cargo.records) device.world.records.add(id);
  await device.boot();
  await device.clock.advance(SETTLE_MS);
  return device;
}

/** Goes through all steps and keeps what a power cut would leave after each change of the disk. */
async function record(): Promise<{ readonly cuts: readonly Cut[]; readonly rests: readonly string[] }> {
  const disk = new MemoryDisk();
  disk.makeFolder(HOME);
  disk.plant(`${HOME}/lock`, "");
  const device = new Device(disk);
  await device.boot();
  const cuts: Cut[] = [];
  let step = 0;
  let [before, now] = ["", read(disk.afterCut("nothing-lost"))];
  disk.onChange = (call) => {
    const seen = read(disk.afterCut("nothing-lost"));
    if (seen !== now) [before, now] = [now, seen];
    const cargo = cargoOf(device);
    for (const loss of LOSSES) {
      const where = `${STEPS[step]?.[0]}, cut after ${call}, ${loss}`;
      cuts.push({ step, where, disk: disk.afterCut(loss), cargo, allowed: [before, now] });
    }
  };
  const rests = [await restOf(device, disk)];
  for (const [, act] of STEPS) {
    await device.finish(act(device.manager));
    await device.clock.advance(SETTLE_MS);
    rests.push(await restOf(device, disk));
    step++;
  }
  return { cuts, rests };
}

/** The summary of a device that loses its power while nothing is under way. */
async function restOf(device: Device, disk: MemoryDisk): Promise<string> {
  const rested = await started({ disk: disk.afterCut("all-unsynced"), cargo: cargoOf(device) });
  expect(findings(rested)).toEqual([]);
  return summary(rested);
}

test("the power may go at any moment: every disk that is left loads, and the device is as before the step or after it", async () => {
  const { cuts, rests } = await record();
  expect(cuts.length).toBeGreaterThan(1000);
  const tried = new Set<string>();
  for (const cut of cuts) {
    const { step, where, disk, allowed } = cut;
    const found = read(disk.afterCut("nothing-lost"));
    if (!allowed.includes(found)) throw new Error(`${where}: read ${found}\nallowed ${allowed.join("\n")}`);
    const key = `${step} ${keyOf(cut)}`;
    if (tried.has(key)) continue;
    tried.add(key);
    const device = await started(cut);
    const result = summary(device);
    const isEither = result === rests[step] || result === rests[step + 1];
    expect(`${where}: ${isEither ? "before or after" : result}`).toBe(`${where}: before or after`);
    expect(`${where}: ${findings(device).join("; ")}`).toBe(`${where}: `);
  }
  console.log(`power loss: ${STEPS.length} steps, ${cuts.length} disks loaded, ${tried.size} started`);
}, 120_000);

test("a start that is itself cut off at every change of the disk ends well at the next", async () => {
  const disk = new MemoryDisk();
  disk.makeFolder(HOME);
  disk.plant(`${HOME}/lock`, "");
  const device = new Device(disk);
  await device.boot();
  await device.createAndStart(wish("app", "runs"));
  device.power.killHere = "after engine.commitSnapshot";
  void replace("app", "app", NEW_IMAGE, "runs")(device.manager).catch(() => undefined);
  await device.until(() => device.power.isDead);
  const left = { disk: disk.afterCut("all-unsynced"), cargo: cargoOf(device) };
  const cuts: { readonly where: string; readonly disk: MemoryDisk; readonly cargo: Cargo }[] = [];
  const second = new Device(left.disk);
  for (const [key, snapshot] of left.cargo.snapshots) second.world.snapshots.set(key, { ...snapshot });
  left.disk.onChange = (call) => {
    const cargo = cargoOf(second);
    for (const loss of LOSSES)
      cuts.push({ where: `${call}, ${loss}`, disk: left.disk.afterCut(loss), cargo });
  };
  await second.boot();
  await second.clock.advance(SETTLE_MS);
  expect(cuts.length).toBeGreaterThan(40);
  for (const { where, disk: found, cargo } of cuts) {
    const third = await started({ disk: found, cargo });
    expect(`${where}: ${summary(third)}`).toBe(`${where}: app v1 Running`);
    expect(`${where}: ${findings(third).join("; ")}`).toBe(`${where}: `);
  }
}, 60_000);
