/** Somebody else's hands in containerd and in the kernel: what they take away from a container is put back or told, within ten seconds (reliability R24). */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { ContainersDefinition } from "../../src/engine/containerd/gen/containerd/services/containers.ts";
import { GrpcClient } from "../../src/grpc/client.ts";
import { Cast, KILL, STAYS } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { ctr, engineLeftovers } from "./support/engine-inventory.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { signalProcess } from "./support/signal-process.ts";

const IMAGE = "localhost/test/foreign:1";
const LIMIT_MS = 120_000;
const REPAIRED_WITHIN_MS = 10_000;
/** Longer than a step may take: the signal itself has to end it. */
const PATIENT = { timeoutSeconds: 90, force: false, signal: "SIGTERM" };

let device: TestDevice;
let cast: Cast;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { live_restore: true } });
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
  await cast.start("bystander", STAYS, "always", { hostConfig: { networkMode: "bridge" } });
}, LIMIT_MS);
afterAll(() => device?.end(), LIMIT_MS);

async function settled(limitMs = REPAIRED_WITHIN_MS): Promise<void> {
  let found: readonly string[] = [];
  const isSettled = async () => {
    found = engineLeftovers(device.device, await cast.client.list(stepSignal()));
    return found.length === 0;
  };
  await until(isSettled, () => `all is well again: ${found.join("; ")}`, limitMs);
}

const begin = (id: string, policy = "always") =>
  cast.start(id, STAYS, policy, { hostConfig: { networkMode: "bridge" } });

async function problemOf(id: string): Promise<string> {
  const { problems } = await cast.ours.status(stepSignal());
  return problems
    .filter(({ subject }) => subject === id)
    .map(({ code, message }) => `${code} ${message}`)
    .join("\n");
}

const untilTold = (id: string, words: string) =>
  until(async () => (await problemOf(id)).includes(words), `${id}: ${words}`, REPAIRED_WITHIN_MS);

/** What ctr refuses to do while a task runs; containerd itself does not (spec/pitfalls.md §5). */
async function deleteRecord(id: string): Promise<void> {
  const { containerd, namespace } = device.device;
  const client = await GrpcClient.connect({ unix: containerd.socket });
  try {
    const metadata = { "containerd-namespace": namespace };
    await client.unary(ContainersDefinition, "delete", { id }, { signal: stepSignal(), metadata });
  } finally {
    client.close();
  }
}

