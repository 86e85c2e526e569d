/** Daemon, deployer and registry are killed and come back at random while the folder is edited: in the end it is what runs. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { delay, systemClock } from "../../src/base/clock.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { MemoryRegistry } from "./support/memory-registry.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { buildImage } from "./support/oci-image.ts";
import { type PeerFace, servePeerFace } from "./support/peer-face.ts";
import { seededRandom } from "./support/seeded-random.ts";
import { whatWasSaid } from "./support/what-was-said.ts";

const ROUNDS = Number(process.env["SUPERCARGO_FOLDER_ROUNDS"] ?? 50);
/** Whether the deployer sees only the 14 rpcs of Kanto's daemon. */
const AGAINST_KANTO = process.env["SUPERCARGO_FOLDER_AGAINST"] === "kanto";
const SEED = Number(process.env["SUPERCARGO_SEED"] ?? Date.now() % 1_000_000);
const COUNT = 6;
/** Rounds between two looks at what runs. */
const LOOK_EVERY = 17;
const SETTLE_LIMIT_MS = 90_000;
const KILL_WINDOW_MS = 200;
const AWAY_MS = 150;
const STAY = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
/** With a probation of its own each replacement has a second half that a kill can fall into. */
const OPTIONS = ["--prune", "--probation", "1"];
const VICTIMS = ["daemon", "deployer", "registry"] as const;
type Victim = (typeof VICTIMS)[number];

let device: TestDevice;
let registry: MemoryRegistry;
let folder: string;
let face: PeerFace | undefined;
let serial = 0;
const random = seededRandom(SEED);

interface Version {
  readonly version: number;
  readonly image: string;
  /** Of the file. */
  readonly text: string;
}

/** What the folder holds, by name. */
const wished = new Map<string, Version>();
/** By name what was written before that, to be changed back to. */
const former = new Map<string, Version>();
let image = "";

const below = (count: number) => Math.floor(random() * count);
const nameOf = (index: number) => `truth-${index}`;

