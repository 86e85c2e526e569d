import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { SupercargoDefinition } from "../../src/api/gen/supercargo/v1/supercargo.ts";
import { GrpcClient } from "../../src/grpc/client.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/full:1";
let device: TestDevice;
let client: GrpcClient;
let disk: string;
/** A folder in which containers say how far they are. */
let flags: string;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  disk = join(device.home, "logs");
  flags = join(device.home, "flags");
  mkdirSync(disk);
  mkdirSync(flags);
  run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk);
  await device.importImage({ name: IMAGE, config: {} });
  client = await GrpcClient.connect({ unix: device.device.socket });
}, 120_000);

afterAll(async () => {
  client?.close();
  await device?.device.stop();
  run("umount", disk);
  await device?.end();
}, 120_000);

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}

async function start(name: string, script: string, mode: string): Promise<void> {
  const logConfig = {
    driver: { type: "json-file", maxFiles: 2, maxSize: "100M", rootDir: disk },
    mode: { mode, maxBufferSize: "64K" },
  };
  const restartPolicy = { type: "no", maximumRetryCount: 0, retryTimeoutNanos: 0n };
  const wish = {
    id: name,
    name,
    image: { name: IMAGE },
    config: { env: [], cmd: ["sh", "-c", script] },
    hostConfig: { restartPolicy, logConfig },
    mounts: [{ destination: "/flags", source: flags, propagationMode: "rprivate" }],
  };
  await device.device.client.create(fillDefaults(wish), stepSignal());
  await device.device.client.start(name, stepSignal());
}

async function codes(): Promise<readonly string[]> {
  const { problems } = await client.unary(SupercargoDefinition, "status", {}, { signal: stepSignal() });
  return problems.map(({ code, subject }) => `${code} ${subject}`);
}

async function waitFor(expected: readonly string[]): Promise<void> {
  let seen: readonly string[] = [];
  const isIt = async () => {
    seen = await codes();
    return seen.join() === expected.join();
  };
  await until(isIt, () => `problems ${expected.join()}, there are ${seen.join()}`, 30_000);
}

async function statusOf(id: string): Promise<string | undefined> {
  return (await device.device.client.get(id, stepSignal()))?.state.status;
}

test("a disk that is full while a container writes: told, the container goes on when there is space, nothing is lost", async () => {
  // More than the disk takes, and more than the pipe holds behind it.
  await start("waits", "seq 1 60000; echo all said; sleep 600 & wait", "blocking");
  await waitFor(["SC_DISK_FULL waits"]);
  expect(await statusOf("waits")).toBe("Running");
  run("mount", "-o", "remount,size=64m", disk);
  await waitFor([]);
  const last = async () => (await Array.fromAsync(device.device.client.logs("waits", 1, stepSignal())))[0];
  await until(async () => (await last())?.log.includes("all said") === true, "the last line", 30_000);
  const all = await Array.fromAsync(device.device.client.logs("waits", 70_000, stepSignal()));
  const numbers = all.map(({ log }) => Number.parseInt(String(Object(JSON.parse(log)).log), 10));
  expect(numbers.slice(0, -1)).toEqual(Array.from({ length: 60_000 }, (_, index) => index + 1));
  await device.device.client.remove("waits", true, undefined, stepSignal());
}, 90_000);

test("non-blocking on a full disk: the container does not wait, what is dropped is counted in the log and told", async () => {
  run("sh", "-c", `head -c 100m /dev/zero >'${disk}/ballast' 2>/dev/null || true`);
  await start("drops", "seq 1 400000; touch /flags/said; sleep 600 & wait", "non-blocking");
  await waitFor(["SC_DISK_FULL drops"]);
  expect(await statusOf("drops")).toBe("Running");
  await until(() => existsSync(join(flags, "said")), "everything is said", 30_000);
  expect(await codes()).toEqual(["SC_DISK_FULL drops"]);
  rmSync(join(disk, "ballast"));
  await waitFor(["SC_OUTPUT_DROPPED drops"]);
  // The gap is told in the log once something can be written behind it.
  await device.device.client.stop(
    "drops",
    { timeoutSeconds: 5, force: true, signal: "SIGKILL" },
    stepSignal(),
  );
  const all = await Array.fromAsync(device.device.client.logs("drops", 500_000, stepSignal()));
  const texts = all.map(({ log }) => String(Object(JSON.parse(log)).log));
  const dropped = texts.reduce((sum, text) => sum + Number(/\] (\d+) lines/.exec(text)?.[1] ?? 0), 0);
  expect(dropped).toBeGreaterThan(0);
  expect(texts.filter((text) => !text.startsWith("[supercargo]")).length + dropped).toBe(400_000);
  expect(await codes()).toEqual([]);
}, 90_000);
