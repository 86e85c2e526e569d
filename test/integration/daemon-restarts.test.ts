/** The daemon ends in order and is killed, again and again, and finds additions of another version: its containers never notice (reliability R20). */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { Cast } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/restarts:1";
const CONTAINERS = Number(process.env["SUPERCARGO_DAEMON_CONTAINERS"] ?? 4);
const RESTARTS = Number(process.env["SUPERCARGO_DAEMON_RESTARTS"] ?? 4);
const LIMIT_MS = 120_000;

let device: TestDevice;
let cast: Cast;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { live_restore: true } });
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
  for (let index = 0; index < CONTAINERS; index++)
    await cast.start(`c${index}`, ["sleep", "100000"], "always", { hostConfig: { networkMode: "bridge" } });
}, LIMIT_MS);

afterAll(() => device?.end(), LIMIT_MS);

async function restart(signal: NodeJS.Signals, meanwhile: () => void = () => {}): Promise<number> {
  const code = await device.device.end("container-management", signal);
  if (signal === "SIGTERM") expect(code).toBe(0);
  meanwhile();
  const beganMs = systemClock.nowMs();
  await device.device.startDaemon(stepSignal());
  return systemClock.nowMs() - beganMs;
}

const stateFile = (id: string, name: string) => join(device.home, "cm/containers", id, name);

/** Changes the object that a JSON file holds. */
function edit(path: string, change: (value: Record<string, unknown>) => void): void {
  const value = JSON.parse(readFileSync(path, "utf8"));
  change(value);
  writeFileSync(path, `${JSON.stringify(value)}\n`);
}

test(
  `${RESTARTS} restarts with ${CONTAINERS} containers: the same processes, the same states, nothing left over`,
  async () => {
    const before = await cast.client.list(stepSignal());
    let longestMs = 0;
    for (let round = 0; round < RESTARTS; round++) {
      longestMs = Math.max(longestMs, await restart(round % 2 === 0 ? "SIGTERM" : "SIGKILL"));
      expect(await cast.client.list(stepSignal())).toEqual(before);
      expect(engineLeftovers(device.device, before)).toEqual([]);
    }
    console.log(
      `${RESTARTS} restarts with ${CONTAINERS} containers, none stopped; all known after ${Math.round(longestMs)} ms at most`,
    );
  },
  LIMIT_MS + RESTARTS * 30_000,
);

test(
  "additions of a newer version with words that this one does not know are read as far as they are known",
  async () => {
    const before = await cast.pids();
    await restart("SIGTERM", () =>
      edit(stateFile("c0", "supercargo.json"), (file) => {
        file["signature"] = "of a later version";
        for (const entry of file["entries"] as Record<string, unknown>[]) entry["somethingNew"] = { a: 1 };
      }),
    );
    expect(await cast.pids()).toEqual(before);
    expect((await cast.ours.status(stepSignal())).problems).toEqual([]);
  },
  LIMIT_MS,
);

test(
  "additions in a form that this version does not know go aside, and are told; the container goes on",
  async () => {
    const before = await cast.pids();
    await restart("SIGTERM", () =>
      edit(stateFile("c0", "supercargo.json"), (file) => {
        file["schema"] = 99;
      }),
    );
    expect(await cast.pids()).toEqual(before);
    const { problems } = await cast.ours.status(stepSignal());
    expect(problems[0]).toMatchObject({ code: "SC_STATE_UNREADABLE", subject: "c0" });
    expect(problems[0]?.message).toContain("schema 99 is not known to this version");
  },
  LIMIT_MS,
);
