import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoadedConfig, loadConfig } from "../../../src/config/load.ts";

const folder = mkdtempSync(join(tmpdir(), "sc-toml-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(content: string, name = "config.toml"): LoadedConfig {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return loadConfig(path, new Map());
}

const EXAMPLE = `# the daemon
things = { enabled = false }

[manager]
default_ctrs_stop_timeout = 5
home_dir = "/data/cm"

[containers]
insecure_registries = [
  "localhost",
  "10.0.0.5:5000",
]

[containers.registry_configurations."ghcr.io".credentials]
user_id = "bot"
password = "secret"

[network]
default_bridge.mtu = 1_400
default_bridge.icc = false
`;

test("a TOML file says the same as a JSON file", () => {
  const { config, warnings } = load(EXAMPLE);
  expect(warnings).toEqual([]);
  expect(config.things.enable).toBe(false);
  expect(config.manager).toMatchObject({ defaultStopTimeoutMs: 5000, homeDir: "/data/cm" });
  expect(config.containers.insecureRegistries).toEqual(["localhost", "10.0.0.5:5000"]);
  expect(config.containers.registries).toEqual({
    "ghcr.io": { credentials: { userId: "bot", password: "secret" } },
  });
  expect(config.network.bridge).toMatchObject({ mtu: 1400, icc: false });
});

test("the content decides, not the name", () => {
  expect(load("[log]\nlog_level = 'DEBUG'\n", "config.json").config.log.level).toBe("DEBUG");
  expect(load('{"log":{"log_level":"DEBUG"}}', "config.toml").config.log.level).toBe("DEBUG");
  expect(load("# only a comment\n").config.log.level).toBe("INFO");
});

test("an unknown key in TOML is named with its line", () => {
  const { warnings } = load(
    '[manager]\n\n  home_dri = "/x"\n[log]\nlog_file = """\nhome_dri = 5\n"""\nlog_lvel = "x"\n',
  );
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toContain("config.toml:3:3: manager.home_dri:");
  expect(warnings[1]).toContain("config.toml:8:1: log.log_lvel:");
});

test("a wrong value in TOML is named with its line, a mistake in the text with line and column", () => {
  expect(() => load('[things]\nenable = "true"\n')).toThrow(
    "config.toml:2:1: things.enable: true or false is expected, text found",
  );
  expect(() => load("[log]\nlog_level = \n")).toThrow(/config\.toml:2:\d+: Invalid TOML document/);
  expect(() => load("[log]\nlog_file_size = 1.5\n")).toThrow("a whole number is expected");
  expect(() => load("a = 1\na = 2\n")).toThrow("config.toml:2:");
});

test("text that is neither is refused", () => {
  expect(() => load("<config/>")).toThrow("config.toml:1:");
  expect(() => load("[]")).toThrow("an object is expected");
  expect(() => load("   \n")).toThrow("nothing but blanks");
});
