/** Rows of spec/grpc-api.md §8 whose words come from runc and containerd, and random containers on the real runtime. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { ContainersClient } from "../../src/api/containers-client.ts";
import { DaemonConnection } from "../../src/api/daemon-connection.ts";
import type { Container as WireContainer } from "../../src/api/gen/api/types/containers/container.ts";
import { describeError } from "../../src/errors/error.ts";
import { bareWire } from "../unit/api/support/api-bench.ts";
import { randomContainer } from "../unit/api/support/random-containers.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = { name: "localhost/test/texts:1", decryptConfig: undefined };
const STAY = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
const SEED = Number(process.env["SUPERCARGO_SEED"] ?? Date.now() % 1_000_000);
const SAMPLE = 24;
const NO_RESTART = { type: "no", maximumRetryCount: 0n, retryTimeout: 0n };

let device: TestDevice;
let client: ContainersClient;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE.name, config: {} });
  client = new ContainersClient(new DaemonConnection({ unix: device.device.socket }), "test");
}, 120_000);

afterAll(async () => {
  await client?.close();
  await device?.end();
}, 120_000);

function wish(cmd: readonly string[], changes: Partial<WireContainer> = {}): WireContainer {
  const { hostConfig } = bareWire(changes);
  return bareWire({
    image: IMAGE,
    config: { env: [], cmd: [...cmd] },
    ...changes,
    hostConfig: {
      ...{ devices: [], networkMode: "", privileged: false, runtime: "", extraHosts: [] },
      ...{ portMappings: [], logConfig: undefined, resources: undefined, extraCapabilities: [] },
      restartPolicy: NO_RESTART,
      ...hostConfig,
    },
  });
}

const made = async (cmd: readonly string[], changes: Partial<WireContainer> = {}) =>
  (await client.createWire(wish(cmd, changes), stepSignal())).id;
const remove = (id: string) =>
  client.remove(id, true, { timeoutSeconds: 1, force: true, signal: "" }, stepSignal());

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
  throw new Error("it was not refused");
}

describe("words of the runtime", () => {
  test("start of a command that is not there: runc's text, Stopped, code 0", async () => {
    const id = await made(["/no/such"]);
    // A random uuid of version 4, as every client of the peer expects one.
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const text = await refusal(client.start(id, stepSignal()));
    expect(text).toContain('exec: "/no/such": stat /no/such: no such file or directory: unknown');
    const state = (await client.get(id, stepSignal()))?.state;
    expect(state).toMatchObject({ status: "Stopped", exitCode: 0, pid: -1 });
    expect(state?.error).toContain("/no/such");
    // It has been started, so it has a log, in which nothing is.
    const logs = (tail: number) => Array.fromAsync(client.logs(id, tail, stepSignal()), ({ log }) => log);
    expect([await logs(-1), await logs(10)]).toEqual([[""], []]);
    const file = join(device.home, "cm/containers", id, "json.log");
    rmSync(file);
    expect(await refusal(logs(-1))).toBe(`log file not found ${file}`);
    await remove(id);
  }, 60_000);

  test("a signal that the kernel does not know is refused by runc, and it stays running", async () => {
    const id = await made(STAY);
    await client.start(id, stepSignal());
    const text = await refusal(
      client.stop(id, { timeoutSeconds: 1, force: false, signal: "65" }, stepSignal()),
    );
    expect(text).toContain("invalid argument");
    expect(await client.get(id, stepSignal())).toMatchObject({
      manuallyStopped: false,
      state: { status: "Running" },
    });
    await remove(id);
  }, 60_000);

  test("an image reference without a host", async () => {
    const work = client.createWire({ ...wish(STAY), image: { ...IMAGE, name: "nohost" } }, stepSignal());
    expect(await refusal(work)).toBe('failed to resolve reference "nohost": object required');
  }, 60_000);
});

/** The parts that must be real: the image, what it runs, what is mounted; ports and places of logs would collide. */
function onDevice(random: WireContainer): WireContainer {
  const { hostConfig } = random;
  return {
    ...random,
    id: "",
    image: IMAGE,
    hooks: [],
    mounts: random.mounts.map((mount, at) => ({ ...mount, source: "/etc", destination: `/data${at}` })),
    config: { env: random.config?.env ?? [], cmd: STAY },
    hostConfig: hostConfig && {
      ...hostConfig,
      privileged: false,
      portMappings: [],
      restartPolicy: NO_RESTART,
      runtime: "",
      logConfig: undefined,
    },
  };
}

test(`random containers (seed ${SEED}): each is refused with a reason, or runs as runc takes it`, async () => {
  const counts = { refused: 0, ran: 0, failed: 0 };
  const reasons: string[] = [];
  for (const random of fc.sample(randomContainer, { numRuns: SAMPLE, seed: SEED })) {
    let id: string;
    try {
      id = (await client.createWire(onDevice(random), stepSignal())).id;
    } catch (thrown) {
      counts.refused++;
      expect(describeError(thrown).length).toBeGreaterThan(5);
      continue;
    }
    try {
      await client.start(id, stepSignal());
      counts.ran++;
      expect((await client.get(id, stepSignal()))?.state.status).toBe("Running");
    } catch (thrown) {
      counts.failed++;
      reasons.push(describeError(thrown));
      expect((await client.get(id, stepSignal()))?.state.error).not.toBe("");
    }
    await remove(id);
  }
  console.log(`seed ${SEED}: ${JSON.stringify(counts)} ${[...new Set(reasons)].join(" | ").slice(0, 2000)}`);
  expect(counts.ran).toBeGreaterThan(SAMPLE / 8);
  expect(engineLeftovers(device.device, await client.list(stepSignal()))).toEqual([]);
}, 120_000);
