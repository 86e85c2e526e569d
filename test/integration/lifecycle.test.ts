/** Requests that change a container while it runs, waits or is paused, on real containerd: update, pause, rename, remove (spec/engine.md §9, §10, §13, §14), and the news of them. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WatchEvent_Action as Action, type WatchEvent } from "../../src/api/gen/supercargo/v1/supercargo.ts";
import type { Resources } from "../../src/model/container.ts";
import { Cast, KILL, policyOf, STAYS, STUBBORN } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/lifecycle:1";
const LIMIT_MS = 120_000;
const MIB = 1024 * 1024;

let device: TestDevice;
let cast: Cast;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { default_ctrs_stop_timeout: "1s", live_restore: true } });
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
}, LIMIT_MS);
afterAll(() => device?.end(), LIMIT_MS);

/** What the kernel holds a process to, in bytes. */
async function memoryLimit(id: string): Promise<number> {
  const lines = readFileSync(`/proc/${await cast.pid(id)}/cgroup`, "utf8").split("\n");
  const v1 = lines.find((line) => line.split(":")[1]?.split(",").includes("memory"));
  const folder = (v1 ?? lines.find((line) => line.startsWith("0::")) ?? "").split(":")[2] ?? "";
  const path =
    v1 === undefined
      ? join("/sys/fs/cgroup", folder, "memory.max")
      : join("/sys/fs/cgroup/memory", folder, "memory.limit_in_bytes");
  return Number(readFileSync(path, "utf8"));
}

function memory(text: string): Resources {
  return { memory: text, memoryReservation: "", memorySwap: "" };
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
  return "it was not refused";
}

describe("an update", () => {
  for (const isPaused of [false, true]) {
    test(
      `changes the limits of a ${isPaused ? "paused" : "running"} one at once and is stored`,
      async () => {
        const id = `limits-${isPaused}`;
        await cast.start(id, STAYS, "no", { hostConfig: { resources: memory("64M") } });
        expect(await memoryLimit(id)).toBe(64 * MIB);
        if (isPaused) await cast.client.pause(id, stepSignal());
        await cast.client.update(id, undefined, { ...memory("96M"), memorySwap: "192M" }, stepSignal());
        expect(await memoryLimit(id)).toBe(96 * MIB);
        const { hostConfig, state } = await cast.get(id);
        expect(hostConfig.resources?.memory).toBe("96M");
        expect(state.status).toBe(isPaused ? "Paused" : "Running");
        await cast.client.remove(id, true, KILL, stepSignal());
      },
      LIMIT_MS,
    );
  }

  test(
    "that the kernel or the rules refuse changes nothing",
    async () => {
      await cast.start("refused", STAYS, "no", { hostConfig: { resources: memory("64M") } });
      const before = await cast.get("refused");
      expect(await refusal(cast.client.update("refused", undefined, memory("2K"), stepSignal()))).not.toBe(
        "it was not refused",
      );
      expect(
        await refusal(cast.client.update("refused", policyOf("sometimes"), undefined, stepSignal())),
      ).toContain("sometimes");
      expect(await cast.get("refused")).toEqual(before);
      expect(await memoryLimit("refused")).toBe(64 * MIB);
      await cast.client.remove("refused", true, KILL, stepSignal());
    },
    LIMIT_MS,
  );

  test(
    "of the policy speaks at once about one that is down, and respects a user's stop",
    async () => {
      await cast.start("down", ["false"], "no");
      await cast.untilStatus("down", "Exited");
      await cast.client.update("down", policyOf("on-failure", 1), undefined, stepSignal());
      await cast.until("down", ({ restartCount, state }) => restartCount === 1 && state.status === "Exited");
      await cast.start("held", STAYS, "no");
      await cast.client.stop("held", KILL, stepSignal());
      for (const policy of ["unless-stopped", "always"]) {
        await cast.client.update("held", policyOf(policy), undefined, stepSignal());
        expect(await cast.get("held")).toMatchObject({ manuallyStopped: true, state: { status: "Stopped" } });
      }
    },
    LIMIT_MS,
  );
});

