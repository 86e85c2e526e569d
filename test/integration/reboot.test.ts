/** The machine loses its power again and again and boots with another boot id: what should run runs, each time, with addresses, order and counts as they were (reliability R5). */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { systemClock } from "../../src/base/clock.ts";
import { mount, unmount } from "../../src/base/libc.ts";
import { Cast, KILL } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { boot, cutPower } from "./support/power-cut.ts";

const IMAGE = "localhost/test/reboot:1";
const CONTAINERS = Number(process.env["SUPERCARGO_REBOOT_CONTAINERS"] ?? 6);
const ROUNDS = Number(process.env["SUPERCARGO_REBOOTS"] ?? 2);
const LIMIT_MS = 120_000;
const BACK_WITHIN_MS = 60_000;
const BOOT_ID = "/proc/sys/kernel/random/boot_id";
/** All of them have to come back. */
const POLICIES = ["always", "unless-stopped", "on-failure"] as const;

let device: TestDevice;
let cast: Cast;
let bootId: string;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { live_restore: true } });
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
  bootId = join(device.home, "boot-id");
  for (let index = 0; index < CONTAINERS; index++) {
    const policy = POLICIES[index % POLICIES.length] ?? "always";
    await cast.start(`c${index}`, ["sleep", "100000"], policy, { hostConfig: { networkMode: "bridge" } });
  }
  await cast.start("stopped", ["sleep", "100000"], "unless-stopped");
  await cast.client.stop("stopped", KILL, stepSignal());
  await cast.create("made", ["sleep", "100000"], "always");
}, LIMIT_MS);

afterAll(async () => {
  await device?.end();
}, LIMIT_MS);

/** Seen by the programs that are started from here on, in this mount namespace. */
function newBootId(): void {
  if (readFileSync("/proc/self/mountinfo", "utf8").includes(` ${BOOT_ID} `)) unmount(BOOT_ID, true);
  writeFileSync(bootId, `${randomUUID()}\n`);
  const MS_BIND = 4096n;
  mount(bootId, BOOT_ID, "none", MS_BIND, "");
}

const addresses = async () =>
  new Map(
    (await cast.client.list(stepSignal())).map(({ id, networkSettings }) => [
      id,
      networkSettings?.networks["bridge"]?.ipAddress,
    ]),
  );

async function untilAllRun(pidsBefore: ReadonlyMap<string, number>, where: string): Promise<void> {
  let found: readonly string[] = [];
  const isBack = async () => {
    const list = await cast.client.list(stepSignal());
    const wrong = list
      .filter(({ id, state }) => {
        const isUp = state.status === "Running" && state.pid !== pidsBefore.get(id);
        return isUp !== id.startsWith("c");
      })
      .map(({ id, state }) => `${id} is ${state.status} ${state.error}`);
    found = wrong.length > 0 ? wrong : engineLeftovers(device.device, list);
    return found.length === 0;
  };
  await until(isBack, () => `${where}: ${found.join("; ")}`, BACK_WITHIN_MS);
}

test(
  `${ROUNDS} power cuts with ${CONTAINERS} containers: all are back, nothing is counted, nothing is left over`,
  async () => {
    let longestMs = 0;
    const order = (await cast.client.list(stepSignal())).map(({ id }) => id);
    const before = await addresses();
    for (let round = 1; round <= ROUNDS; round++) {
      const pids = await cast.pids();
      await cutPower(device, [...pids.values()]);
      newBootId();
      const beganMs = systemClock.nowMs();
      await boot(device, stepSignal());
      await untilAllRun(pids, `boot ${round}`);
      longestMs = Math.max(longestMs, systemClock.nowMs() - beganMs);
      const list = await cast.client.list(stepSignal());
      expect(list.map(({ id }) => id)).toEqual(order);
      expect(list.map(({ id, restartCount }) => `${id} ${restartCount}`)).toEqual(
        order.map((id) => `${id} 0`),
      );
      expect(await addresses()).toEqual(before);
      expect((await cast.get("stopped")).manuallyStopped).toBe(true);
      expect((await cast.get("made")).state.status).toBe("Created");
    }
    console.log(
      `${ROUNDS} power cuts, ${CONTAINERS} of ${CONTAINERS} containers back each time, after ${Math.round(longestMs)} ms at most`,
    );
  },
  LIMIT_MS + ROUNDS * BACK_WITHIN_MS * 2,
);
