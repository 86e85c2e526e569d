import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { delay, systemClock } from "../../src/base/clock.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { ctr, engineLeftovers } from "./support/engine-inventory.ts";
import { seededRandom } from "./support/seeded-random.ts";
import { whatWasSaid } from "./support/what-was-said.ts";

const IMAGE = "localhost/test/crash:1";
const STAY = "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done";
const COUNT = 10;
const ROUNDS = Number(process.env["SUPERCARGO_CRASH_ROUNDS"] ?? 50);
const SEED = Number(process.env["SUPERCARGO_SEED"] ?? Date.now() % 1_000_000);
const SETTLE_LIMIT_MS = 60_000;
/** Kills fall into this time after the edits: a deployment of ten takes about as long. */
const KILL_WINDOW_MS = 900;
/** Share of the changes that take a manifest away. */
const DELETIONS = 0.2;
/** What is fixed for every start of the deployer; a container goes at once with its file. */
const DEPLOYER = ["--probation", "0", "--prune"];
const VICTIMS = ["container-management", "kanto-auto-deployer", "containerd"] as const;

let device: TestDevice;
let folder: string;
const random = seededRandom(SEED);
const versions = new Map<string, number>();

function writeManifest(index: number): void {
  const name = `crash-${index}`;
  const version = (versions.get(name) ?? 0) + 1;
  versions.set(name, version);
  const manifest = {
    // Most real manifests have a fixed id; two of ten here have none.
    ...(index < 8 ? { container_id: name } : {}),
    container_name: name,
    image: { name: IMAGE },
    config: { cmd: ["sh", "-c", STAY], env: [`VERSION=${version}`] },
    host_config: {
      port_mappings: index % 3 === 0 ? [{ host_port: 21000 + index, container_port: 80 }] : [],
      restart_policy: { type: "always", maximum_retry_count: 0, retry_timeout: 0 },
    },
  };
  const path = join(folder, `${name}.json`);
  writeFileSync(`${path}.new`, JSON.stringify(manifest));
  renameSync(`${path}.new`, path);
}

/** An edit, and now and then an end: the container goes with its file. Answers the name. */
function change(): string {
  const index = Math.floor(random() * COUNT);
  const name = `crash-${index}`;
  if (random() < DELETIONS && versions.delete(name)) rmSync(join(folder, `${name}.json`));
  else writeManifest(index);
  return name;
}

/** Containers that nobody touches keep their processes, whoever is killed. */
async function untouched(changed: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const containers = await device.device.client.list(stepSignal());
  return new Map(containers.filter(({ name }) => !changed.has(name)).map(({ id, state }) => [id, state.pid]));
}

/** What is not as the folder wants it; empty = settled. */
async function findings(): Promise<readonly string[]> {
  const containers = await device.device.client.list(stepSignal());
  const found: string[] = [];
  for (const [name, version] of versions) {
    const own = containers.filter((container) => container.name === name);
    if (own.length !== 1) found.push(`${name} is there ${own.length} times`);
    for (const { state, config } of own) {
      if (state.status !== "Running") found.push(`${name} is ${state.status} ${state.error}`);
      if (!config?.env.includes(`VERSION=${version}`))
        found.push(`${name} has ${config?.env}, not version ${version}`);
    }
  }
  const strangers = containers
    .filter(({ name }) => !versions.has(name))
    .map(({ name }) => `${name} is a stranger`);
  found.push(...strangers, ...unfinished());
  return found.length > 0 ? found : engineLeftovers(device.device, containers);
}

/** A replacement that goes on without the deployer that asked for it: what runs now may not be what runs in a moment. */
function unfinished(): readonly string[] {
  const folder = device.device.deployerState();
  const isMemory = (name: string) => /^[0-9a-f]+\.json$/.test(name);
  const texts = readdirSync(folder)
    .filter(isMemory)
    .map((name) => readFileSync(join(folder, name), "utf8"));
  return texts.some((text) => text.includes('"pending":'))
    ? ["the end of a replacement is not known yet"]
    : [];
}