describe("a paused one", () => {
  test(
    "is not started, not removed without force and not stopped by a signal that it cannot take",
    async () => {
      await cast.start("frozen", STUBBORN, "unless-stopped");
      await cast.client.pause("frozen", stepSignal());
      await cast.untilEngineAgrees();
      expect(await refusal(cast.client.pause("frozen", stepSignal()))).toBe(
        "container with id = frozen is not running - current status is Paused",
      );
      expect(await refusal(cast.client.start("frozen", stepSignal()))).toBe(
        "the container with id = frozen is paused - cannot start it - try unpausing it instead",
      );
      expect(await refusal(cast.client.remove("frozen", false, undefined, stepSignal()))).toContain(
        "must set the force flag",
      );
      const soft = { timeoutSeconds: 1, force: false, signal: "SIGTERM" };
      expect(await refusal(cast.client.stop("frozen", soft, stepSignal()))).toContain("SIGTERM");
      expect(await cast.get("frozen")).toMatchObject({ manuallyStopped: false, state: { status: "Paused" } });
      await cast.client.unpause("frozen", stepSignal());
      await cast.untilStatus("frozen", "Running");
    },
    LIMIT_MS,
  );

  for (const [what, stop] of [
    ["force after the timeout", { timeoutSeconds: 1, force: true, signal: "SIGTERM" }],
    ["SIGKILL at once", KILL],
  ] as const) {
    test(
      `is ended by ${what}`,
      async () => {
        await cast.client.start("frozen", stepSignal()).catch((thrown: Error) => {
          expect(thrown.message).toContain("already running");
        });
        await cast.client.pause("frozen", stepSignal());
        await cast.client.stop("frozen", stop, stepSignal());
        expect((await cast.get("frozen")).state).toMatchObject({ status: "Stopped", exitCode: 137, pid: -1 });
        await cast.untilEngineAgrees();
      },
      LIMIT_MS,
    );
  }
});

describe("what somebody else does with containerd's own tool", () => {
  test(
    "is noticed: a pause, a resume, an end, a task that is taken away",
    async () => {
      await cast.start("touched", STUBBORN, "unless-stopped");
      cast.ctr("tasks", "pause", "touched");
      await cast.untilStatus("touched", "Paused");
      cast.ctr("tasks", "resume", "touched");
      await cast.untilStatus("touched", "Running");
      for (const [count, act] of [
        ["kill", "-s", "SIGKILL", "touched"],
        ["rm", "-f", "touched"],
      ].entries()) {
        cast.ctr("tasks", ...act);
        await cast.until(
          "touched",
          ({ state, restartCount }) => state.status === "Running" && restartCount === count + 1,
        );
      }
      await cast.untilEngineAgrees();
      await cast.client.remove("touched", true, KILL, stepSignal());
    },
    LIMIT_MS,
  );
});

describe("a removal", () => {
  const folderOf = (id: string) => join(device.home, "cm/containers", id);

  test(
    "of a running or paused one needs force, and takes the folder",
    async () => {
      for (const id of ["live", "iced"]) await cast.start(id, STUBBORN, "always");
      await cast.client.pause("iced", stepSignal());
      for (const id of ["live", "iced"]) {
        expect(await refusal(cast.client.remove(id, false, undefined, stepSignal()))).toBe(
          `container with id = ${id} is not stopped - must set the force flag to true to remove it`,
        );
        await cast.client.remove(id, true, undefined, stepSignal());
        expect(existsSync(folderOf(id))).toBe(false);
      }
      await cast.untilEngineAgrees();
    },
    LIMIT_MS,
  );

  test(
    "with stop options of its own goes by their force flag: a stubborn one stays, and runs",
    async () => {
      await cast.start("stubborn", STUBBORN, "always");
      const soft = { timeoutSeconds: 1, force: false, signal: "SIGTERM" };
      expect(await refusal(cast.client.remove("stubborn", true, soft, stepSignal()))).toBe(
        "could not stop container with ID = stubborn with SIGTERM",
      );
      expect((await cast.get("stubborn")).state.status).toBe("Running");
      await cast.client.remove("stubborn", true, { ...soft, force: true }, stepSignal());
      expect(await cast.client.get("stubborn", stepSignal())).toBeUndefined();
    },
    LIMIT_MS,
  );

  test(
    "of what is created, ended or waits for its restart needs no force",
    async () => {
      await cast.create("made", STAYS, "always");
      await cast.start("ended", ["true"], "no");
      await cast.start("waits", ["false"], "always");
      await cast.untilStatus("ended", "Exited");
      await cast.until("waits", ({ state, restartCount }) => state.status === "Exited" && restartCount > 2);
      for (const id of ["made", "ended", "waits"]) {
        await cast.client.remove(id, false, undefined, stepSignal());
        expect(existsSync(folderOf(id))).toBe(false);
      }
      expect(await refusal(cast.client.remove("made", true, undefined, stepSignal()))).toBe(
        "no such container with id = made exists",
      );
    },
    LIMIT_MS,
  );
});

