/** Many clients ask for anything at once on a real device; whenever it has settled, list, disk, containerd and the model agree. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { ContainersClient } from "../../src/api/containers-client.ts";
import { DaemonConnection } from "../../src/api/daemon-connection.ts";
import { delay, systemClock } from "../../src/base/clock.ts";
import { SupercargoError } from "../../src/errors/error.ts";
import type { Container } from "../../src/model/container.ts";
import { type ContainerWish, fillDefaults } from "../../src/model/defaults.ts";
import {
  type Answer,
  type Asked,
  firstUnexplained,
  type RequestKind,
  type Standing,
  standingsAfter,
} from "../model/history.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { seededRandom } from "./support/seeded-random.ts";

const IMAGE = "localhost/test/random:1";
const CLIENTS = Number(process.env["SUPERCARGO_RANDOM_CLIENTS"] ?? 8);
const SECONDS = Number(process.env["SUPERCARGO_RANDOM_SECONDS"] ?? 120);
const SEED = Number(process.env["SUPERCARGO_SEED"] ?? Date.now() % 1_000_000);
const NAMES = Number(process.env["SUPERCARGO_RANDOM_NAMES"] ?? 5);
/** A client rests so long at most before it asks again: others have tests to run on this machine. */
const REST_MS = Number(process.env["SUPERCARGO_RANDOM_REST_MS"] ?? 800);
/** Time in which everybody asks, between two looks. */
const BURST_MS = 4_000;
const SETTLE_LIMIT_MS = 60_000;
const PORT = 22_000;
const STOP = { timeoutSeconds: 1, force: true, signal: "SIGKILL" };
const POLICIES = ["always", "unless-stopped", "on-failure", "no"];

const random = seededRandom(SEED);
let device: TestDevice;
let clients: ContainersClient[] = [];
let asked = new Map<string, Asked[]>();
const counts = new Map<string, number>();

function pick<T>(list: readonly T[]): T {
  const item = list[Math.floor(random() * list.length)];
  if (item === undefined) throw new Error("an empty list");
  return item;
}

function wishOf(id: string): ContainerWish {
  const index = Number(id.slice(4));
  const hostPort = PORT + index;
  const mapping = { protocol: "tcp", hostIp: "0.0.0.0", hostPort, hostPortEnd: hostPort, containerPort: 80 };
  const restartPolicy = { type: pick(POLICIES), maximumRetryCount: 0, retryTimeoutNanos: 0n };
  return {
    id,
    name: id,
    image: { name: IMAGE },
    config: { env: [], cmd: ["sleep", "100000"] },
    hostConfig: { restartPolicy, portMappings: index % 2 === 0 ? [mapping] : [] },
  };
}

type Request = (client: ContainersClient, id: string) => Promise<unknown>;

const LIMITS = { memory: "16M", memoryReservation: "", memorySwap: "" };

const REQUESTS: ReadonlyArray<readonly [RequestKind, Request]> = [
  ["create", (client, id) => client.create(fillDefaults(wishOf(id)), stepSignal())],
  ["start", (client, id) => client.start(id, stepSignal())],
  ["start", (client, id) => client.start(id, stepSignal())],
  ["stop", (client, id) => client.stop(id, STOP, stepSignal())],
  ["pause", (client, id) => client.pause(id, stepSignal())],
  ["unpause", (client, id) => client.unpause(id, stepSignal())],
  ["remove", (client, id) => client.remove(id, true, STOP, stepSignal())],
  ["touch", (client, id) => client.rename(id, `${id}-${Math.floor(random() * 100)}`, stepSignal())],
  ["touch", (client, id) => client.update(id, undefined, LIMITS, stepSignal())],
  ["replace", replace],
];

async function replace(client: ContainersClient, id: string): Promise<void> {
  const outcome = await client.replace(
    id,
    fillDefaults(wishOf(id)),
    { stop: STOP, probationMs: 0 },
    stepSignal(),
  );
  if (outcome.kind === "rolled-back") throw new SupercargoError("SC_REPLACE_FAILED", outcome.reason);
}

