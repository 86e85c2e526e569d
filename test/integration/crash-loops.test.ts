/** Containers that end at once, all the time: never hot, always told, tried again at the cap for ever, and nobody else is touched (reliability R15). */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { delay, systemClock } from "../../src/base/clock.ts";
import { cpuMs } from "../bench/process-usage.ts";
import { Cast, policyOf } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/loops:1";
const LOOPERS = Number(process.env["SUPERCARGO_LOOPS_CONTAINERS"] ?? 4);
const SECONDS = Number(process.env["SUPERCARGO_LOOPS_SECONDS"] ?? 6);
/** Longest wait between two tries; 0 = the usual minute. */
const CAP_SECONDS = Number(process.env["SUPERCARGO_LOOPS_CAP_SECONDS"] ?? 1);
const LIMIT_MS = 120_000;
const FIRST_WAIT_MS = 100;
/** From here on start and first crashes weigh nothing, and the figure of R15 is asked for. */
const LONG_SECONDS = 600;
const CPU_LIMIT_PERCENT = 2;
/** 5 files of 2 MB, the daemon's own log at its largest. */
const LOG_LIMIT_BYTES = 5 * 2 * 1024 * 1024 + 64 * 1024;

let device: TestDevice;
let cast: Cast;
const ids = Array.from({ length: LOOPERS }, (_, index) => `loop-${index}`);

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
  await cast.start("steady", ["sleep", "100000"], "always");
}, LIMIT_MS);

afterAll(() => device?.end(), LIMIT_MS);

/** How often one can have been started again in this time when every try takes no time at all. */
function mostTries(elapsedMs: number): number {
  const capMs = (CAP_SECONDS === 0 ? 60 : CAP_SECONDS) * 1000;
  let tries = 0;
  for (let atMs = 0, waitMs = FIRST_WAIT_MS; atMs <= elapsedMs; tries++) {
    atMs += waitMs;
    waitMs = Math.min(waitMs * 2, capMs);
  }
  return tries;
}

const countsOf = async () => Promise.all(ids.map(async (id) => (await cast.get(id)).restartCount));

function logBytes(): number {
  const folder = join(device.home, "log");
  return readdirSync(folder)
    .filter((name) => name.startsWith("container-management") && !name.includes("output"))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

test(
  `${LOOPERS} containers crash for ${SECONDS} s`,
  async () => {
    const steady = await cast.pid("steady");
    const beganMs = systemClock.nowMs();
    const restartPolicy = policyOf("always", 0, CAP_SECONDS);
    await Promise.all(
      ids.map((id) => cast.start(id, ["false"], "always", { hostConfig: { restartPolicy } })),
    );
    const daemon = device.device.pidOf("container-management") ?? 0;
    const cpuFromMs = cpuMs(daemon);
    const fromMs = systemClock.nowMs();
    await delay(systemClock, SECONDS * 1000, AbortSignal.timeout(SECONDS * 2000 + LIMIT_MS));
    const percent = ((cpuMs(daemon) - cpuFromMs) / (systemClock.nowMs() - fromMs)) * 100;
    const counts = await countsOf();
    const elapsedMs = systemClock.nowMs() - beganMs;
    for (const count of counts) {
      expect(count).toBeGreaterThan(1);
      expect(count).toBeLessThanOrEqual(mostTries(elapsedMs));
    }
    const { problems } = await cast.ours.status(stepSignal());
    const told = problems.filter(({ code }) => code === "SC_CONTAINER_CRASHES");
    for (const { message } of told)
      expect(message).toMatch(/ended with exit code 1; restart \d+ in \d+\.\d s/);
    for (const id of ids) {
      const { state } = await cast.until(id, (container) => container.state.status === "Exited");
      expect(state).toMatchObject({ exitCode: 1, pid: -1 });
    }
    // Never given up: whatever was reached, another try comes.
    for (const [index, id] of ids.entries())
      await cast.until(id, ({ restartCount }) => restartCount > (counts[index] ?? 0));
    expect(await cast.pid("steady")).toBe(steady);
    expect((await cast.get("steady")).restartCount).toBe(0);
    expect(logBytes()).toBeLessThan(LOG_LIMIT_BYTES);
    if (SECONDS >= LONG_SECONDS) expect(percent).toBeLessThan(CPU_LIMIT_PERCENT);
    console.log(
      `${LOOPERS} crash loops for ${SECONDS} s: ${counts.reduce((sum, count) => sum + count, 0)} restarts, ${told.length} told, daemon ${percent.toFixed(2)} % CPU, log ${logBytes()} bytes`,
    );
  },
  SECONDS * 1500 + LIMIT_MS,
);
