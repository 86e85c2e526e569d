/** R20: a home that a newer version has written, every file in a form that this one does not know: containers go on, nothing is overwritten in silence, what the newer one knew is kept aside. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { DaemonConnection } from "../../src/api/daemon-connection.ts";
import { SupercargoClient } from "../../src/api/supercargo-client.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const LIMIT_MS = 120_000;
const IMAGE = "localhost/test/downgrade:1";
const PORT = 20861;

let device: TestDevice;
let manifests = "";

async function get(name: string) {
  const found = (await device.device.client.list(stepSignal())).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

async function page(): Promise<string> {
  const own = { headers: { connection: "close" }, signal: AbortSignal.timeout(5_000) };
  return (await (await fetch(`http://127.0.0.1:${PORT}/`, own)).text()).trim();
}

/** Files of ours below a folder: those of Kanto's form have no number. */
function ownFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile() && /\.json$/.test(path) && !path.endsWith("/config.json"))
    .sort();
}

/** As a version writes it that gives its form the next number; answers the files. */
function makeNewer(folder: string): string[] {
  return ownFiles(folder).filter((path) => {
    const text = readFileSync(path, "utf8");
    const newer = text.replace(
      /"(schema|version)":\s*(\d+)/,
      (_, key, number) => `"${key}":${Number(number) + 1},"new":[]`,
    );
    if (newer === text) return false;
    writeFileSync(path, newer);
    return true;
  });
}

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { live_restore: true } });
  const serve = `mkdir -p /w; echo alive >/w/index.html; exec httpd -f -p 80 -h /w`;
  await device.importImage({ name: IMAGE, config: { Cmd: ["sh", "-c", serve] } });
  manifests = join(device.home, "manifests");
  mkdirSync(manifests);
  const web = {
    container_name: "web",
    image: { name: IMAGE },
    labels: { kept: "by us" },
    host_config: { port_mappings: [{ host_port: PORT, container_port: 80 }] },
  };
  writeFileSync(join(manifests, "web.json"), JSON.stringify(web));
  expect(await device.deployOnce(manifests)).toMatchObject({ code: 0 });
  await until(async () => (await page().catch(() => "")) === "alive", "the page", LIMIT_MS / 2);
}, LIMIT_MS);

afterAll(() => device?.end(), LIMIT_MS);

test(
  "an older daemon on it: the container runs on with its process, address and port; the files are named and kept",
  async () => {
    const before = await get("web");
    await device.device.end("container-management", "SIGTERM");
    const newer = makeNewer(join(device.home, "cm"));
    for (const name of ["supercargo.json", "record.json"])
      expect(newer.map((path) => path.split("/").at(-1))).toContain(name);
    await device.device.startDaemon(stepSignal());
    const after = await get("web");
    expect(after.state.pid).toBe(before.state.pid);
    expect(after.networkSettings?.networks["bridge"]?.ipAddress).toBe(
      before.networkSettings?.networks["bridge"]?.ipAddress ?? "",
    );
    expect(await page()).toBe("alive");
    const connection = new DaemonConnection({ unix: device.device.socket });
    const { problems } = await new SupercargoClient(connection).status(stepSignal());
    await connection.close();
    expect(problems.map(({ code }) => code)).toContain("SC_STATE_UNREADABLE");
    // Nothing is lost: what the newer version had written is still somewhere in the home.
    const kept = readdirSync(join(device.home, "cm"), { recursive: true })
      .map((name) => join(device.home, "cm", String(name)))
      .filter((path) => statSync(path).isFile() && readFileSync(path, "utf8").includes('"new":[]'));
    expect(kept.length).toBeGreaterThanOrEqual(2);
  },
  LIMIT_MS,
);

test(
  "an older deployer on what a newer one remembers: the container is adopted, not replaced, and it says so",
  async () => {
    const before = await get("web");
    expect(makeNewer(device.device.deployerState()).length).toBeGreaterThan(0);
    const { code, stderr } = await device.deployOnce(manifests);
    expect(code).toBe(0);
    expect(stderr).toMatch(/WARN|ERROR/);
    expect((await get("web")).state.pid).toBe(before.state.pid);
  },
  LIMIT_MS,
);

test(
  "the newer version again, or this one once more: the state that was migrated is read without a word",
  async () => {
    const before = await get("web");
    await device.device.end("container-management", "SIGTERM");
    await device.device.startDaemon(stepSignal());
    expect((await get("web")).state.pid).toBe(before.state.pid);
    const connection = new DaemonConnection({ unix: device.device.socket });
    const { problems } = await new SupercargoClient(connection).status(stepSignal());
    await connection.close();
    expect(problems).toEqual([]);
    expect(await page()).toBe("alive");
  },
  LIMIT_MS,
);