test(
  "a rename changes the name alone: host name and hosts stay; names can be equal, a wrong one is refused",
  async () => {
    await cast.start("named", STAYS, "no", { hostConfig: { networkMode: "bridge" } });
    const before = await cast.get("named");
    const hosts = readFileSync(before.hostsPath, "utf8");
    await cast.client.rename("named", "other.name", stepSignal());
    expect(await cast.get("named")).toEqual({ ...before, name: "other.name" });
    expect(readFileSync(before.hostsPath, "utf8")).toBe(hosts);
    await cast.client.rename("named", "", stepSignal());
    expect((await cast.get("named")).name).toBe("other.name");
    expect(await refusal(cast.client.rename("named", "no/slash", stepSignal()))).toContain("no/slash");
    await cast.client.remove("named", true, KILL, stepSignal());
  },
  LIMIT_MS,
);

test(
  "want of memory is told: by the kernel's notice and the code that it ended with, and by no other code",
  async () => {
    const eat = (code: string) => `dd if=/dev/zero of=/dev/null bs=200M count=1; ${code}`;
    const hostConfig = { resources: { ...memory("16M"), memorySwap: "16M" } };
    // The notice has time to come: it takes another way than the end.
    await cast.start("hungry", ["sh", "-c", eat("code=$?; sleep 0.3; exit $code")], "no", { hostConfig });
    await cast.start("gives-up", ["sh", "-c", eat("sleep 0.3; exit 4")], "no", { hostConfig });
    const hungry = await cast.untilStatus("hungry", "Exited");
    expect(hungry.state).toMatchObject({ exitCode: 137, oomKilled: true, error: "OOM Killed" });
    const givesUp = await cast.untilStatus("gives-up", "Exited");
    expect(givesUp.state).toMatchObject({ exitCode: 4, oomKilled: false, error: "" });
    for (const id of ["hungry", "gives-up"]) await cast.client.remove(id, false, undefined, stepSignal());
  },
  LIMIT_MS,
);

describe("the news", () => {
  /** Reads until an event of this kind comes. */
  async function readUntil(events: AsyncIterable<WatchEvent>, last: Action): Promise<readonly WatchEvent[]> {
    const all: WatchEvent[] = [];
    for await (const event of events) {
      all.push(event);
      if (event.action === last) return all;
    }
    throw new Error(`the stream ended before ${Action[last]}`);
  }
  const words = (events: readonly WatchEvent[]) =>
    events
      .filter(({ container }) => container?.id === "news")
      .map(({ action, container }) => `${Action[action]} ${container?.state?.status}`);

  test(
    "of a life come in order, each with the state of its moment; who was away goes on where it was, but not in another daemon",
    async () => {
      await cast.removeAll();
      const first = await readUntil(cast.ours.changes(undefined, stepSignal()), Action.MARKER);
      const { run = "", sequence = 0n } = first.at(-1) ?? {};
      await cast.start("news", STAYS, "no");
      await cast.client.pause("news", stepSignal());
      await cast.client.unpause("news", stepSignal());
      await cast.client.rename("news", "renamed", stepSignal());
      await cast.client.stop("news", KILL, stepSignal());
      await cast.client.remove("news", false, undefined, stepSignal());
      const missed = await readUntil(cast.ours.changes({ run, sequence }, stepSignal()), Action.REMOVED);
      expect(words(missed)).toEqual([
        "CREATED Created",
        "RUNNING Running",
        "PAUSED Paused",
        "RESUMED Running",
        "RENAMED Running",
        "STOPPED Stopped",
        "REMOVED Dead",
      ]);
      const numbers = missed.map((event) => event.sequence);
      expect(numbers).toEqual(numbers.map((_, index) => sequence + BigInt(index)));
      await cast.create("later", STAYS, "no");
      await device.device.end("container-management", "SIGTERM");
      await device.device.startDaemon(stepSignal());
      const anew = await readUntil(cast.ours.changes({ run, sequence }, stepSignal()), Action.MARKER);
      expect(anew.map(({ action }) => Action[action])).toEqual(["PRESENT", "MARKER"]);
      expect(anew[0]?.run).not.toBe(run);
    },
    LIMIT_MS,
  );
});
