import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_CONFIG } from "../../../src/config/daemon-config.ts";
import { CONFIG_KEYS } from "../../../src/config/keys.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { readCommandLine } from "../../../src/config/read-flags.ts";

const folder = mkdtempSync(join(tmpdir(), "supercargo-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function file(content: string): string {
  const path = join(folder, `config-${count++}.json`);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const load = (content: string, flags = new Map()) => loadConfig(file(content), flags);

function faultsOf(content: string): string {
  try {
    load(content);
  } catch (thrown) {
    return String(thrown);
  }
  return "";
}

describe("the daemon's configuration", () => {
  test("without a file, with one that is missing or empty, the defaults hold", () => {
    expect(loadConfig("", new Map()).config).toEqual(DEFAULT_CONFIG);
    expect(loadConfig(join(folder, "missing.json"), new Map()).config).toEqual(DEFAULT_CONFIG);
    expect(load("")).toMatchObject({
      config: DEFAULT_CONFIG,
      warnings: [expect.stringContaining("is empty")],
    });
  });

  test("only keys that are there change, in any case; null leaves the default; lists replace", () => {
    const { config } = load(
      '{"Log":{"LOG_LEVEL":"DEBUG"},"things":null,"containers":{"insecure_registries":["r:5000"]},"network":{"default_bridge":{"mtu":1400,"icc":false}}}',
    );
    expect(config.log).toEqual({ ...DEFAULT_CONFIG.log, level: "DEBUG" });
    expect(config.things).toEqual(DEFAULT_CONFIG.things);
    expect(config.containers.insecureRegistries).toEqual(["r:5000"]);
    expect(config.network.bridge).toEqual({ ...DEFAULT_CONFIG.network.bridge, mtu: 1400, icc: false });
  });

  test("both spellings of the twin's switch work", () => {
    expect(load('{"things":{"enabled":false}}').config.things.enable).toBe(false);
    expect(load('{"things":{"enable":false}}').config.things.enable).toBe(false);
  });

  test("the stop timeout is a duration, a number or digits; a bad text is 30 s with a warning", () => {
    const stop = (value: string) => load(`{"manager":{"default_ctrs_stop_timeout":${value}}}`);
    expect(stop('"5s"').config.manager.defaultStopTimeoutMs).toBe(5000);
    expect(stop("15").config.manager.defaultStopTimeoutMs).toBe(15_000);
    expect(stop('"15"').config.manager.defaultStopTimeoutMs).toBe(15_000);
    expect(stop('"soon"').config.manager.defaultStopTimeoutMs).toBe(30_000);
    expect(stop('"soon"').warnings).toHaveLength(1);
  });

  test("registries with credentials and transport", () => {
    const { config } = load(
      '{"containers":{"registry_configurations":{"a:1":{"credentials":{"user_id":"u","password":"p"}},"f":{"credentials":{"user_id":"u","password_file":"/p"}},"b":{"transport":{"root_ca":"/c.crt"}}}}}',
    );
    expect(config.containers.registries).toEqual({
      "a:1": { credentials: { userId: "u", password: "p" } },
      f: { credentials: { userId: "u", password: "", passwordFile: "/p" } },
      b: { transport: { rootCa: "/c.crt", clientCert: "", clientKey: "" } },
    });
  });

  test("mirrors, helpers, passwords of the environment and docker's file are read; what is no list of texts is a fault", () => {
    const { config, warnings } = load(
      '{"containers":{"docker_config":"/root/.docker/config.json","registry_configurations":{"r":{"mirrors":["m:5000","http://n/p"],"credentials":{"user_id":"u","password_env":"E"}},"s":{"credentials":{"helper":"ecr-login"}}}}}',
    );
    expect(config.containers.registries).toEqual({
      r: { credentials: { userId: "u", password: "", passwordEnv: "E" }, mirrors: ["m:5000", "http://n/p"] },
      s: { credentials: { userId: "", password: "", helper: "ecr-login" } },
    });
    expect(config.containers.dockerConfig).toBe("/root/.docker/config.json");
    expect(warnings).toEqual([]);
    const faults = faultsOf(
      '{"containers":{"registry_configurations":{"r":{"mirrors":"m"},"s":{"mirrors":[1]}}}}',
    );
    expect(faults).toContain('containers.registry_configurations["r"].mirrors: a list of texts is expected');
    expect(faults).toContain('containers.registry_configurations["s"].mirrors[0]: a text is expected');
  });

  test("an unknown key is a warning with its place and the nearest known key", () => {
    const { warnings } = load('{\n  "manager": { "home_dri": "/x" }\n}');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/config-\d+\.json:2:16: manager\.home_dri: .*did you mean home_dir\?/);
  });

  test("every fault is named with line, column and key", () => {
    const text = faultsOf(
      '{\n "network": {"localhost": "far"},\n "things": {"enable": "true"},\n "connection": {"keep_alive": 20}\n}',
    );
    expect(text).toContain(":2:27: network.localhost:");
    expect(text).toContain(":3:23: things.enable: true or false is expected");
    expect(text).toContain(":4:31: connection.keep_alive:");
    expect(faultsOf("{")).toMatch(/:1:\d+: /);
    expect(faultsOf("[]")).toContain("an object is expected");
  });

  test("flags win over the file, wherever --cfg-file stands", () => {
    const path = file('{"log":{"log_level":"ERROR"},"network":{"default_bridge":{"mtu":1400}}}');
    const line = readCommandLine([
      "--log-level",
      "DEBUG",
      `--cfg-file=${path}`,
      "--net-br-icc=false",
      "--ua-enable",
    ]);
    if (line.kind !== "run") throw new Error(line.kind);
    const { config } = loadConfig(line.configPath, line.values);
    expect([
      config.log.level,
      config.network.bridge.mtu,
      config.network.bridge.icc,
      config.updateAgent.enable,
    ]).toEqual(["DEBUG", 1400, false, true]);
  });

  test("a bad command line is one sentence", () => {
    expect(readCommandLine(["--nope"])).toEqual({ kind: "mistake", text: "unknown flag: --nope" });
    expect(readCommandLine(["word"])).toMatchObject({
      text: 'unknown command "word" for "container-management"',
    });
    expect(readCommandLine(["--net-br-mtu", "x"])).toMatchObject({ kind: "mistake" });
    expect(readCommandLine(["--ccl-image-verifier-config", "abc"])).toMatchObject({
      text: "could not parse image verification config, invalid key-value pair - abc",
    });
    expect(readCommandLine(["--help"])).toEqual({ kind: "help" });
  });

  test("no key and no flag is there twice", () => {
    const paths = CONFIG_KEYS.map(({ path }) => path);
    const flags = CONFIG_KEYS.flatMap(({ flag }) => flag ?? []);
    expect(new Set(paths).size).toBe(paths.length);
    expect(new Set(flags).size).toBe(flags.length);
  });
});
