/** The daemon ends and comes back beside real containers: what ran runs on untouched, what ended meanwhile is known, no output is missing. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createConnection } from "node:net";
import { until } from "../../scripts/demo/until.ts";
import type { ContainerWish } from "../../src/model/defaults.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { signalProcess } from "./support/signal-process.ts";

const IMAGE = "localhost/test/restart:1";
const LIMIT_MS = 120_000;
const PORT = 20801;
const PAGE = "still here";

async function start(device: TestDevice, id: string, cmd: readonly string[], more: ContainerWish = {}) {
  const wish = { id, name: id, image: { name: IMAGE }, config: { env: [], cmd }, ...more };
  await device.device.client.create(fillDefaults(wish), stepSignal());
  await device.device.client.start(id, stepSignal());
}

function policy(type: string): ContainerWish {
  return { hostConfig: { restartPolicy: { type, maximumRetryCount: 0, retryTimeoutNanos: 0n } } };
}

async function get(device: TestDevice, id: string) {
  const container = await device.device.client.get(id, stepSignal());
  if (container === undefined) throw new Error(`${id} is not there`);
  return container;
}

async function pidsOf(device: TestDevice, ...ids: string[]): Promise<readonly number[]> {
  return await Promise.all(ids.map(async (id) => (await get(device, id)).state.pid));
}

async function page(): Promise<string> {
  // A connection of its own each time: one that was kept would ask a container that is gone.
  const own = { headers: { connection: "close" }, signal: AbortSignal.timeout(10_000) };
  return await (await fetch(`http://127.0.0.1:${PORT}/`, own)).text();
}

/** What becomes of a connection to the published port. */
function connecting(): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(PORT, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve("connected");
    });
    socket.once("error", (error) => resolve("code" in error ? String(error.code) : error.message));
  });
}

/** The numbers that a counting container has written. */
async function counted(device: TestDevice): Promise<readonly number[]> {
  let text = "";
  for await (const { log } of device.device.client.logs("counter", -1, stepSignal())) text += log;
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Number(JSON.parse(line).log));
}

/** Waits until the counter has gone on by some numbers. */
async function countsOn(device: TestDevice): Promise<void> {
  const before = (await counted(device)).length;
  const hasGoneOn = async () => (await counted(device)).length > before + 20;
  await until(hasGoneOn, "the counter goes on", LIMIT_MS / 2);
}

async function began(changes: Parameters<typeof startTestDevice>[0]): Promise<TestDevice> {
  const device = await startTestDevice(changes);
  await device.importImage({ name: IMAGE, config: {} });
  const mapping = {
    protocol: "tcp",
    hostIp: "0.0.0.0",
    hostPort: PORT,
    hostPortEnd: PORT,
    containerPort: 80,
  };
  await start(device, "web", ["sh", "-c", `mkdir /w; echo -n ${PAGE} > /w/index.html; exec httpd -f -h /w`], {
    hostConfig: { portMappings: [mapping] },
  });
  await until(async () => (await page().catch(() => "")) === PAGE, "web answers", LIMIT_MS / 2);
  return device;
}

describe("with live_restore", () => {
  let device: TestDevice;
  beforeAll(async () => {
    refuseInitialNamespace();
    device = await began({ manager: { live_restore: true } });
    const count = "n=0; while :; do n=$((n+1)); echo $n; sleep 0.01; done";
    await start(device, "counter", ["sh", "-c", count]);
  }, LIMIT_MS);
  afterAll(() => device?.end(), LIMIT_MS);

  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    test(
      `after ${signal}: pids, ports and output go on; what ended meanwhile is known and follows its policy`,
      async () => {
        const [mortal, phoenix] = [`mortal-${signal.toLowerCase()}`, `phoenix-${signal.toLowerCase()}`];
        await start(device, mortal, ["sleep", "1000"], policy("no"));
        await start(device, phoenix, ["sleep", "1000"], policy("always"));
        await countsOn(device);
        const before = await pidsOf(device, "web", "counter");
        const doomed = await pidsOf(device, mortal, phoenix);
        const code = await device.device.end("container-management", signal);
        expect(code).toBe(signal === "SIGTERM" ? 0 : -1);
        expect(await page()).toBe(PAGE);
        for (const pid of doomed) signalProcess(pid, "SIGKILL");
        await device.device.startDaemon(stepSignal());
        expect(await pidsOf(device, "web", "counter")).toEqual(before);
        expect(await page()).toBe(PAGE);
        expect((await get(device, mortal)).state).toMatchObject({ status: "Exited", exitCode: 137, pid: -1 });
        const isBack = async () => (await get(device, phoenix)).state.status === "Running";
        await until(isBack, "the container with the policy always is back", LIMIT_MS / 2);
        expect((await pidsOf(device, phoenix))[0]).not.toBe(doomed[1] ?? 0);
        await countsOn(device);
        const numbers = await counted(device);
        expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      },
      LIMIT_MS,
    );
  }
});

test(
  "without it an ending daemon stops all, and the next one starts what ran, not what a user had stopped",
  async () => {
    const device = await began({ manager: { live_restore: false } });
    try {
      await start(device, "stopped", ["sleep", "1000"]);
      const stop = { timeoutSeconds: 1, force: true, signal: "SIGKILL" };
      await device.device.client.stop("stopped", stop, stepSignal());
      const [before = 0] = await pidsOf(device, "web");
      expect(await device.device.end("container-management", "SIGTERM")).toBe(0);
      expect(() => process.kill(before, 0)).toThrow("ESRCH");
      expect(await connecting()).toBe("ECONNREFUSED");
      await device.device.startDaemon(stepSignal());
      const answers = async () => (await page().catch(() => "")) === PAGE;
      await until(answers, "web is back", LIMIT_MS / 2);
      expect((await get(device, "web")).state.status).toBe("Running");
      expect((await get(device, "stopped")).state.status).toBe("Stopped");
    } finally {
      await device.end();
    }
  },
  LIMIT_MS,
);
