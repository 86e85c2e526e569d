/**
 * The wall clock of the daemon jumps by years, runs in steps, or begins in 1970: no restart storm, no timer lost, no image
 * deleted early, and a pull waits for the time instead of failing (reliability R14). Only the daemon sees the wrong time,
 * by libfaketime; its monotonic clock goes on as a kernel's does.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { delay, systemClock } from "../../src/base/clock.ts";
import { Cast, policyOf } from "./support/cast.ts";
import { makeCertificates, type TestCertificates } from "./support/certificates.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { buildImage } from "./support/oci-image.ts";
import { boot, cutPower } from "./support/power-cut.ts";
import { type PrivateRegistry, startRegistry } from "./support/registry.ts";

const IMAGE = "localhost/test/clock:1";
const UNUSED = "localhost/test/unused:1";
const LIMIT_MS = 120_000;
const STEPS = Number(process.env["SUPERCARGO_CLOCK_STEPS"] ?? 4);
const RETRY_SECONDS = 1;
/** From this restart on every wait is the policy's cap: those before are 100, 200, 400 and 800 ms, also after a boot. */
const RAMP_RESTARTS = 5;
/** The faked clock is asked for anew this often. */
const SEEN_WITHIN_MS = 1_500;

let device: TestDevice;
let cast: Cast;
let registry: PrivateRegistry;
let certificates: TestCertificates;
let folder: string;
const clockFile = () => join(folder, "clock");

function libraryPath(): string {
  const places = readdirSync("/usr/lib").map((name) => join("/usr/lib", name, "faketime/libfaketimeMT.so.1"));
  const path = places.find((place) => existsSync(place));
  if (path === undefined) throw new Error("libfaketime is not installed");
  return path;
}

