/** What is far too much: an endless line, floods of output, hundreds of containers and manifests. The daemon keeps answering and what it holds stays bounded (reliability R23). */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { delay, systemClock } from "../../src/base/clock.ts";
import { memoryOf } from "../bench/process-usage.ts";
import { Cast, KILL, policyOf } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/caps:1";
const LINE_MB = Number(process.env["SUPERCARGO_CAPS_LINE_MB"] ?? 8);
const FLOOD_SECONDS = Number(process.env["SUPERCARGO_CAPS_FLOOD_SECONDS"] ?? 2);
const CONTAINERS = Number(process.env["SUPERCARGO_CAPS_CONTAINERS"] ?? 12);
const MANIFESTS = Number(process.env["SUPERCARGO_CAPS_MANIFESTS"] ?? 25);
const MANIFEST_MB = Number(process.env["SUPERCARGO_CAPS_MANIFEST_MB"] ?? 100);
const LIMIT_MS = 300_000;
const AT_A_TIME = 5;
/** Anonymous memory beyond what it had before; far above what is usual, far below what was written. */
const GROWTH_LIMIT_MIB = 80;
/** R23 has 100 ms; a test does not depend on the speed of a shared machine. */
const ANSWER_LIMIT_MS = 5_000;

let device: TestDevice;
let cast: Cast;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { live_restore: true } });
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
}, LIMIT_MS);

afterAll(() => device?.end(), LIMIT_MS);

const anonymousMiB = () => memoryOf(device.device.pidOf("container-management") ?? 0).anonymousMiB;
const logFolder = (id: string) => join(device.home, "cm/containers", id);
const sizeOf = (folder: string, pattern: RegExp) =>
  readdirSync(folder)
    .filter((name) => pattern.test(name))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

/** Asks for lists all the time until `work` ends; answers the times in ms, sorted, and the largest memory in MiB. */
async function listing(
  work: Promise<unknown>,
): Promise<{ readonly times: readonly number[]; readonly mostMiB: number }> {
  let isOver = false;
  const ended = work.finally(() => {
    isOver = true;
  });
  const times: number[] = [];
  let mostMiB = 0;
  while (!isOver) {
    const beganMs = systemClock.nowMs();
    await cast.client.list(stepSignal());
    times.push(systemClock.nowMs() - beganMs);
    if (times.length % 10 === 1) mostMiB = Math.max(mostMiB, anonymousMiB());
    await Promise.race([ended, delay(systemClock, 20, stepSignal())]);
  }
  await ended;
  return { times: times.sort((a, b) => a - b), mostMiB };
}

function quick(times: readonly number[]): string {
  const p99 = times[Math.floor(times.length * 0.99)] ?? 0;
  expect(p99).toBeLessThan(ANSWER_LIMIT_MS);
  return `${times.length} lists, p99 ${Math.round(p99)} ms`;
}

test(
  `a line of ${LINE_MB} MB: whole in the log, cut into records, in bounded memory`,
  async () => {
    const before = anonymousMiB();
    const bytes = LINE_MB * 1_000_000;
    const driver = { type: "json-file", maxFiles: 4, maxSize: `${LINE_MB}M`, rootDir: "" };
    const mode = { mode: "blocking", maxBufferSize: "" };
    const script = `head -c ${bytes} /dev/zero | tr '\\0' x; echo; echo end`;
    const writing = (async () => {
      await cast.start("line", ["sh", "-c", script], "no", { hostConfig: { logConfig: { driver, mode } } });
      await cast.untilStatus("line", "Exited");
    })();
    const { times, mostMiB } = await listing(writing);
    let letters = 0;
    let longest = 0;
    for await (const { log } of cast.client.logs("line", -1, stepSignal())) {
      for (const record of log.split("\n").filter((text) => text !== "")) {
        const text = String(JSON.parse(record).log);
        letters += text.replace(/[^x]/g, "").length;
        longest = Math.max(longest, text.length);
      }
    }
    expect(letters).toBe(bytes);
    expect(longest).toBeLessThanOrEqual(16 * 1024 + 1);
    expect(mostMiB - before).toBeLessThan(GROWTH_LIMIT_MIB);
    console.log(
      `a line of ${LINE_MB} MB: ${quick(times)}, at most ${Math.round(mostMiB - before)} MiB more memory`,
    );
    await cast.client.remove("line", true, KILL, stepSignal());
  },
  LIMIT_MS,
);

