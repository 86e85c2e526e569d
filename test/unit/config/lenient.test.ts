import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_CONFIG } from "../../../src/config/daemon-config.ts";
import { type LoadedConfig, loadConfig } from "../../../src/config/load.ts";
import { readCommandLine } from "../../../src/config/read-flags.ts";

const folder = mkdtempSync(join(tmpdir(), "sc-lenient-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(content: string, ...flags: string[]): LoadedConfig {
  const path = join(folder, "config");
  writeFileSync(path, content, { mode: 0o600 });
  const line = readCommandLine(flags);
  if (line.kind !== "run") throw new Error(line.kind === "mistake" ? line.text : line.kind);
  return loadConfig(path, line.values);
}

/** Warnings without the path of the file. */
function warnings(loaded: LoadedConfig): readonly string[] {
  return loaded.warnings.map((warning) => warning.replace(join(folder, "config"), "f"));
}

test("a bad duration of the connection is a warning and the default, in the file and as a flag", () => {
  const inFile = load('{"connection":{"keep_alive":"often","connect_timeout":"1m"}}');
  expect(inFile.config.connection).toMatchObject({ keepAliveMs: 20_000, connectTimeoutMs: 60_000 });
  expect(warnings(inFile)).toEqual([
    "f:1:29: connection.keep_alive: Invalid Duration string: often; the default is used",
  ]);
  const asFlag = load("{}", "--conn-keep-alive", "often", "--conn-connect-timeout=2m");
  expect(asFlag.config.connection).toMatchObject({ keepAliveMs: 20_000, connectTimeoutMs: 120_000 });
  expect(warnings(asFlag)).toEqual([
    "--conn-keep-alive: Invalid Duration string: often; the default is used",
  ]);
});

test("a number where a duration text is wanted is refused, as in the peer", () => {
  expect(() => load('{"connection":{"keep_alive":20}}')).toThrow("a duration such as");
  expect(() => load('{"containers":{"image_expiry":"31d"}}')).toThrow(
    'time: unknown unit "d" in duration "31d"',
  );
});

test("an unknown log level is the default with a warning, another case is understood", () => {
  expect(load('{"log":{"log_level":"debug"}}').config.log.level).toBe("DEBUG");
  const loud = load('{"log":{"log_level":"LOUD"}}');
  expect(loud.config.log.level).toBe("INFO");
  expect(warnings(loud)).toEqual([
    'f:1:21: log.log_level: "LOUD" is taken as INFO; the levels are ERROR, WARN, INFO, DEBUG, TRACE',
  ]);
  expect(load("{}", "--log-level", "warn").config.log.level).toBe("WARN");
  expect(load("{}", "--log-level", "x").warnings).toHaveLength(1);
});

test("an unknown deployment mode is update, with the peer's words", () => {
  const loaded = load('{"deployment":{"mode":"init_run"}}');
  expect(loaded.config.deployment.mode).toBe("update");
  expect(warnings(loaded)[0]).toContain(
    "Invalid value 'init_run' for deployment mode option, switching to default mode update",
  );
  expect(load('{"deployment":{"mode":"watch"}}').config.deployment.mode).toBe("watch");
});

test("the stop timeout as a flag: duration, digits, and 30 s for anything else; fractions are cut", () => {
  const stop = (text: string) =>
    load("{}", "--cm-deflt-ctrs-stop-timeout", text).config.manager.defaultStopTimeoutMs;
  expect([stop("5s"), stop("7"), stop("1.9s"), stop("soon"), stop("-1s")]).toEqual([
    5000, 7000, 1000, 30_000, 30_000,
  ]);
  expect(load('{"manager":{"default_ctrs_stop_timeout":0}}').config.manager.defaultStopTimeoutMs).toBe(
    30_000,
  );
  expect(() => load('{"manager":{"default_ctrs_stop_timeout":1.5}}')).toThrow("whole seconds");
  expect(() => load('{"manager":{"default_ctrs_stop_timeout":true}}')).toThrow("whole seconds");
});

test("null empties a list, leaves a scalar, and a section that is null does not end the daemon", () => {
  const { config } = load(
    '{"containers":{"insecure_registries":null,"default_ns":null},"things":{"features":null},"network":{"default_bridge":null},"log":null}',
  );
  expect(config.containers.insecureRegistries).toEqual([]);
  expect(config.things.features).toEqual([]);
  expect(config.containers.namespace).toBe(DEFAULT_CONFIG.containers.namespace);
  expect(config.network).toEqual(DEFAULT_CONFIG.network);
});

test("a key that stands twice: the last one counts, and it is said; sections are laid over each other", () => {
  const loaded = load('{"log":{"log_level":"ERROR"},"log":{"log_file":"x","LOG_FILE":"y"}}');
  expect(loaded.config.log).toMatchObject({ level: "ERROR", file: "y" });
  expect(loaded.warnings).toHaveLength(2);
});

test("unknown keys inside a registry are named too, without the password", () => {
  const loaded = load(
    '{"containers":{"registry_configurations":{"r:1":{"credentials":{"user":"u","password":"hunter2"},"transprt":{}},"":{}}}}',
  );
  expect(loaded.config.containers.registries).toEqual({
    "r:1": { credentials: { userId: "", password: "hunter2" } },
  });
  expect(warnings(loaded)).toHaveLength(3);
  expect(warnings(loaded).join()).toContain("did you mean transport?");
  expect(warnings(loaded).join()).toContain("Host is not provided");
  expect(warnings(loaded).join()).not.toContain("hunter2");
});

test("a registry that is called like something every object has is a registry", () => {
  const { config } = load(
    '{"containers":{"registry_configurations":{"__proto__":{"credentials":{"user_id":"u"}}}},"__proto__":{"polluted":1}}',
  );
  expect(Object.keys(config.containers.registries)).toEqual(["__proto__"]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("lists as flags: by comma, by repetition, with Go's quotes; the first replaces the default", () => {
  const list = (...flags: string[]) => load("{}", ...flags).config.containers.insecureRegistries;
  expect(list("--ccl-insecure-registries", "a,b")).toEqual(["a", "b"]);
  expect(list("--ccl-insecure-registries=a", "--ccl-insecure-registries=b")).toEqual(["a", "b"]);
  expect(list('--ccl-insecure-registries="a,b",c')).toEqual(["a,b", "c"]);
  expect(list("--ccl-insecure-registries=")).toEqual([]);
  expect(() => list('--ccl-insecure-registries=a"b')).toThrow("parse error");
});

test("a directory and an unreadable encoding are refused with their reason", () => {
  expect(() => loadConfig(folder, new Map())).toThrow(`provided configuration path ${folder} is a directory`);
  writeFileSync(join(folder, "wide"), new Uint8Array([0xff, 0xfe, 0x7b, 0]));
  expect(() => loadConfig(join(folder, "wide"), new Map())).toThrow("UTF-16");
});

test("a list of many unknown keys gives a bounded number of warnings", () => {
  const keys = Array.from({ length: 5000 }, (_, index) => `"k${index}":1`).join(",");
  expect(load(`{${keys}}`).warnings.length).toBeLessThanOrEqual(50);
});