/** Programs that are started by `start` see the time that `clockFile` says. */
async function withWrongTime<T>(start: () => Promise<T>): Promise<T> {
  const fake: Readonly<Record<string, string>> = {
    LD_PRELOAD: libraryPath(),
    FAKETIME_TIMESTAMP_FILE: clockFile(),
    FAKETIME_CACHE_DURATION: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
  Object.assign(process.env, fake);
  try {
    return await start();
  } finally {
    for (const name of Object.keys(fake)) delete process.env[name];
  }
}

/** `+10y`, `-10y`, `+3600`, or `@1970-01-01 00:00:05` for a clock that begins there. */
const setClock = (text: string) => writeFileSync(clockFile(), text);

/** The year in which the daemon believes itself to be. */
async function yearOfDaemon(): Promise<number> {
  const [details] = await cast.ours.details(["loop"], stepSignal());
  return new Date(details?.restart?.nextTry ?? Number.NaN).getUTCFullYear();
}

beforeAll(async () => {
  refuseInitialNamespace();
  folder = mkdtempSync(join(tmpdir(), "supercargo-clock-"));
  certificates = makeCertificates();
  registry = await startRegistry({ tls: { cert: certificates.serverCert, key: certificates.serverKey } });
  await registry.push("clock/app", "1", buildImage({}));
  setClock("+0");
  device = await withWrongTime(() =>
    startTestDevice({
      manager: { live_restore: true },
      containers: {
        image_expiry: "1h",
        registry_configurations: { [registry.host]: { transport: { root_ca: certificates.ca } } },
      },
    }),
  );
  cast = new Cast(device, IMAGE);
  for (const name of [IMAGE, UNUSED])
    await device.importImage({ name, config: {}, scripts: { [name.replaceAll("/", "-")]: name } });
  await cast.start("steady", ["sleep", "100000"], "always");
  const restartPolicy = policyOf("always", 0, RETRY_SECONDS);
  await cast.start("loop", ["false"], "always", { hostConfig: { restartPolicy } });
}, LIMIT_MS);

afterAll(async () => {
  await device?.end();
  await registry?.stop();
  certificates?.remove();
  rmSync(folder, { recursive: true, force: true });
}, LIMIT_MS);

/** After a while of this time: nobody was stopped or started out of turn, waits go on, and no image has gone. */
async function checkCalm(forMs: number): Promise<void> {
  const steady = await cast.pid("steady");
  const beganMs = systemClock.nowMs();
  const before = (await cast.get("loop")).restartCount;
  expect(before).toBeGreaterThanOrEqual(RAMP_RESTARTS);
  await delay(systemClock, forMs, stepSignal());
  // No wait is lost: the next try comes.
  await cast.until("loop", ({ restartCount }) => restartCount > before);
  const tries = (await cast.get("loop")).restartCount - before;
  const elapsedSeconds = (systemClock.nowMs() - beganMs) / 1000;
  expect(tries).toBeLessThanOrEqual(elapsedSeconds / RETRY_SECONDS + 1);
  expect(await cast.get("steady")).toMatchObject({
    restartCount: 0,
    state: { status: "Running", pid: steady },
  });
  const images = cast.ctr("images", "ls", "-q");
  expect(images).toContain(UNUSED);
  expect(images).toContain(IMAGE);
}

describe("a daemon whose clock", () => {
  for (const [what, text, year] of [
    ["jumps ten years ahead", "+10y", new Date().getUTCFullYear() + 10],
    ["jumps ten years back", "-10y", new Date().getUTCFullYear() - 10],
    ["is right again", "+0", new Date().getUTCFullYear()],
  ] as const) {
    test(
      what,
      async () => {
        await cast.until("loop", ({ restartCount }) => restartCount >= RAMP_RESTARTS);
        setClock(text);
        await until(async () => Math.abs((await yearOfDaemon()) - year) <= 1, "the daemon sees it", LIMIT_MS);
        await checkCalm(2_500);
      },
      LIMIT_MS,
    );
  }

  test(
    `is set anew every second, ${STEPS} times`,
    async () => {
      for (let step = 0; step < STEPS; step++) {
        setClock(step % 2 === 0 ? `+${step + 1}d` : `-${step + 1}d`);
        await checkCalm(SEEN_WITHIN_MS - 500);
      }
      console.log(`the clock was set ${STEPS + 3} times`);
    },
    LIMIT_MS + STEPS * 20_000,
  );

  test(
    "begins in 1970 when the machine boots: what ran runs again, and stamps are what the clock says",
    async () => {
      await cutPower(device, [await cast.pid("steady")]);
      setClock("@1970-01-01 00:00:05");
      await withWrongTime(() => boot(device, stepSignal()));
      const { state } = await cast.untilStatus("steady", "Running");
      expect(state.startedAt).toStartWith("1970-01-01T");
      // Counted anew since the boot: what the disk still tells from before it has other stamps.
      await cast.until(
        "loop",
        (loop) => loop.restartCount >= RAMP_RESTARTS && loop.state.startedAt.startsWith("1970-"),
      );
      await checkCalm(1_000);
    },
    LIMIT_MS,
  );

  test(
    "is still in 1970: a certificate that is not valid yet is waited for, and deployed when the time is known",
    async () => {
      const manifests = join(device.home, "manifests");
      mkdirSync(manifests);
      const manifest = {
        container_id: "pulled",
        container_name: "pulled",
        image: { name: `${registry.host}/clock/app:1` },
        config: { cmd: ["sleep", "100000"] },
        host_config: { network_mode: "host" },
      };
      writeFileSync(join(manifests, "pulled.json"), JSON.stringify(manifest));
      device.device.deploy(manifests, ["--probation", "0"]);
      const log = join(device.home, "log/kanto-auto-deployer-output.log");
      const said = () => (existsSync(log) ? readFileSync(log, "utf8") : "");
      await until(
        () => /not valid yet|clock/.test(said()),
        () => `the clock is named: ${said()}`,
        LIMIT_MS / 2,
      );
      expect((await cast.client.list(stepSignal())).map(({ id }) => id)).not.toContain("pulled");
      setClock("+0");
      const isThere = async () =>
        (await cast.client.list(stepSignal())).some(
          ({ id, state }) => id === "pulled" && state.status === "Running",
        );
      await until(isThere, () => `it is deployed: ${said()}`, LIMIT_MS);
    },
    LIMIT_MS * 2,
  );
});
