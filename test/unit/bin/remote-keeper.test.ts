/** Digital twin and update agent follow the configuration while the daemon runs. */

import { expect, test } from "bun:test";
import { createLog, silentLog } from "../../../src/base/log.ts";
import { RemoteKeeper } from "../../../src/bin/remote-keeper.ts";
import { type DaemonConfig, DEFAULT_CONFIG } from "../../../src/config/daemon-config.ts";

function config(things: boolean, agent: boolean, brokerUrl = "tcp://a:1"): DaemonConfig {
  return {
    ...DEFAULT_CONFIG,
    things: { ...DEFAULT_CONFIG.things, enable: things },
    updateAgent: { ...DEFAULT_CONFIG.updateAgent, enable: agent },
    connection: { ...DEFAULT_CONFIG.connection, brokerUrl },
  };
}

function make(log = silentLog) {
  const lines: string[] = [];
  const keeper = new RemoteKeeper(async ({ connection: { brokerUrl } }) => {
    if (brokerUrl === "bad") throw new Error("cannot begin");
    lines.push(`begin ${brokerUrl}`);
    await Promise.resolve();
    return {
      problems: () => [],
      endRequests: async () => {
        lines.push(`end requests ${brokerUrl}`);
      },
      end: async () => {
        lines.push(`end ${brokerUrl}`);
      },
    };
  }, log);
  return { keeper, lines };
}

test("they begin, end and begin anew as their settings say, and other settings leave them alone", async () => {
  const { keeper, lines } = make();
  await keeper.apply(config(false, false));
  expect(lines).toEqual([]);
  await keeper.apply(config(true, false));
  await keeper.apply({ ...config(true, false), log: { ...DEFAULT_CONFIG.log, level: "DEBUG" } });
  expect(lines).toEqual(["begin tcp://a:1"]);
  await keeper.apply(config(true, true, "tcp://b:1"));
  expect(lines.splice(0)).toEqual([
    "begin tcp://a:1",
    "end requests tcp://a:1",
    "end tcp://a:1",
    "begin tcp://b:1",
  ]);
  await keeper.apply(config(false, false));
  expect(lines).toEqual(["end requests tcp://b:1", "end tcp://b:1"]);
});

test("of several changes at once the last counts, one after the other", async () => {
  const { keeper, lines } = make();
  await Promise.all(["a", "b", "c"].map((broker) => keeper.apply(config(true, true, broker))));
  expect(lines).toEqual(["begin a", "end requests a", "end a", "begin c"]);
});

test("what cannot begin is logged, and the next settings are tried", async () => {
  const told: string[] = [];
  const { keeper, lines } = make(
    createLog("t", ({ level, fields }) => told.push(`${level} ${fields["reason"]}`)),
  );
  await keeper.apply(config(true, false, "bad"));
  expect(told).toEqual(["ERROR cannot begin"]);
  await keeper.apply(config(true, false, "good"));
  expect(lines).toEqual(["begin good"]);
});

test("at the end nothing begins any more", async () => {
  const { keeper, lines } = make();
  await keeper.apply(config(true, false));
  await keeper.endRequests();
  await keeper.apply(config(true, false, "late"));
  await keeper.end();
  expect(lines).toEqual(["begin tcp://a:1", "end requests tcp://a:1", "end tcp://a:1"]);
});