function answerOf(thrown: unknown): Answer {
  if (!(thrown instanceof SupercargoError)) throw thrown;
  if (thrown.message.includes("cannot be changed at the moment")) return "nothing";
  switch (thrown.code) {
    case "SC_CONTAINER_STATE":
    case "SC_CONTAINER_NOT_FOUND":
      return "refused";
    case "SC_CONTAINER_EXISTS":
      // Also while another request is still making one of this id.
      return "nothing";
    case "SC_REPLACE_FAILED":
      // Removed before the swap, or afterwards: then it had run.
      return thrown.message.includes("was removed while") ? "unknown" : "nothing";
    default:
      return "unknown";
  }
}

async function ask(client: ContainersClient): Promise<void> {
  const id = `rand${Math.floor(random() * NAMES)}`;
  const [kind, request] = pick(REQUESTS);
  const beganMs = systemClock.nowMs();
  let answer: Answer = "ok";
  let text: string = kind;
  try {
    await request(client, id);
  } catch (thrown) {
    answer = answerOf(thrown);
    text = `${kind}: ${String(thrown)}`;
  }
  const own = asked.get(id) ?? [];
  own.push({ kind, beganMs, endedMs: systemClock.nowMs(), answer, text: `${text} (${answer})` });
  asked.set(id, own);
  const counted = `${kind} ${answer}`;
  counts.set(counted, (counts.get(counted) ?? 0) + 1);
}

async function burst(client: ContainersClient): Promise<void> {
  const untilMs = systemClock.nowMs() + BURST_MS;
  while (systemClock.nowMs() < untilMs) {
    await ask(client);
    await delay(systemClock, random() * REST_MS, stepSignal());
  }
}

function standingOf(container: Container | undefined): Standing {
  if (container === undefined) return "gone";
  const { status } = container.state;
  if (status === "Running") return "runs";
  return status === "Paused" ? "paused" : "rests";
}

/** Waits until nothing is wrong any more, then explains what was answered since the last time. */
async function settle(before: ReadonlyMap<string, Standing>): Promise<ReadonlyMap<string, Standing>> {
  const startedMs = systemClock.nowMs();
  let list = await device.device.client.list(stepSignal());
  for (let found = engineLeftovers(device.device, list); found.length > 0; ) {
    if (systemClock.nowMs() - startedMs > SETTLE_LIMIT_MS) {
      throw new Error(`seed ${SEED}: did not settle: ${found.join("; ")}`);
    }
    await delay(systemClock, 100, stepSignal());
    list = await device.device.client.list(stepSignal());
    found = engineLeftovers(device.device, list);
  }
  const now = new Map<string, Standing>();
  for (let index = 0; index < NAMES; index++) {
    const id = `rand${index}`;
    const standing = standingOf(list.find((container) => container.id === id));
    const history = asked.get(id) ?? [];
    const possible = standingsAfter(before.get(id) ?? "gone", history);
    if (!possible.has(standing)) {
      const from = before.get(id) ?? "gone";
      const wrong = firstUnexplained(from, history);
      const where = wrong.length === 0 ? history.map(({ text }) => text) : wrong;
      throw new Error(
        `seed ${SEED}: ${id} was ${from}, now ${standing}, not explained:\n${where.join("\n")}`,
      );
    }
    now.set(id, standing);
  }
  asked = new Map();
  return now;
}

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { live_restore: true } });
  await device.importImage({ name: IMAGE, config: {} });
  clients = Array.from(
    { length: CLIENTS },
    () => new ContainersClient(new DaemonConnection({ unix: device.device.socket }), "test"),
  );
}, 120_000);

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await device?.end();
}, 120_000);

test(
  `${CLIENTS} clients ask at random for ${SECONDS} s: every answer is explained, list, disk and engine agree`,
  async () => {
    const untilMs = systemClock.nowMs() + SECONDS * 1000;
    let standings: ReadonlyMap<string, Standing> = new Map();
    let bursts = 0;
    while (systemClock.nowMs() < untilMs) {
      await Promise.all(clients.map(burst));
      standings = await settle(standings);
      bursts++;
    }
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const lines = [...counts].sort().map(([what, count]) => `${what} ${count}`);
    console.log(
      `seed ${SEED} (SUPERCARGO_SEED): ${total} requests of ${CLIENTS} clients, settled ${bursts} times; ${lines.join(", ")}`,
    );
    expect(total).toBeGreaterThan(CLIENTS);
  },
  SECONDS * 4_000 + 120_000,
);
