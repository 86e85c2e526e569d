/** The daemon's deployment folder on a real device: take-over without a restart, a user's stop, watching, bad files. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { DaemonConnection } from "../../src/api/daemon-connection.ts";
import { SupercargoDefinition } from "../../src/api/gen/supercargo/v1/supercargo.ts";
import { memoryPlace } from "../../src/deploy/folder/memory-file.ts";
import type { Container } from "../../src/model/container.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/deployment:1";
const STAY = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];

let root: string;
let folder: string;
let device: TestDevice;
/** Read at each start of the daemon. */
const deployment: Record<string, unknown> = { enable: false };

beforeAll(async () => {
  refuseInitialNamespace();
  root = mkdtempSync(join(tmpdir(), "supercargo-deployment-"));
  folder = join(root, "containers.d");
  mkdirSync(folder);
  Object.assign(deployment, { ctr_dir: folder, state_dir: join(root, "state") });
  device = await startTestDevice({ deployment, manager: { live_restore: true } });
  await device.importImage({ name: IMAGE, config: {} });
}, 120_000);

afterAll(async () => {
  await device?.end();
  rmSync(root, { recursive: true, force: true });
}, 120_000);

function descriptor(name: string, more: Readonly<Record<string, unknown>> = {}): void {
  const content = { container_name: name, image: { name: IMAGE }, config: { cmd: STAY }, ...more };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(content));
}

async function named(name: string): Promise<Container | undefined> {
  const all = await device.device.client.list(stepSignal());
  return all.find((container) => container.name === name);
}

/** A start of the daemon in this mode; containers went on meanwhile. */
async function restart(mode: string): Promise<void> {
  Object.assign(deployment, { enable: true, mode });
  await device.device.end("container-management", "SIGTERM");
  await device.device.startDaemon(stepSignal());
}

const log = () => readFileSync(device.device.logPath("container-management"), "utf8");
/** How often the folder has been read to its end. */
const reads = () => log().split("the deployment folder has been read").length - 1;

async function problems(): Promise<readonly string[]> {
  const connection = new DaemonConnection({ unix: device.device.socket });
  try {
    const status = await connection.call(
      (client, options) => client.unary(SupercargoDefinition, "status", {}, options),
      { signal: stepSignal(), timeoutMs: 10_000 },
    );
    return status.problems.map(({ message }) => message);
  } finally {
    await connection.close();
  }
}

test("a container that was there before is adopted: the same process goes on", async () => {
  const { client } = device.device;
  const { id } = await client.create(
    fillDefaults({ name: "web", image: { name: IMAGE }, config: { env: [], cmd: STAY } }),
    stepSignal(),
  );
  await client.start(id, stepSignal());
  const pid = (await named("web"))?.state.pid;
  descriptor("web");
  descriptor("new");
  await restart("update");
  await until(async () => (await named("new"))?.state.status === "Running", "the new one runs");
  await until(() => reads() === 1, "the folder has been read");
  expect(await named("web")).toMatchObject({ id, state: { status: "Running", pid } });
  expect(existsSync(memoryPlace(join(root, "state"), folder).statePath)).toBe(true);
  expect(existsSync(join(device.home, "cm/deployment"))).toBe(true);
}, 60_000);

test("what a user has stopped is still stopped after the next start", async () => {
  const container = await named("new");
  if (container === undefined) throw new Error("it is not there");
  const stop = { timeoutSeconds: 2, force: true, signal: "" };
  await device.device.client.stop(container.id, stop, stepSignal());
  await restart("update");
  await until(() => reads() === 2, "the folder has been read");
  expect(await named("new")).toMatchObject({
    id: container.id,
    manuallyStopped: true,
    state: { status: "Stopped" },
  });
}, 60_000);

test("watching: an edit replaces, nothing else is touched, bad files are named in the status", async () => {
  const before = await named("web");
  writeFileSync(join(folder, "null.json"), "null");
  await restart("watch");
  await until(() => reads() === 3, "the folder has been read");
  expect(await named("web")).toMatchObject({ id: before?.id, state: { pid: before?.state.pid } });
  descriptor("web", { config: { cmd: STAY, env: ["VERSION=2"] } });
  const all = () => device.device.client.list(stepSignal());
  const isEdited = ({ name, config, state }: Container) =>
    name === "web" && state.status === "Running" && config?.env.includes("VERSION=2") === true;
  await until(async () => (await all()).some(isEdited), "the edited one runs");
  writeFileSync(join(folder, "bad.json"), '{"container_name":"bad","image":{"name":7}}');
  const bad = join(folder, "bad.json");
  await until(async () => (await problems()).some((text) => text.startsWith(bad)), "the bad file is told");
  const told = await problems();
  expect(told.find((text) => text.startsWith(bad))).toMatch(/:1:\d+: image\.name: text expected/);
  expect(told.some((text) => text.startsWith(`${join(folder, "null.json")}:1:1: `))).toBe(true);
  rmSync(bad);
  rmSync(join(folder, "null.json"));
  await until(async () => (await problems()).length === 0, "they are gone");
  const isSettled = async () => (await all()).filter(({ name }) => name === "web").length === 1;
  await until(isSettled, "the probation of the edited one is over", 40_000);
}, 60_000);
