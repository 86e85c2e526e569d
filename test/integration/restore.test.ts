/** What the daemon makes of its containers at its start, whatever ended it: each row of the table, on real containerd (spec/engine.md §12, §16). */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Container } from "../../src/model/container.ts";
import { Cast, KILL, STAYS, STUBBORN } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { boot, cutPower } from "./support/power-cut.ts";
import { signalProcess } from "./support/signal-process.ts";

const IMAGE = "localhost/test/restore:1";
const LIMIT_MS = 120_000;
const POLICIES = ["no", "always", "unless-stopped", "on-failure"] as const;

let device: TestDevice;
let cast: Cast;
let pids: ReadonlyMap<string, number> = new Map();

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { live_restore: true, default_ctrs_stop_timeout: "1s" } });
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
}, LIMIT_MS);
afterAll(() => device?.end(), LIMIT_MS);

/** One container for each row. */
async function begin(): Promise<void> {
  await cast.removeAll();
  for (const policy of POLICIES) await cast.start(`ran-${policy}`, STAYS, policy);
  await Promise.all([
    ...POLICIES.map(async (policy) => {
      await cast.start(`stopped-${policy}`, STAYS, policy);
      await cast.client.stop(`stopped-${policy}`, KILL, stepSignal());
    }),
    cast.start("paused", STUBBORN, "unless-stopped"),
    cast.start("success", ["true"], "on-failure"),
    cast.start("failure", ["false"], "no"),
    cast.start("spent", ["false"], "on-failure", {
      hostConfig: { restartPolicy: { type: "on-failure", maximumRetryCount: 1, retryTimeoutNanos: 0n } },
    }),
    cast.create("made", STAYS, "always"),
  ]);
  await cast.client.pause("paused", stepSignal());
  await cast.untilStatus("success", "Exited");
  await cast.untilStatus("failure", "Exited");
  await cast.until("spent", ({ state, restartCount }) => state.status === "Exited" && restartCount === 1);
  pids = await cast.pids();
}

type Row = readonly [id: string, what: string, isAsWanted: (container: Container) => boolean];

const runs = (container: Container) => container.state.status === "Running";
const goesOn = (container: Container) => runs(container) && container.state.pid === pids.get(container.id);
const isAnew = (container: Container) =>
  runs(container) && container.state.pid !== pids.get(container.id) && !container.manuallyStopped;
const has = (status: string, exitCode: number) => (container: Container) =>
  container.state.status === status && container.state.exitCode === exitCode && container.state.pid === -1;

const isPausedStill = (container: Container) =>
  container.state.status === "Paused" && container.state.pid === pids.get(container.id);

/** Rows of what did not run; the same whatever ended the daemon. */
const DOWN: readonly Row[] = [
  ["stopped-no", "no that a user stopped stays down", has("Stopped", 137)],
  ["stopped-always", "always comes back although a user had stopped it", isAnew],
  ["stopped-unless-stopped", "unless-stopped that a user stopped stays down", has("Stopped", 137)],
  ["stopped-on-failure", "on-failure that a user stopped stays down, whatever its code", has("Stopped", 137)],
  ["success", "on-failure that had ended with 0 stays down", has("Exited", 0)],
  ["failure", "no that had failed stays down", has("Exited", 1)],
  ["spent", "on-failure without a retry left stays down", has("Exited", 1)],
  ["made", "what was only made is not started", has("Created", 0)],
];
/** The daemon goes on, and with it what a user wanted. */
const DOWN_FOR_GOOD = DOWN.map(
  (row): Row =>
    row[0] === "stopped-always"
      ? [row[0], "always that a user stopped stays down", has("Stopped", 137)]
      : row,
);
const ALL_GO_ON: readonly Row[] = [
  ...POLICIES.map((policy): Row => [`ran-${policy}`, `${policy} that ran goes on untouched`, goesOn]),
  ["paused", "a paused one stays paused", isPausedStill],
];

function event(what: string, happens: () => Promise<void>, table: readonly Row[]): void {
  describe(what, () => {
    beforeAll(async () => {
      await begin();
      await happens();
    }, LIMIT_MS);
    for (const [id, text, isAsWanted] of table) {
      test(text, async () => void (await cast.until(id, isAsWanted)), LIMIT_MS);
    }
    test("what the daemon tells is what containerd has", () => cast.untilEngineAgrees(), LIMIT_MS);
  });
}

function endMain(signal: NodeJS.Signals, ...ids: readonly string[]): void {
  for (const id of ids) signalProcess(pids.get(id), signal);
}

async function restartContainerd(meanwhile: () => void): Promise<void> {
  await device.device.killContainerd();
  await cast.untilEngineIs("away");
  meanwhile();
  await device.device.startContainerd();
  await cast.untilEngineIs("connected");
}

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  event(`after ${signal} to the daemon`, async () => {
    await device.device.end("container-management", signal);
    await device.device.startDaemon(stepSignal());
  }, [...ALL_GO_ON, ...DOWN]);
}

const CAME_BACK = POLICIES.filter((policy) => policy !== "no").map(
  (policy): Row => [`ran-${policy}`, `${policy} that ran runs again`, isAnew],
);

event("after a kill of the daemon while which containers fail", async () => {
  await device.device.end("container-management", "SIGKILL");
  endMain("SIGKILL", ...POLICIES.map((policy) => `ran-${policy}`));
  await device.device.startDaemon(stepSignal());
}, [["ran-no", "no stays down with the code that it ended with", has("Exited", 137)], ...CAME_BACK, ...DOWN]);

event("after a kill of the daemon while which containers end well", async () => {
  await device.device.end("container-management", "SIGKILL");
  endMain("SIGTERM", ...POLICIES.map((policy) => `ran-${policy}`));
  await device.device.startDaemon(stepSignal());
}, [
  ["ran-no", "no stays down", has("Exited", 0)],
  ["ran-always", "always runs again", isAnew],
  ["ran-unless-stopped", "unless-stopped runs again", isAnew],
  ["ran-on-failure", "on-failure stays down", has("Exited", 0)],
]);

event("after a restart of containerd", () => restartContainerd(() => {}), [...ALL_GO_ON, ...DOWN_FOR_GOOD]);

event(
  "after a restart of containerd while which containers fail",
  () => restartContainerd(() => endMain("SIGKILL", ...POLICIES.map((policy) => `ran-${policy}`))),
  [["ran-no", "no stays down with its code", has("Exited", 137)], ...CAME_BACK, ...DOWN_FOR_GOOD],
);

event("after a power cut", async () => {
  await cutPower(device, [...pids.values()]);
  await boot(device, stepSignal());
}, [
  [
    "ran-no",
    "no stays down and says that its task was lost",
    ({ state }) => state.status === "Exited" && state.exitCode === 255 && state.error.includes("not found"),
  ],
  ...CAME_BACK,
  ["paused", "a paused one runs again", isAnew],
  ...DOWN,
]);

event("after a shutdown of the system", async () => {
  writeFileSync(join(device.device.places.run, "cm/supercargo/system-stopping"), "");
  expect(await device.device.end("container-management", "SIGTERM")).toBe(0);
  expect(cast.tasks()).toEqual([]);
  await cutPower(device, []);
  await boot(device, stepSignal());
}, [
  ["ran-no", "no stays down, stopped", has("Stopped", 0)],
  ...CAME_BACK,
  ["paused", "a paused one runs again", isAnew],
  ...DOWN,
]);
