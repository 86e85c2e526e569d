/** containerd is killed and comes back, again and again: containers keep running, and what changed meanwhile is known soon after. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../../scripts/demo/until.ts";
import { systemClock } from "../../src/base/clock.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { signalProcess } from "./support/signal-process.ts";

const IMAGE = { name: "localhost/test/containerd-restart:1", config: {} };
const CONTAINERS = Number(process.env["SUPERCARGO_RESTART_CONTAINERS"] ?? 5);
const KILLS = Number(process.env["SUPERCARGO_RESTART_KILLS"] ?? 3);
const LIMIT_MS = 120_000;
/** R4, and as much again for a machine that is busy with other tests. */
const KNOWN_WITHIN_MS = 10_000;

let device: TestDevice;

async function pids(): Promise<ReadonlyMap<string, number>> {
  const list = await device.device.client.list(stepSignal());
  return new Map(list.map(({ id, state }) => [id, state.status === "Running" ? state.pid : -1]));
}

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { live_restore: true } });
  await device.importImage(IMAGE);
  for (let index = 0; index < CONTAINERS; index++) {
    const restartPolicy = { type: "always", maximumRetryCount: 0, retryTimeoutNanos: 0n };
    const wish = {
      id: `c${index}`,
      name: `c${index}`,
      image: { name: IMAGE.name },
      hostConfig: { restartPolicy },
    };
    await device.device.client.create(
      fillDefaults({ ...wish, config: { env: [], cmd: ["sleep", "100000"] } }),
      stepSignal(),
    );
    await device.device.client.start(`c${index}`, stepSignal());
  }
}, LIMIT_MS);

afterAll(() => device?.end(), LIMIT_MS);

test(
  `${KILLS} kills with ${CONTAINERS} containers: none stops, one that ended meanwhile is started again`,
  async () => {
    let longestMs = 0;
    for (let round = 0; round < KILLS; round++) {
      const before = await pids();
      const victim = `c${round % CONTAINERS}`;
      await device.device.killContainerd();
      signalProcess(before.get(victim), "SIGKILL");
      await device.device.startContainerd();
      const startedMs = systemClock.nowMs();
      let found: readonly string[] = [];
      const isRight = async () => {
        const now = await pids();
        const isBack = (now.get(victim) ?? -1) > 0 && now.get(victim) !== before.get(victim);
        found = isBack
          ? engineLeftovers(device.device, await device.device.client.list(stepSignal()))
          : ["not back"];
        return found.length === 0;
      };
      await until(isRight, () => found.join("; "), KNOWN_WITHIN_MS);
      longestMs = Math.max(longestMs, systemClock.nowMs() - startedMs);
      for (const [id, pid] of await pids())
        if (id !== victim) expect(`${id} ${pid}`).toBe(`${id} ${before.get(id)}`);
    }
    console.log(
      `${KILLS} kills of containerd, ${CONTAINERS} containers: right again after ${Math.round(longestMs)} ms at most`,
    );
  },
  LIMIT_MS + KILLS * KNOWN_WITHIN_MS * 2,
);
