/** Six ways in which a new version can be bad, at once (R16): the old one runs again each time, and the version is remembered. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { memoryPlace } from "../../src/deploy/folder/memory-file.ts";
import { type ManifestStatus, readStatus } from "../../src/deploy/folder/status-file.ts";
import type { Container } from "../../src/model/container.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { MemoryRegistry } from "./support/memory-registry.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { buildImage } from "./support/oci-image.ts";

const LIMIT_MS = 60_000;
const TEST_LIMIT_MS = 150_000;
/** Longer than the five seconds after which one of them ends. */
const OPTIONS = ["--probation", "8"];
const STAY = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
const PROBE = { interval: "1s", timeout: "5s" };

let device: TestDevice;
let registry: MemoryRegistry;
let root: string;
let folder: string;
let image: string;

interface Bad {
  /** Of the manifest of version 2. */
  readonly change: Readonly<Record<string, unknown>>;
  readonly reason: RegExp;
  /** The old one has not even been stopped. */
  readonly isUntouched?: true;
  /** Tried again by itself: it can be mended without touching the file. */
  readonly isRetried?: true;
}

const cases = (): Readonly<Record<string, Bad>> => ({
  "does-not-start": { change: { config: { cmd: ["/no/such/program"] } }, reason: /no\/such\/program/ },
  "ends-after-5s": {
    change: { config: { cmd: ["sh", "-c", "sleep 5; exit 7"] } },
    reason: /exit code 7|restarted/,
  },
  "probe-fails": {
    change: { healthcheck: { ...PROBE, exec: ["sh", "-c", "echo no >&2; false"], retries: 2 } },
    reason: /unhealthy/,
  },
  "probe-flaps": {
    change: {
      healthcheck: {
        ...PROBE,
        exec: ["sh", "-c", "if rm /up 2>/dev/null; then exit 1; else touch /up; fi"],
        retries: 1,
      },
    },
    reason: /unhealthy/,
  },
  "not-pullable": {
    change: { image: { name: `${registry.host}/test/nowhere:2` } },
    reason: /test\/nowhere:2/,
    isUntouched: true,
    isRetried: true,
  },
  "signature-wrong": {
    change: { image: { name: `${registry.host}/test/unsigned:2` } },
    reason: /signature/,
    isUntouched: true,
    isRetried: true,
  },
});

function write(name: string, version: number, change: Readonly<Record<string, unknown>> = {}): void {
  const config = { cmd: STAY, ...(change["config"] as object | undefined), env: [`VERSION=${version}`] };
  const manifest = {
    container_id: name,
    container_name: name,
    image: { name: image },
    host_config: { network_mode: "host" },
    ...change,
    config,
  };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(manifest));
}

async function containers(): Promise<ReadonlyMap<string, Container>> {
  return new Map((await device.device.client.list(stepSignal())).map((one) => [one.name, one]));
}

function statusOf(name: string): ManifestStatus | undefined {
  const status = readStatus(memoryPlace(device.device.deployerState(), folder).statusPath);
  return status?.manifests.find((one) => one.container === name);
}

const log = () => readFileSync(device.device.logPath("kanto-auto-deployer-output"), "utf8");
const countOf = (text: string) => log().split(text).length - 1;

beforeAll(async () => {
  refuseInitialNamespace();
  root = mkdtempSync(join(tmpdir(), "supercargo-bad-"));
  folder = join(root, "manifests");
  mkdirSync(folder);
  // In the place of notation: what is pulled by this name has no signature.
  const program = join(root, "notation");
  const script =
    "#!/bin/sh\ncase \"$*\" in *unsigned*) echo 'no signature is associated' >&2; exit 1;; esac\n";
  writeFileSync(program, script, { mode: 0o755 });
  registry = await MemoryRegistry.start();
  image = registry.offer("test/app", "1", buildImage({ cmd: STAY }));
  registry.offer("test/unsigned", "2", buildImage({ cmd: STAY, env: ["PATH=/bin", "X=1"] }));
  device = await startTestDevice({
    containers: {
      insecure_registries: [registry.host],
      image_verifier_type: "notation",
      image_verifier_config: { program },
    },
  });
  for (const name of Object.keys(cases())) write(name, 1);
  device.device.deploy(folder, OPTIONS);
  await until(
    () => Object.keys(cases()).every((name) => statusOf(name)?.state === "done"),
    () => `version 1 of each runs; ${log()}`,
    LIMIT_MS,
  );
}, 120_000);

afterAll(async () => {
  await device?.end();
  await registry?.stop();
  rmSync(root, { recursive: true, force: true });
}, 120_000);

describe("a bad new version", () => {
  test(
    "gives way to the old one, and what was wrong stands in the status",
    async () => {
      const before = await containers();
      for (const [name, { change }] of Object.entries(cases())) write(name, 2, change);
      for (const [name, bad] of Object.entries(cases())) {
        const wanted = bad.isRetried ? "failed" : "refused";
        await until(
          () => statusOf(name)?.state === wanted,
          () => `${name} is ${wanted}: ${JSON.stringify(statusOf(name))}`,
          LIMIT_MS,
        );
        expect([name, statusOf(name)?.reason]).toEqual([name, expect.stringMatching(bad.reason)]);
        expect([name, statusOf(name)?.nextTry !== ""]).toEqual([name, bad.isRetried === true]);
      }
      const after = await containers();
      for (const [name, { isUntouched }] of Object.entries(cases())) {
        const [old, now] = [before.get(name), after.get(name)];
        expect([name, now?.state.status, now?.config?.env, now?.created]).toEqual([
          name,
          "Running",
          ["VERSION=1"],
          old?.created,
        ]);
        expect([name, now?.state.pid === old?.state.pid]).toEqual([name, isUntouched === true]);
      }
      expect(engineLeftovers(device.device, [...after.values()])).toEqual([]);
    },
    TEST_LIMIT_MS,
  );

  test(
    "is not tried again by the next deployer either, until its file changes",
    async () => {
      await device.device.end("kanto-auto-deployer", "SIGTERM");
      const before = await containers();
      const created = countOf("Created [");
      device.device.deploy(folder, OPTIONS);
      const refused = Object.entries(cases()).filter(([, { isRetried }]) => isRetried !== true);
      await until(
        () => refused.every(([name]) => statusOf(name)?.reason.includes("not tried again") === true),
        () => `they stay refused; ${log()}`,
        LIMIT_MS,
      );
      expect(countOf("Created [")).toBe(created);
      const after = await containers();
      for (const [name] of refused) expect(after.get(name)?.state.pid).toBe(before.get(name)?.state.pid ?? 0);
      write("does-not-start", 3);
      await until(
        async () => (await containers()).get("does-not-start")?.config?.env.includes("VERSION=3") === true,
        "the mended version runs",
        LIMIT_MS,
      );
    },
    TEST_LIMIT_MS,
  );
});