/** Folders of the container's control groups, whatever their version. */
function cgroupsOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/cgroup`, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, controllers = "", path = ""] = line.split(":");
      return join("/sys/fs/cgroup", controllers.replace("name=", ""), path);
    })
    .filter((folder) => folder.includes(device.device.namespace) && existsSync(folder));
}

describe("a task", () => {
  test(
    "that is deleted with its record runs again",
    async () => {
      await begin("ended");
      const pid = await cast.pid("ended");
      ctr(device.device, "tasks", "rm", "-f", "ended");
      await cast.until("ended", ({ state }) => state.status === "Running" && state.pid !== pid);
      await settled();
      await cast.client.remove("ended", true, KILL, stepSignal());
    },
    LIMIT_MS,
  );

  test(
    "that is killed without a policy is told with its code, and the container can be started",
    async () => {
      await begin("killed", "no");
      ctr(device.device, "tasks", "kill", "-s", "SIGKILL", "killed");
      await cast.until("killed", ({ state }) => state.status === "Exited" && state.exitCode === 137);
      await cast.client.start("killed", stepSignal());
      await settled();
      await cast.client.remove("killed", true, KILL, stepSignal());
    },
    LIMIT_MS,
  );

  test(
    "that is paused and resumed by somebody else is shown so",
    async () => {
      await begin("held");
      ctr(device.device, "tasks", "pause", "held");
      await cast.untilStatus("held", "Paused");
      ctr(device.device, "tasks", "resume", "held");
      await cast.untilStatus("held", "Running");
      await settled();
      await cast.client.remove("held", true, KILL, stepSignal());
    },
    LIMIT_MS,
  );
});

describe("a record alone that is deleted", () => {
  test(
    "is put back while its container goes on, and everything can be done with it again",
    async () => {
      await begin("nameless");
      const pid = await cast.pid("nameless");
      await deleteRecord("nameless");
      await settled();
      expect(await cast.pid("nameless")).toBe(pid);
      await cast.client.pause("nameless", stepSignal());
      await cast.client.unpause("nameless", stepSignal());
      await cast.client.update(
        "nameless",
        undefined,
        { memory: "32M", memoryReservation: "", memorySwap: "" },
        stepSignal(),
      );
      await cast.client.stop("nameless", KILL, stepSignal());
      await cast.client.start("nameless", stepSignal());
      await settled();
    },
    LIMIT_MS,
  );

  test(
    "does not keep its container from being stopped or removed at once",
    async () => {
      await deleteRecord("nameless");
      await cast.client.stop("nameless", PATIENT, stepSignal());
      await cast.client.start("nameless", stepSignal());
      await deleteRecord("nameless");
      await cast.client.remove("nameless", true, PATIENT, stepSignal());
      await settled();
    },
    LIMIT_MS,
  );

  test(
    "does not hide the end of its task",
    async () => {
      await begin("hidden");
      const pid = await cast.pid("hidden");
      await deleteRecord("hidden");
      signalProcess(pid, "SIGKILL");
      await cast.until("hidden", ({ state }) => state.status === "Running" && state.pid !== pid);
      await settled();
      await cast.client.remove("hidden", true, KILL, stepSignal());
    },
    LIMIT_MS,
  );
});

describe("a file system that is taken away", () => {
  test(
    "is told while its container goes on, and made anew when it is started again by itself",
    async () => {
      await begin("robbed");
      const pid = await cast.pid("robbed");
      ctr(device.device, "snapshots", "rm", "robbed-snapshot");
      await untilTold("robbed", "file system");
      expect(await cast.pid("robbed")).toBe(pid);
      signalProcess(pid, "SIGKILL");
      await cast.until("robbed", ({ state }) => state.status === "Running" && state.pid !== pid);
      await settled();
      await until(
        async () => (await problemOf("robbed")) === "",
        "nothing is told any more",
        REPAIRED_WITHIN_MS,
      );
      await cast.client.remove("robbed", true, KILL, stepSignal());
    },
    LIMIT_MS,
  );
});

describe("control groups", () => {
  test(
    "that are removed under a container do not keep it from being stopped, started and removed",
    async () => {
      await begin("ungrouped");
      const pid = await cast.pid("ungrouped");
      for (const folder of cgroupsOf(pid)) removeCgroup(folder);
      expect(spawnSync("kill", ["-0", String(pid)]).status).toBe(0);
      await cast.client.stop(
        "ungrouped",
        { timeoutSeconds: 2, force: true, signal: "SIGTERM" },
        stepSignal(),
      );
      await cast.client.start("ungrouped", stepSignal());
      const second = await cast.pid("ungrouped");
      for (const folder of cgroupsOf(second)) removeCgroup(folder);
      signalProcess(second, "SIGKILL");
      await cast.until("ungrouped", ({ state }) => state.status === "Running" && state.pid !== second);
      await cast.client.remove("ungrouped", true, KILL, stepSignal());
      await settled();
    },
    LIMIT_MS,
  );
});

/** Its processes are moved to the group above first; one that has processes cannot be removed. */
function removeCgroup(folder: string): void {
  const above = join(folder, "..");
  for (const child of readdirSync(folder, { withFileTypes: true })) {
    if (child.isDirectory()) removeCgroup(join(folder, child.name));
  }
  for (const pid of readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean)) {
    writeFileSync(join(above, "cgroup.procs"), pid);
  }
  rmdirSync(folder);
}

test("the others were not touched by any of it", async () => {
  expect((await cast.get("bystander")).restartCount).toBe(0);
  device.device.checkAlive();
});
