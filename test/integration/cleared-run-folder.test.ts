/** What lies in the folder of things that live until the next boot is cleared by somebody, and that folder becomes unusable, beside a running daemon. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { withDefaults } from "../../src/model/defaults.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/cleared:1";
const LIMIT_MS = 120_000;
const SAYS = "echo here; trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done";

let device: TestDevice;
let folder = "";

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
  folder = join(device.device.places.run, "cm", "fifo");
}, LIMIT_MS);
afterAll(() => device?.end(), LIMIT_MS);

async function start(name: string): Promise<void> {
  const { client } = device.device;
  const wish = { id: name, name, image: { name: IMAGE }, config: { env: [], cmd: ["sh", "-c", SAYS] } };
  await client.create(
    withDefaults(wish, () => name),
    stepSignal(),
  );
  await client.start(name, stepSignal());
  const log = join(device.home, "cm/containers", name, "json.log");
  await until(() => existsSync(log) && readFileSync(log, "utf8").includes("here"), `${name} is heard`);
}

test(
  "containers start and are heard after their folder of FIFOs was cleared",
  async () => {
    await start("before");
    rmSync(folder, { recursive: true });
    await start("after");
    const containers = await device.device.client.list(stepSignal());
    expect(containers.map(({ id, state }) => `${id} ${state.status}`)).toEqual([
      "before Running",
      "after Running",
    ]);
  },
  LIMIT_MS,
);

test(
  "a daemon that cannot end in order says so, and ends all the same",
  async () => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "no folder");
    const startedMs = performance.now();
    expect(await device.device.end("container-management", "SIGTERM")).toBe(1);
    expect(performance.now() - startedMs).toBeLessThan(30_000);
    rmSync(folder);
    expect(readFileSync(device.device.logPath("container-management"), "utf8")).toContain(
      "not everything ended in order",
    );
    // One part that cannot be closed does not keep the others.
    const rules = spawnSync("nft", ["list", "tables"], { encoding: "utf8" }).stdout;
    expect(rules).not.toContain(device.device.places.bridge);
    // So that it takes everything down in order afterwards.
    await device.device.startDaemon(stepSignal());
  },
  LIMIT_MS,
);
