/** The configuration is read again while the daemon runs: by request, by SIGHUP, by itself when the file changes (DESIGN §4 "config"). */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { Cast, STAYS } from "./support/cast.ts";
import { runProgram, startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { signalProcess } from "./support/signal-process.ts";

const IMAGE = "localhost/test/reload:1";
const LIMIT_MS = 120_000;

let device: TestDevice;
let cast: Cast;
let path = "";

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { live_restore: true } });
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
  path = join(device.home, "config.json");
  await cast.start("app", STAYS, "always");
}, LIMIT_MS);
afterAll(() => device?.end(), LIMIT_MS);

type Config = Record<string, Record<string, unknown>>;

function edit(change: (config: Config) => void): void {
  const config = JSON.parse(readFileSync(path, "utf8"));
  change(config);
  writeFileSync(`${path}.new`, JSON.stringify(config));
  renameSync(`${path}.new`, path);
}

const logText = () => readFileSync(device.device.logPath("container-management"), "utf8");
const problemCodes = async () => (await cast.ours.status(stepSignal())).problems.map(({ code }) => code);

/** Whether something is logged that only the level DEBUG shows. */
async function logsDebug(): Promise<boolean> {
  const before = logText().length;
  await cast.client.stop("app", { timeoutSeconds: 10, force: true, signal: "" }, stepSignal());
  await cast.client.start("app", stepSignal());
  return logText().slice(before).includes("level=debug");
}

test(
  "by itself when the file changes: the log level holds at once, containers run on",
  async () => {
    expect(await logsDebug()).toBe(true);
    const pid = await cast.pid("app");
    const reads = () => logText().split("were read again").length;
    const before = reads();
    edit((config) => {
      config["log"] = { ...config["log"], log_level: "INFO" };
    });
    await until(() => reads() > before, "the file is read again");
    expect(await cast.pid("app")).toBe(pid);
    expect(await logsDebug()).toBe(false);
  },
  LIMIT_MS,
);

test(
  "at SIGHUP, which the daemon outlives",
  async () => {
    const before = logText().split("were read again").length;
    signalProcess(device.device.pidOf("container-management"), "SIGHUP");
    await until(() => logText().split("were read again").length > before, "the file is read again");
    device.device.checkAlive();
    expect(await problemCodes()).toEqual([]);
  },
  LIMIT_MS,
);

test(
  "by request, which answers what takes effect at the next start only",
  async () => {
    edit((config) => {
      config["manager"] = { ...config["manager"], default_ctrs_stop_timeout: "9s" };
    });
    const { needsRestart, warnings } = await cast.ours.reload(stepSignal());
    expect({ needsRestart, warnings }).toEqual({
      needsRestart: ["manager.default_ctrs_stop_timeout"],
      warnings: [],
    });
    expect(await problemCodes()).toEqual(["SC_CONFIG_PENDING"]);
  },
  LIMIT_MS,
);

test(
  "a refused file changes nothing, says why, and is told in the status until it is mended",
  async () => {
    const good = readFileSync(path, "utf8");
    const pid = await cast.pid("app");
    writeFileSync(path, good.replace('"log_level":"INFO"', '"log_level":7'));
    const refused = await cast.ours.reload(stepSignal()).then(
      () => "",
      (thrown: Error) => thrown.message,
    );
    expect(refused).toContain("log.log_level");
    expect(await problemCodes()).toContain("SC_CONFIG_INVALID");
    expect(await cast.pid("app")).toBe(pid);
    writeFileSync(path, good);
    await until(async () => !(await problemCodes()).includes("SC_CONFIG_INVALID"), "the mended file is read");
  },
  LIMIT_MS,
);

test(
  "--check-config tells all faults with file, line, column and key, exit code 1; of a good file 0 with its warnings",
  async () => {
    const file = join(device.home, "checked.toml");
    writeFileSync(file, '[things]\nenable = "true"\n[network.default_bridge]\nmtu = 7\n');
    const bad = await runProgram("container-management", ["--cfg-file", file, "--check-config"]);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain(`${file}:2:1: things.enable: true or false is expected, text found`);
    expect(bad.stderr).toContain(`${file}:4:1: network.default_bridge.mtu: 7 is not between 68 and 65535`);
    writeFileSync(file, "[things]\nenabel = true\n");
    const good = await runProgram("container-management", ["--cfg-file", file, "--check-config"]);
    expect(good).toMatchObject({ code: 0, stdout: "the configuration is good\n" });
    expect(good.stderr).toContain(
      `${file}:2:1: things.enabel: the key is not known and has no effect; did you mean enable`,
    );
  },
  LIMIT_MS,
);
