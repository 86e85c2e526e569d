import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { ConfigWatch } from "../../../src/config/config-watch.ts";
import { LiveConfig } from "../../../src/config/live-config.ts";
import { loadConfig } from "../../../src/config/load.ts";

let folder = "";
let path = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-live-"));
  path = join(folder, "config.json");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(config: unknown): void {
  writeFileSync(path, typeof config === "string" ? config : JSON.stringify(config));
}

function started(flags = new Map<string, string>()): LiveConfig {
  return new LiveConfig(path, flags, loadConfig(path, flags));
}

test("registries and log level change at once, everything else waits for the next start and is named", () => {
  write({ log: { log_level: "INFO" }, manager: { default_ctrs_stop_timeout: "10s" } });
  const live = started();
  write({
    log: { log_level: "DEBUG", log_file_size: 2 },
    manager: { default_ctrs_stop_timeout: "5s" },
    containers: {
      registry_configurations: { "r.example": { credentials: { user_id: "u", password: "p" } } },
    },
    network: { default_bridge: { mtu: 1400 } },
  });
  const { needsRestart } = live.reload(silentLog);
  expect(live.get().log.level).toBe("DEBUG");
  expect(live.get().containers.registries).toEqual({
    "r.example": { credentials: { userId: "u", password: "p" } },
  });
  expect(live.get().manager.defaultStopTimeoutMs).toBe(10_000);
  expect(live.get().network.bridge.mtu).toBe(1500);
  expect(needsRestart).toEqual(["manager.default_ctrs_stop_timeout", "network.default_bridge.mtu"]);
  expect(live.problems()).toMatchObject([{ code: "SC_CONFIG_PENDING", subject: path }]);
  expect(JSON.stringify(live.problems())).not.toContain('"p"');
});

test("digital twin, update agent and broker are settings that change at once; reads are counted and told", async () => {
  write({ things: { enable: true } });
  const live = started();
  let isTold = false;
  const told = live.whenRead().then(() => {
    isTold = true;
  });
  write({
    things: { enable: false },
    update_agent: { enable: true, domain: "d" },
    connection: { broker_url: "tcp://b:1" },
  });
  expect(live.reload(silentLog).needsRestart).toEqual([]);
  await told;
  expect(isTold).toBe(true);
  expect(live.reads).toBe(1);
  const { things, updateAgent, connection } = live.get();
  expect([things.enable, updateAgent.enable, updateAgent.domain, connection.brokerUrl]).toEqual([
    false,
    true,
    "d",
    "tcp://b:1",
  ]);
});

test("a refused file changes nothing and is told until it is mended", () => {
  write({ log: { log_level: "WARN" } });
  const live = started();
  write('{ "log": { "log_level": 7 } }');
  expect(() => live.reload(silentLog)).toThrow("log.log_level");
  expect(live.get().log.level).toBe("WARN");
  expect(live.problems()).toMatchObject([{ code: "SC_CONFIG_INVALID", subject: path }]);
  write({ log: { log_level: "ERROR" } });
  live.reload(silentLog);
  expect(live.get().log.level).toBe("ERROR");
  expect(live.problems()).toEqual([]);
});

test("a flag wins over the file at a reload as at the start", () => {
  write({});
  const live = started(new Map([["log.log_level", "TRACE"]]));
  write({ log: { log_level: "ERROR" } });
  live.reload(silentLog);
  expect(live.get().log.level).toBe("TRACE");
});

test("other content is noticed, however it was written; the same content is not", async () => {
  write({ log: { log_level: "WARN" } });
  const { parts } = loadConfig(path, new Map());
  let changed = Promise.withResolvers<void>();
  let count = 0;
  const onChange = () => {
    count++;
    changed.resolve();
  };
  using _watch = new ConfigWatch(path, parts, systemClock, onChange, () => {});
  // Written anew with equal content, then with another one: one change.
  write({ log: { log_level: "WARN" } });
  write({ log: { log_level: "INFO" } });
  await changed.promise;
  changed = Promise.withResolvers<void>();
  const beside = join(folder, "beside");
  writeFileSync(beside, "{}");
  renameSync(beside, path);
  await changed.promise;
  expect(count).toBe(2);
});
