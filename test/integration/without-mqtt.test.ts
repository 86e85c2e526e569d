/** A build without MQTT: what needs a broker says so in a sentence. */

import { beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../scripts/project/setup.mjs";

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