function save(name: string, text: string): void {
  const path = join(folder, `${name}.json`);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function write(index: number): void {
  const name = nameOf(index);
  const version = ++serial;
  // Half of the versions have an image that is nowhere on the device.
  if (image === "" || random() < 0.5) {
    const built = buildImage({ cmd: STAY, env: ["PATH=/bin", `IMAGE=${version}`], compression: "none" });
    image = registry.offer("test/truth", `v${version}`, built);
  }
  const manifest = {
    ...(index < 4 ? { container_id: name } : {}),
    container_name: name,
    image: { name: image },
    config: { env: [`VERSION=${version}`] },
    host_config:
      index % 3 === 0
        ? { port_mappings: [{ host_port: 22000 + index, container_port: 80 }] }
        : { network_mode: "host" },
  };
  put(name, { version, image, text: JSON.stringify(manifest) });
}

function put(name: string, version: Version): void {
  const before = wished.get(name);
  if (before !== undefined) former.set(name, before);
  wished.set(name, version);
  save(name, version.text);
}

/** A change of the folder, as somebody in a hurry makes it. */
function change(): void {
  const index = below(COUNT);
  const chance = random();
  if (chance < 0.1 && wished.size > COUNT / 2) {
    wished.delete(nameOf(index));
    rmSync(join(folder, `${nameOf(index)}.json`), { force: true });
    return;
  }
  if (chance < 0.2) save(nameOf(index), '{"container_name": "tru');
  const before = former.get(nameOf(index));
  if (chance > 0.75 && before !== undefined) put(nameOf(index), before);
  else write(index);
}

const kantoSocket = () => join(device.device.places.run, "kanto.sock");

function deploy(): void {
  device.device.deploy(folder, OPTIONS, face === undefined ? device.device.socket : kantoSocket());
}

async function strike(victim: Victim): Promise<void> {
  await delay(systemClock, random() * KILL_WINDOW_MS, stepSignal());
  const awayMs = random() * AWAY_MS;
  const { device: parts } = device;
  switch (victim) {
    case "registry":
      await registry.stop();
      await delay(systemClock, awayMs, stepSignal());
      return registry.resume();
    case "daemon":
      await parts.end("container-management", "SIGKILL");
      await delay(systemClock, awayMs, stepSignal());
      return parts.startDaemon(stepSignal());
    case "deployer":
      await parts.end("kanto-auto-deployer", "SIGKILL");
      await delay(systemClock, awayMs, stepSignal());
      return deploy();
  }
}

/** What is not as the folder says; empty = all of it is. */
async function findings(): Promise<readonly string[]> {
  const containers = await device.device.client.list(stepSignal());
  const found: string[] = [];
  for (const [name, wish] of wished) {
    const own = containers.filter((container) => container.name === name);
    if (own.length !== 1) found.push(`${name} is there ${own.length} times`);
    for (const { state, config, image: runs } of own) {
      if (state.status !== "Running") found.push(`${name} is ${state.status} ${state.error}`);
      if (config?.env.includes(`VERSION=${wish.version}`) !== true || runs.name !== wish.image)
        found.push(`${name} has ${config?.env} of ${runs.name}, not ${wish.version} of ${wish.image}`);
    }
  }
  for (const { name } of containers) if (!wished.has(name)) found.push(`${name} is not in the folder`);
  if (found.length > 0) return found;
  // A pull that was cut off keeps what it has fetched and unpacked for a day, to go on from there.
  return engineLeftovers(device.device, containers).filter(
    (one) => !/^(lease supercargo-pull-|snapshot extract-)/.test(one),
  );
}

async function settle(when: string): Promise<number> {
  const startedMs = systemClock.nowMs();
  for (;;) {
    let found: readonly string[];
    try {
      found = await findings();
    } catch (thrown) {
      found = [String(thrown)];
    }
    const tookMs = systemClock.nowMs() - startedMs;
    if (found.length === 0) return tookMs;
    if (tookMs > SETTLE_LIMIT_MS) {
      const said = whatWasSaid(device.device, wished.keys(), found);
      throw new Error(`seed ${SEED}, ${when}: ${found.join("; ")}\n${said}`);
    }
    await delay(systemClock, 50, stepSignal());
  }
}

beforeAll(async () => {
  refuseInitialNamespace();
  console.log(
    `the folder is what runs: seed ${SEED}, ${ROUNDS} rounds${AGAINST_KANTO ? ", Kanto's rpcs alone" : ""}`,
  );
  registry = await MemoryRegistry.start();
  device = await startTestDevice({
    manager: { live_restore: true },
    containers: { insecure_registries: [registry.host] },
  });
  folder = mkdtempSync(join(tmpdir(), "supercargo-truth-"));
  for (let index = 0; index < COUNT; index++) write(index);
  if (AGAINST_KANTO) face = servePeerFace(device.device.socket, kantoSocket());
  deploy();
}, 120_000);

afterAll(async () => {
  await face?.stop();
  await device?.end();
  await registry?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

test(
  `${ROUNDS} rounds of edits, removals, half-written files and kills`,
  async () => {
    const strikes = new Map<Victim, number>(VICTIMS.map((victim) => [victim, 0]));
    let changes = 0;
    let longestMs = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      for (let more = 1 + below(4); more > 0; more--, changes++) change();
      const first = VICTIMS[below(VICTIMS.length)] ?? "daemon";
      const struck = VICTIMS.filter((victim) => victim === first || random() < 0.25);
      for (const victim of struck) strikes.set(victim, (strikes.get(victim) ?? 0) + 1);
      await Promise.all(struck.map(strike));
      if (round % LOOK_EVERY === 0 || round === ROUNDS) {
        longestMs = Math.max(longestMs, await settle(`round ${round}, last struck: ${struck.join(", ")}`));
      }
    }
    const counts = [...strikes].map(([victim, count]) => `${victim} ${count}`).join(", ");
    console.log(
      `seed ${SEED}: ${ROUNDS} rounds, ${changes} changes, killed: ${counts}; longest to settle ${Math.round(longestMs)} ms`,
    );
    expect([...strikes.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(ROUNDS);
  },
  ROUNDS * 10_000 + SETTLE_LIMIT_MS,
);
