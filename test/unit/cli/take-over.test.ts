/** Which message ends the auto deployer, and what a build without MQTT says instead (spec/kad.md §7). */

import { expect, test } from "bun:test";
import { silentLog } from "../../../src/base/log.ts";
import { startRemote } from "../../../src/bin/absent/remote.ts";
import type { AgentParts } from "../../../src/bin/update-agent.ts";
import { faultOf } from "../../../src/cli/auto-deployer-take-over.ts";
import { DEFAULT_CONFIG } from "../../../src/config/daemon-config.ts";

const bytes = (message: unknown) =>
  Buffer.from(typeof message === "string" ? message : JSON.stringify(message));
const good = { activityId: "a", timestamp: 1, payload: { status: "IDENTIFIED", actions: [] }, more: 1 };

test("IDENTIFIED with activity and time counts, in both spellings", () => {
  expect(faultOf(bytes(good))).toBeUndefined();
  expect(faultOf(bytes({ activity_id: "a", timestamp: 1, payload: good.payload }))).toBeUndefined();
});

test.each([
  ["{", "JSON"],
  ["[]", "an object expected"],
  ["null", "an object expected"],
  [{ ...good, activityId: 1 }, "missing field `activityId`"],
  [{ ...good, timestamp: -1 }, "missing field `timestamp`"],
  [{ ...good, timestamp: undefined }, "missing field `timestamp`"],
  [{ ...good, payload: { status: "IDENTIFYING" } }, 'Expected status:"IDENTIFIED" for status'],
  [{ ...good, payload: null }, 'Expected status:"IDENTIFIED" for status'],
])("%j does not", (message, fault) => {
  expect(faultOf(bytes(message))).toContain(fault);
});

test("a daemon without MQTT names each part that is on and left out", async () => {
  const config = {
    ...DEFAULT_CONFIG,
    things: { ...DEFAULT_CONFIG.things, enable: true },
    updateAgent: { ...DEFAULT_CONFIG.updateAgent, enable: true },
  };
  // What is left out needs nothing of them.
  const remote = await startRemote(config, {} as AgentParts, silentLog);
  expect(remote.problems().map(({ message }) => message)).toEqual([
    "this build has no MQTT: the digital twin is left out",
    "this build has no MQTT: the update agent is left out",
  ]);
});
