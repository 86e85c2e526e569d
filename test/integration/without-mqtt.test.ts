/** A build without MQTT: what needs a broker says so in a sentence, and everything else works. */

import { beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateDevice, placesOf } from "../../scripts/demo/private-device.ts";
import { until } from "../../scripts/demo/until.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import { DaemonConnection } from "../../src/api/daemon-connection.ts";
import { SupercargoClient } from "../../src/api/supercargo-client.ts";
import { daemonLaunch } from "./support/daemon-unit.ts";
import { stepSignal } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const folder = join(ROOT, "dist", "bin-without-mqtt");

beforeAll(() => {
  const script = join(ROOT, "scripts", "build.mjs");
  const { status, stderr } = spawnSync("node", [script, "--without", "mqtt"], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
}, 120_000);

test.each([
  ["kanto-auto-deployer", ["-d", "-m", "/"], 2, "this build has no MQTT, so there is no --mqtt"],
  ["supercargo", ["update", "-"], 1, "this build has no MQTT, and update needs a broker"],
  ["supercargo", ["current-state"], 1, "this build has no MQTT, and current-state needs a broker"],
])("%s %p", (program, args, code, sentence) => {
  const { status, stderr } = spawnSync(join(folder, program), args, { encoding: "utf8" });
  expect(status).toBe(code);
  expect(stderr).toContain(sentence);
});

test("holds no MQTT library", () => {
  const { stdout } = spawnSync("grep", ["-c", "mqtt-packet", join(folder, "supercargo.bin")], {
    encoding: "utf8",
  });
  expect(stdout.trim()).toBe("0");
});

test("the daemon names twin and update agent as left out, in its log and its status", async () => {
  refuseInitialNamespace();
  const home = mkdtempSync(join(tmpdir(), "supercargo-without-"));
  const changes = { things: { enable: true }, update_agent: { enable: true } };
  const device = new PrivateDevice({ ...placesOf(ROOT, home), bin: folder }, changes, daemonLaunch());
  await device.start(stepSignal());
  const connection = new DaemonConnection({ unix: device.socket });
  try {
    const client = new SupercargoClient(connection);
    const problems = async () => (await client.status(stepSignal())).problems;
    await until(async () => (await problems()).length > 0, "the status tells it");
    expect((await problems()).map(({ message, hint }) => `${message}; ${hint}`)).toEqual([
      "this build has no MQTT: the digital twin is left out; set things.enable to false, or install a build with MQTT",
      "this build has no MQTT: the update agent is left out; set update_agent.enable to false, or install a build with MQTT",
    ]);
    const log = readFileSync(device.logPath("container-management"), "utf8");
    expect(log).toContain('msg="this build has no MQTT: the digital twin is left out"');
  } finally {
    await connection.close();
    await device.stop();
    rmSync(home, { recursive: true, force: true });
  }
}, 120_000);
