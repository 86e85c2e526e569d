/** What follows the end of a container: each row of the table of restart policies, on real containerd (spec/engine.md §12, §22.1, 3, 10, 12). */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { WatchEvent } from "../../src/api/gen/supercargo/v1/supercargo.ts";
import { Cast, KILL, policyOf, STAYS } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { signalProcess } from "./support/signal-process.ts";

const IMAGE = "localhost/test/policies:1";
const LIMIT_MS = 120_000;

let device: TestDevice;
let cast: Cast;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
  // Crashes all the time: the others have had their time when it has been started again a few times.
  await cast.start("metronome", ["false"], "always");
}, LIMIT_MS);
afterAll(() => device?.end(), LIMIT_MS);

/** Long enough for a restart after the first, and the second, wait. */
async function someRestartsLater(): Promise<void> {
  await cast.client.start("metronome", stepSignal()).catch((thrown: Error) => {
    if (!thrown.message.includes("already running")) throw thrown;
  });
  await cast.until("metronome", ({ restartCount }) => restartCount >= 3);
}

describe("after its own end", () => {
  for (const [policy, command, status, exitCode] of [
    ["no", "true", "Exited", 0],
    ["no", "false", "Exited", 1],
    ["on-failure", "true", "Exited", 0],
  ] as const) {
    test(
      `${policy}: one that ends with ${exitCode} stays down`,
      async () => {
        const id = `${policy}-${command}`;
        await cast.start(id, [command], policy);
        await cast.untilStatus(id, status);
        await someRestartsLater();
        const { state, restartCount } = await cast.get(id);
        expect({ ...state, restartCount }).toMatchObject({ status, exitCode, pid: -1, restartCount: 0 });
      },
      LIMIT_MS,
    );
  }
  for (const [policy, command] of [
    ["always", "true"],
    ["always", "false"],
    ["unless-stopped", "true"],
    ["unless-stopped", "false"],
    ["on-failure", "false"],
  ] as const) {
    test(
      `${policy}: one that ends with ${command === "true" ? 0 : 1} is started again and again`,
      async () => {
        const id = `${policy}-${command}`;
        await cast.start(id, [command], policy);
        await cast.until(id, ({ restartCount }) => restartCount >= 2);
        await cast.client.remove(id, true, KILL, stepSignal());
      },
      LIMIT_MS,
    );
  }
  test(
    "on-failure with a number is started so many times and then stays Exited with the last code",
    async () => {
      const restartPolicy = policyOf("on-failure", 2);
      await cast.start("two", ["sh", "-c", "exit 9"], "on-failure", { hostConfig: { restartPolicy } });
      await cast.until("two", ({ state, restartCount }) => restartCount === 2 && state.status === "Exited");
      await someRestartsLater();
      expect(await cast.get("two")).toMatchObject({
        restartCount: 2,
        state: { status: "Exited", exitCode: 9 },
      });
      const [details] = await cast.ours.details(["two"], stepSignal());
      expect(details?.restart).toBeUndefined();
    },
    LIMIT_MS,
  );
});

describe("after a user's stop", () => {
  for (const policy of ["no", "always", "unless-stopped", "on-failure"]) {
    test(
      `${policy} stays down until somebody starts it, then its policy holds again`,
      async () => {
        const id = `stop-${policy}`;
        await cast.start(id, STAYS, policy);
        await cast.client.stop(id, KILL, stepSignal());
        await someRestartsLater();
        const stopped = {
          manuallyStopped: true,
          restartCount: 0,
          state: { status: "Stopped", exitCode: 137 },
        };
        expect(await cast.get(id)).toMatchObject(stopped);
        await cast.client.start(id, stepSignal());
        signalProcess(await cast.pid(id), "SIGKILL");
        if (policy === "no") await cast.untilStatus(id, "Exited");
        else
          await cast.until(id, ({ state, restartCount }) => state.status === "Running" && restartCount === 1);
        await cast.client.remove(id, true, KILL, stepSignal());
      },
      LIMIT_MS,
    );
  }
});

/** Changes of one container, from now on. */
async function* changesOf(id: string, signal: AbortSignal): AsyncIterable<WatchEvent> {
  for await (const event of cast.ours.changes(undefined, signal)) {
    if (event.container?.id === id) yield event;
  }
}