async function settle(round: string): Promise<number> {
  const startedMs = systemClock.nowMs();
  let found: readonly string[] = ["never looked"];
  while (found.length > 0) {
    const tookMs = systemClock.nowMs() - startedMs;
    if (tookMs > SETTLE_LIMIT_MS)
      throw new Error(
        `${round} (seed ${SEED}) did not settle: ${found.join("; ")}\n${whatWasSaid(device.device, versions.keys(), found)}`,
      );
    try {
      found = await findings();
    } catch (thrown) {
      found = [String(thrown)];
    }
    if (found.length > 0) await delay(systemClock, 50, stepSignal());
  }
  return systemClock.nowMs() - startedMs;
}

async function killAndRestart(victim: (typeof VICTIMS)[number]): Promise<void> {
  const { device: parts } = device;
  if (victim === "containerd") {
    await parts.killContainerd();
    await parts.startContainerd();
  } else {
    await parts.end(victim, "SIGKILL");
    if (victim === "container-management") await parts.startDaemon(stepSignal());
    else parts.deploy(folder, DEPLOYER);
  }
}

beforeAll(async () => {
  device = await startTestDevice({ manager: { live_restore: true } });
  folder = mkdtempSync(join(tmpdir(), "supercargo-crash-"));
  mkdirSync(folder, { recursive: true });
  await device.importImage({ name: IMAGE, config: {} });
  for (let index = 0; index < COUNT; index++) writeManifest(index);
  device.device.deploy(folder, DEPLOYER);
  await settle("the first deployment");
}, 180_000);

afterAll(async () => {
  await device?.end();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

describe("kill -9 at random moments of a deployment", () => {
  test(
    `${ROUNDS} rounds over daemon, deployer and containerd: nothing lost, nothing twice, nothing left over`,
    async () => {
      let longestMs = 0;
      let changes = 0;
      const kills = new Map<string, number>();
      for (let round = 1; round <= ROUNDS; round++) {
        const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? "container-management";
        const edits = 1 + Math.floor(random() * COUNT);
        const changed = new Set<string>();
        const before = await untouched(changed);
        for (let edit = 0; edit < edits; edit++) changed.add(change());
        changes += edits;
        await delay(systemClock, random() * KILL_WINDOW_MS, stepSignal());
        await killAndRestart(victim);
        kills.set(victim, (kills.get(victim) ?? 0) + 1);
        longestMs = Math.max(
          longestMs,
          await settle(`round ${round}, ${victim} killed after ${edits} edits`),
        );
        for (const [id, pid] of await untouched(changed)) {
          if (before.get(id) !== pid)
            throw new Error(`round ${round} (seed ${SEED}): ${id} was stopped by the kill of ${victim}`);
        }
      }
      const counts = [...kills].map(([victim, count]) => `${victim} ${count}`).join(", ");
      console.log(
        `seed ${SEED}: ${ROUNDS} kills (${counts}) in ${changes} edits and removals, longest to settle ${Math.round(longestMs)} ms`,
      );
      expect([...kills.values()].reduce((sum, count) => sum + count, 0)).toBe(ROUNDS);
      // Each of the three, when there are enough rounds for chance to have no part in it.
      if (ROUNDS >= 50) expect([...kills.keys()].sort()).toEqual([...VICTIMS].sort());
    },
    ROUNDS * 20_000,
  );

  test("what would be left over is seen: a rule, a lease and a snapshot that nobody owns", async () => {
    const table = ["ip", `supercargo_${device.device.places.bridge}`];
    const stray = ["any_address", "{ tcp . 29999 : 172.17.0.250 . 80 }"];
    expect(spawnSync("nft", ["add", "element", ...table, ...stray], { encoding: "utf8" }).stderr).toBe("");
    ctr(device.device, "leases", "create", "--id", "stray");
    ctr(device.device, "snapshots", "prepare", "stray-snapshot");
    const found = engineLeftovers(device.device, await device.device.client.list(stepSignal()));
    ctr(device.device, "snapshots", "rm", "stray-snapshot");
    ctr(device.device, "leases", "delete", "stray");
    expect(found).toEqual(
      expect.arrayContaining([
        "published port tcp 29999 172.17.0.250 80 has no owner",
        "lease stray is left over",
        "snapshot stray-snapshot has no owner",
      ]),
    );
  });
});
