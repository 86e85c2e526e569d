import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../src/base/clock.ts";
import { ConfigWatch } from "../../../src/config/config-watch.ts";
import { keepLastGood, loadConfigOrLastGood } from "../../../src/config/last-good.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { readCommandLine } from "../../../src/config/read-flags.ts";
import { usualConfigPath } from "../../../src/config/sources.ts";

const NO_FLAGS = new Map();
let folder = "";
let json = "";
let toml = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-sources-"));
  json = join(folder, "config.json");
  toml = join(folder, "config.toml");
});
afterEach(() => {
  delete process.env["SUPERCARGO_TEST_BROKER"];
  rmSync(folder, { recursive: true, force: true });
});

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    return String(thrown);
  }
  return "";
}

describe("the configuration's place", () => {
  test("without --cfg-file is config.json, else config.toml, else there is none", () => {
    expect(usualConfigPath(folder)).toBe("");
    writeFileSync(toml, "");
    expect(usualConfigPath(folder)).toBe(toml);
    writeFileSync(json, "{}");
    expect(usualConfigPath(folder)).toBe(json);
    expect(readCommandLine([])).toMatchObject({ isConfigNamed: false });
    expect(readCommandLine(["--cfg-file="])).toMatchObject({ isConfigNamed: true, configPath: "" });
  });
});

describe("a config.toml beside a config.json", () => {
  test("is laid over it, by key and by registry, and that is said", () => {
    writeFileSync(
      json,
      '{"things":{"enable":false,"features":["A"]},"log":{"log_level":"WARN"},"containers":{"registry_configurations":{"a":{"credentials":{"user_id":"u","password":"p"}}}}}',
    );
    writeFileSync(
      toml,
      '[things]\nenabled = true\n[containers.registry_configurations."b:5000".credentials]\nuser_id = "v"\npassword = "q"\n',
    );
    for (const path of [json, toml]) chmodSync(path, 0o600);
    const { config, warnings } = loadConfig(json, NO_FLAGS);
    expect(config.things).toMatchObject({ enable: true, features: ["A"] });
    expect(config.log.level).toBe("WARN");
    expect(Object.keys(config.containers.registries)).toEqual(["a", "b:5000"]);
    expect(warnings).toEqual([`the keys of ${toml} are laid over those of ${json}`]);
  });

  test("is not looked at beside a file of another name", () => {
    const other = join(folder, "my.json");
    writeFileSync(other, "{}");
    writeFileSync(toml, "[things]\nenable = false\n");
    expect(loadConfig(other, NO_FLAGS).config.things.enable).toBe(true);
  });

  test("has its faults told together with those of the other, each with its own place", () => {
    writeFileSync(json, '{"log":{"log_file_size":"2"},\n"network":{"default_bridge":{"ip4":"10.1.0.1/16"}}}');
    writeFileSync(toml, '[network.default_bridge]\nmtu = 5\ngwip4 = "10.2.0.1"\n');
    const text = refusal(() => loadConfig(json, NO_FLAGS));
    expect(text).toContain(`${json}:1:25: log.log_file_size: a whole number is expected`);
    expect(text).toContain(`${toml}:2:1: network.default_bridge.mtu: 5 is not between 68 and 65535`);
    expect(text).toContain(
      `${toml}:3:1: network.default_bridge.gwip4: 10.2.0.1 is not in the network of ip4, 10.1.0.1/16`,
    );
  });

  test("is in the last good copy", () => {
    const home = join(folder, "home");
    writeFileSync(json, '{"log":{"log_level":"WARN"}}');
    writeFileSync(toml, "[things]\nenable = false\n");
    keepLastGood(loadConfig(json, NO_FLAGS), home);
    writeFileSync(toml, "[things");
    const loaded = loadConfigOrLastGood(json, NO_FLAGS, home);
    expect(loaded.refused).toContain(toml);
    expect(loaded.config).toMatchObject({ log: { level: "WARN" }, things: { enable: false } });
  });

  test("is watched: coming, changing and going are noticed", async () => {
    writeFileSync(json, "{}");
    let changes = 0;
    let wake = () => {};
    const onChange = () => {
      changes++;
      wake();
    };
    using _watch = new ConfigWatch(json, loadConfig(json, NO_FLAGS).parts, systemClock, onChange, () => {});
    const next = async (work: () => void) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      work();
      await promise;
    };
    await next(() => writeFileSync(toml, "a = 1\n"));
    await next(() => {
      writeFileSync(`${toml}.new`, "a = 2\n");
      renameSync(`${toml}.new`, toml);
    });
    await next(() => rmSync(toml));
    expect(changes).toBe(3);
  });
});

describe("two spellings of one key", () => {
  test("that differ are an error with both places, in JSON and in TOML", () => {
    writeFileSync(json, '{\n  "things": {\n    "enable": true,\n    "enabled": false\n  }\n}');
    expect(refusal(() => loadConfig(json, NO_FLAGS))).toContain(
      `${json}:4:16: things.enabled: false contradicts things.enable at 3:15, which is true`,
    );
    const other = join(folder, "other");
    writeFileSync(other, "[things]\nenabled = false\nenable = true\n");
    const text = refusal(() => loadConfig(other, NO_FLAGS));
    expect(text).toContain(`${other}:3:1: things.enable: true contradicts things.enabled at 2:1`);
  });

  test("that agree are fine", () => {
    writeFileSync(json, '{"things":{"enable":false,"enabled":false}}');
    const { config, warnings } = loadConfig(json, NO_FLAGS);
    expect(config.things.enable).toBe(false);
    expect(warnings).toEqual([]);
  });
});