describe("a crash loop", () => {
  test(
    "is never hot: the waits double from 100 ms up to the cap",
    async () => {
      const restartPolicy = policyOf("always", 0, 1);
      await cast.create("loop", ["false"], "always", { hostConfig: { restartPolicy } });
      const watching = new AbortController();
      const events = changesOf("loop", watching.signal);
      const pausesMs: number[] = [];
      let endedMs = 0;
      await cast.client.start("loop", stepSignal());
      for await (const { container } of events) {
        const { status, startedAt = "", finishedAt = "" } = container?.state ?? {};
        if (status === "Exited") endedMs = Date.parse(finishedAt);
        else if (status === "Running" && endedMs > 0) pausesMs.push(Date.parse(startedAt) - endedMs);
        if (pausesMs.length === 6) break;
      }
      watching.abort();
      for (const [index, waitMs] of [100, 200, 400, 800, 1000, 1000].entries()) {
        // The wait begins when the end is known; stamps are cut to milliseconds.
        expect(pausesMs[index]).toBeGreaterThanOrEqual(waitMs - 2);
      }
    },
    LIMIT_MS,
  );

  test(
    "can be seen: how it ended, why and when it is tried again, and in the status",
    async () => {
      const { state } = await cast.until("loop", (container) => container.state.status === "Exited");
      expect(state).toMatchObject({ exitCode: 1, pid: -1 });
      const [details] = await cast.ours.details(["loop"], stepSignal());
      expect(details?.restart).toMatchObject({ reason: "ended with exit code 1", waitMs: 1000n });
      expect(Number(details?.restart?.inMs)).toBeLessThanOrEqual(1000);
      expect(Date.parse(details?.restart?.nextTry ?? "")).toBeGreaterThan(Date.parse(state.finishedAt));
      const { problems } = await cast.ours.status(stepSignal());
      expect(problems).toContainEqual(
        expect.objectContaining({ code: "SC_CONTAINER_CRASHES", subject: "loop" }),
      );
    },
    LIMIT_MS,
  );

  test(
    "ends with a new policy, and its state is not written over by the wait that was cut",
    async () => {
      await cast.until("loop", (container) => container.state.status === "Exited");
      await cast.client.update("loop", policyOf("no"), undefined, stepSignal());
      await someRestartsLater();
      expect((await cast.get("loop")).state).toMatchObject({ status: "Exited", exitCode: 1, error: "" });
    },
    LIMIT_MS,
  );

  test(
    "ends with a stop while it waits, for good; an explicit start counts anew",
    async () => {
      await cast.client.update("loop", policyOf("always", 0, 60), undefined, stepSignal());
      await cast.until("loop", ({ state, restartCount }) => state.status === "Exited" && restartCount >= 9);
      await cast.client.stop("loop", KILL, stepSignal());
      await someRestartsLater();
      expect(await cast.get("loop")).toMatchObject({ manuallyStopped: true, state: { status: "Stopped" } });
      await cast.client.start("loop", stepSignal());
      const { restartCount } = await cast.until("loop", (container) => container.restartCount > 0);
      expect(restartCount).toBeLessThan(5);
      await cast.client.remove("loop", true, KILL, stepSignal());
    },
    LIMIT_MS,
  );
});

test(
  "a start by itself that fails is tried again until what it needs is back",
  async () => {
    const source = join(device.home, "volume");
    mkdirSync(source);
    await cast.start("volume", STAYS, "unless-stopped", {
      mounts: [{ source, destination: "/volume", propagationMode: "rprivate" }],
    });
    rmdirSync(source);
    signalProcess(await cast.pid("volume"), "SIGKILL");
    await cast.until("volume", ({ state, restartCount }) => state.error !== "" && restartCount >= 3);
    const [details] = await cast.ours.details(["volume"], stepSignal());
    expect(details?.restart?.reason).toContain("could not be started");
    mkdirSync(source);
    await cast.untilStatus("volume", "Running");
    await cast.client.remove("volume", true, KILL, stepSignal());
  },
  LIMIT_MS,
);

test(
  "no exit is missed: thirty-six stops of processes that end at the signal all succeed, and the states are true",
  async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `quick-${index}`);
    const stop = { timeoutSeconds: 20, force: false, signal: "SIGTERM" };
    await Promise.all(ids.map((id) => cast.create(id, STAYS, "always")));
    for (let round = 0; round < 3; round++) {
      await Promise.all(ids.map((id) => cast.client.start(id, stepSignal())));
      await Promise.all(ids.map((id) => cast.client.stop(id, stop, stepSignal())));
      const statuses = await Promise.all(ids.map(async (id) => (await cast.get(id)).state.status));
      expect(new Set(statuses)).toEqual(new Set(["Stopped"]));
    }
    await cast.client.remove("metronome", true, KILL, stepSignal());
    await cast.untilEngineAgrees();
  },
  LIMIT_MS,
);