test(
  `containers that write as fast as they can for ${FLOOD_SECONDS} s, in each mode: files and memory stay in their bounds`,
  async () => {
    const before = anonymousMiB();
    const driver = { type: "json-file", maxFiles: 2, maxSize: "1M", rootDir: "" };
    const modes = { blocking: "", "non-blocking": "256K" };
    for (const [mode, maxBufferSize] of Object.entries(modes)) {
      const logConfig = { driver, mode: { mode, maxBufferSize } };
      await cast.start(`flood-${mode}`, ["cat", "/dev/zero"], "no", { hostConfig: { logConfig } });
      await cast.start(`lines-${mode}`, ["yes"], "no", { hostConfig: { logConfig } });
    }
    const { times, mostMiB } = await listing(delay(systemClock, FLOOD_SECONDS * 1000, stepSignal()));
    // One record may be written behind the limit.
    for (const mode of Object.keys(modes)) {
      const bytes = sizeOf(logFolder(`lines-${mode}`), /^json\.log/);
      expect(bytes).toBeGreaterThan(0);
      expect(bytes).toBeLessThan(2.2 * 1024 * 1024);
    }
    expect(mostMiB - before).toBeLessThan(GROWTH_LIMIT_MIB);
    console.log(
      `floods for ${FLOOD_SECONDS} s: ${quick(times)}, at most ${Math.round(mostMiB - before)} MiB more memory`,
    );
    await cast.removeAll();
    expect(engineLeftovers(device.device, await cast.client.list(stepSignal()))).toEqual([]);
  },
  LIMIT_MS,
);

test(
  `${CONTAINERS} containers run at once, live through a restart of the daemon and go again`,
  async () => {
    const ids = Array.from({ length: CONTAINERS }, (_, index) => `many-${index}`);
    const queue = [...ids];
    const starter = async () => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift())
        await cast.start(id, ["sleep", "100000"], "always", {
          hostConfig: { networkMode: "bridge", restartPolicy: policyOf("always") },
        });
    };
    const { times } = await listing(Promise.all(Array.from({ length: AT_A_TIME }, starter)));
    const pids = await cast.pids();
    expect(pids.size).toBe(CONTAINERS);
    await device.device.end("container-management", "SIGKILL");
    await device.device.startDaemon(stepSignal());
    expect(await cast.pids()).toEqual(pids);
    expect(engineLeftovers(device.device, await cast.client.list(stepSignal()))).toEqual([]);
    console.log(`${CONTAINERS} containers: while they start ${quick(times)}`);
    await cast.removeAll();
    expect(engineLeftovers(device.device, [])).toEqual([]);
  },
  LIMIT_MS * 3,
);

test(
  `${MANIFESTS} manifests and one of ${MANIFEST_MB} MB: the large one is refused by name and limit, all others are deployed`,
  async () => {
    const folder = join(device.home, "manifests");
    mkdirSync(folder);
    for (let index = 0; index < MANIFESTS; index++) {
      const manifest = {
        container_id: `m-${index}`,
        container_name: `m-${index}`,
        image: { name: IMAGE },
        config: { cmd: ["true"] },
        host_config: { network_mode: "host", restart_policy: { type: "no" } },
      };
      writeFileSync(join(folder, `m-${index}.json`), JSON.stringify(manifest));
    }
    writeFileSync(
      join(folder, "huge.json"),
      `{"container_name":"huge","x":"${"x".repeat(MANIFEST_MB * 1_000_000)}"}`,
    );
    const { code, stderr } = await device.deployOnce(folder, "--probation", "0");
    expect(code).toBe(1);
    expect(stderr).toMatch(/huge\.json.*a manifest has at most 1048576/);
    const seen = async () =>
      (await cast.client.list(stepSignal())).filter(({ state }) => state.startedAt !== "").length;
    await until(async () => (await seen()) === MANIFESTS, "all are deployed", LIMIT_MS);
    await cast.removeAll();
    expect(engineLeftovers(device.device, [])).toEqual([]);
    device.device.checkAlive();
    console.log(`${MANIFESTS} manifests deployed, one of ${MANIFEST_MB} MB refused`);
  },
  LIMIT_MS * 3,
);