describe("values that cannot be", () => {
  test("are told all at once, with place and key", () => {
    writeFileSync(
      json,
      `{"network": {"default_bridge": {
  "name": "a-name-that-is-too-long",
  "ip4": "172.17.0.1",
  "fcidr4": "172.17.0.0/40",
  "gwip4": "172.17.0.256",
  "mtu": 100000 }},
"log": {"log_file_count": -1},
"grpc_server": {"protocol": "udp"},
"containers": {"runc_runtime": "crun", "image_verifier_type": "x", "docker_config": "config.json"}}`,
    );
    const text = refusal(() => loadConfig(json, NO_FLAGS));
    const places = [...text.matchAll(/config\.json:(\d+:\d+): ([a-z_0-9.]+): /g)].map(
      ([, at, key]) => `${at} ${key}`,
    );
    expect(places).toEqual([
      "2:11 network.default_bridge.name",
      "3:10 network.default_bridge.ip4",
      "4:13 network.default_bridge.fcidr4",
      "5:12 network.default_bridge.gwip4",
      "6:10 network.default_bridge.mtu",
      "7:27 log.log_file_count",
      "8:29 grpc_server.protocol",
      "9:32 containers.runc_runtime",
      "9:63 containers.image_verifier_type",
      "9:85 containers.docker_config",
    ]);
  });

  test.each([
    ["10.0.0.1/24", "10.0.0.128/25", "10.0.0.1", undefined],
    ["10.0.0.1/24", "10.0.0.0/16", "", "fcidr4: 10.0.0.0/16 is no part of the network of ip4, 10.0.0.1/24"],
    ["10.0.0.1/24", "", "10.0.1.1", "gwip4: 10.0.1.1 is not in the network of ip4"],
    ["", "10.0.0.0/16", "10.0.1.1", undefined],
  ])("of keys that belong together: ip4 %s, fcidr4 %s, gwip4 %s", (ip4, fcidr4, gwip4, words) => {
    writeFileSync(json, JSON.stringify({ network: { default_bridge: { ip4, fcidr4, gwip4 } } }));
    const text = refusal(() => loadConfig(json, NO_FLAGS));
    if (words === undefined) expect(text).toBe("");
    else expect(text).toContain(words);
  });

  test("are refused as flags too", () => {
    expect(readCommandLine(["--net-br-mtu", "7"])).toEqual({
      kind: "mistake",
      text: 'invalid argument "7" for "--net-br-mtu" flag: it is not between 68 and 65535',
    });
    expect(readCommandLine(["--net-br-ip4=x"])).toMatchObject({ kind: "mistake" });
  });

  test("that the peer starts with are warnings: an address of a broker that is none", () => {
    writeFileSync(json, '{"connection":{"broker_url":"localhost"}}');
    expect(loadConfig(json, NO_FLAGS).warnings[0]).toContain('"localhost" is no address of a broker');
  });
});

describe("the broker's password", () => {
  test("comes from a file or the environment; what is wrong there is a warning without content", () => {
    const file = join(folder, "password");
    writeFileSync(file, "hunter2\n", { mode: 0o600 });
    const load = (connection: Record<string, string>) => {
      writeFileSync(json, JSON.stringify({ connection }));
      const { config, warnings } = loadConfig(json, NO_FLAGS);
      return { password: config.connection.clientPassword, warnings };
    };
    expect(load({ client_password_file: file })).toEqual({ password: "hunter2", warnings: [] });
    process.env["SUPERCARGO_TEST_BROKER"] = "from env";
    expect(load({ client_password_env: "SUPERCARGO_TEST_BROKER" }).password).toBe("from env");
    for (const path of [join(folder, "none"), folder]) {
      const { password, warnings } = load({ client_password_file: path });
      expect(password).toBe("");
      expect(warnings.join()).toContain(`connection.client_password_file: ${path}`);
    }
    mkdirSync(join(folder, "x"));
    expect(load({ client_password: "p", client_password_file: file }).password).toBe("p");
  });
});

describe("a file with passwords that everybody can read", () => {
  test("is used with a warning that names it and not the password", () => {
    const path = join(folder, "open.json");
    const text =
      '{"containers":{"registry_configurations":{"a":{"credentials":{"user_id":"u","password":"s3cret"}}}}}';
    writeFileSync(path, text, { mode: 0o644 });
    const { warnings } = loadConfig(path, new Map());
    expect(warnings).toEqual([
      `${path}: everybody on this device can read the passwords in it; chmod 600 ${path}`,
    ]);
    chmodSync(path, 0o600);
    expect(loadConfig(path, new Map()).warnings).toEqual([]);
    writeFileSync(join(folder, "none.json"), text.replace("s3cret", ""), { mode: 0o644 });
    expect(loadConfig(join(folder, "none.json"), new Map()).warnings).toEqual([]);
  });
});
