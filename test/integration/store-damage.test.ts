/** containerd's store is damaged under a running daemon: it is said, what can be repaired is, the other containers go on. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { type ContainerWish, fillDefaults } from "../../src/model/defaults.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { ctr, engineLeftovers } from "./support/engine-inventory.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = { name: "localhost/test/damage:1", config: {} };
const LIMIT_MS = 120_000;
const STOP = { timeoutSeconds: 1, force: true, signal: "SIGKILL" };

let device: TestDevice;

async function make(id: string, type: string): Promise<void> {
  const restartPolicy = { type, maximumRetryCount: 0, retryTimeoutNanos: 0n };
  const wish: ContainerWish = {
    id,
    name: id,
    image: { name: IMAGE.name },
    config: { env: [], cmd: ["sleep", "100000"] },
    hostConfig: { restartPolicy },
  };
  await device.device.client.create(fillDefaults(wish), stepSignal());
  await device.device.client.start(id, stepSignal());
}

async function stateOf(id: string) {
  const container = await device.device.client.get(id, stepSignal());
  if (container === undefined) throw new Error(`${id} is not there`);
  return container.state;
}

async function settled(what: string): Promise<void> {
  let found: readonly string[] = [];
  const isSettled = async () => {
    found = engineLeftovers(device.device, await device.device.client.list(stepSignal()));
    return found.length === 0;
  };
  await until(isSettled, () => `${what}: ${found.join("; ")}`, LIMIT_MS / 2);
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (thrown) => String(thrown),
  );

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { live_restore: true } });
  await device.importImage(IMAGE);
  await make("steady", "always");
}, LIMIT_MS);

afterAll(() => device?.end(), LIMIT_MS);

test(
  "a snapshot that is gone: a start says so, the container can be removed, the others go on",
  async () => {
    const { client } = device.device;
    const { pid } = await stateOf("steady");
    await make("robbed", "no");
    await client.stop("robbed", STOP, stepSignal());
    ctr(device.device, "snapshots", "rm", "robbed-snapshot");
    expect(await refusal(client.start("robbed", stepSignal()))).toContain(
      "snapshot for container with ID = robbed does not exist",
    );
    expect((await stateOf("steady")).pid).toBe(pid);
    await client.remove("robbed", true, STOP, stepSignal());
    await settled("after the snapshot was taken away");
  },
  LIMIT_MS,
);

test(
  "a task and its record that somebody else deletes: noticed at once, and started again as the policy says",
  async () => {
    const { pid } = await stateOf("steady");
    try {
      ctr(device.device, "tasks", "rm", "-f", "steady");
    } catch (thrown) {
      // It kills first: the daemon may notice the end before the rest is done, and take the task away itself.
      expect(String(thrown)).toMatch(/ttrpc: closed|not found/);
    }
    const isBack = async () => {
      const state = await stateOf("steady");
      return state.status === "Running" && state.pid !== pid;
    };
    await until(isBack, "steady runs again", 10_000);
    await settled("after the task was deleted");
  },
  LIMIT_MS,
);

test(
  "content of an image that is gone: what was made of it goes on, a new one says what is missing, an import mends it",
  async () => {
    const { client } = device.device;
    const { pid } = await stateOf("steady");
    for (const digest of ctr(device.device, "content", "ls", "-q"))
      ctr(device.device, "content", "rm", digest);
    // What the daemon still knows of the image is forgotten.
    await device.device.end("container-management", "SIGKILL");
    await device.device.startDaemon(stepSignal());
    const answer = await refusal(make("late", "no"));
    expect(answer).toContain(IMAGE.name);
    expect(answer).not.toBe("done");
    expect((await stateOf("steady")).pid).toBe(pid);
    await device.importImage(IMAGE);
    await make("late", "no");
    await client.remove("late", true, STOP, stepSignal());
    await settled("after the content was taken away");
  },
  LIMIT_MS,
);

test(
  "containerd's metadata emptied: the daemon lives and says it, and what should run runs again once its image is there",
  async () => {
    const { client, places } = device.device;
    await device.device.killContainerd();
    const metadata = join(places.home, "containerd/io.containerd.metadata.v1.bolt/meta.db");
    expect(existsSync(metadata)).toBe(true);
    truncateSync(metadata, 0);
    await device.device.startContainerd();
    const saysIt = async () => (await stateOf("steady")).status !== "Running";
    await until(saysIt, "steady is known to have ended", LIMIT_MS / 4);
    expect((await client.list(stepSignal())).map(({ id }) => id)).toEqual(["steady"]);
    await device.importImage(IMAGE);
    const isBack = async () => (await stateOf("steady")).status === "Running";
    await until(isBack, "steady runs again", LIMIT_MS / 2);
    await settled("after the metadata was emptied");
    device.device.checkAlive();
    const log = readFileSync(device.device.logPath("container-management"), "utf8");
    expect(log).toContain("the file system of the container was gone");
    expect(log).not.toContain("an error that nobody caught");
  },
  LIMIT_MS,
);
