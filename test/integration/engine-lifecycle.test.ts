import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { makeFifo } from "../../src/base/libc.ts";
import { buildSpec } from "../../src/engine/spec/build.ts";
import { readHostDevices } from "../../src/engine/spec/host-devices.ts";
import { hasCode } from "../../src/errors/error.ts";
import { plainContainer, specInput } from "../unit/engine/support/spec-input.ts";
import { EngineBench, LIMIT_MS, limit } from "./support/engine-bench.ts";

let bench: EngineBench;

beforeAll(async () => {
  bench = await EngineBench.start();
}, LIMIT_MS);
afterAll(() => bench.stop(), LIMIT_MS);

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

/** What the device cgroup of a process allows; empty where cgroups are of version 2, which keep it in a program. */
function deviceRules(pid: number): string {
  const path = /^\d+:(?:[^:]*,)?devices(?:,[^:]*)?:(.*)$/m.exec(
    readFileSync(`/proc/${pid}/cgroup`, "utf8"),
  )?.[1];
  return path === undefined ? "" : readFileSync(join("/sys/fs/cgroup/devices", path, "devices.list"), "utf8");
}

describe("a task", () => {
  test(
    "runs, writes to its FIFOs and ends with its code and a time of nine digits at most",
    async () => {
      const run = await bench.run("out", ["sh", "-c", "echo to-out; echo to-err >&2; exit 7"]);
      const exit = await run.exit;
      expect(exit.exitCode).toBe(7);
      expect(exit.exitedAt).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/);
      expect(await run.text).toBe("to-out\nto-err\n");
      expect(await bench.engine.task("out", limit())).toMatchObject({
        id: "out",
        status: "stopped",
        pid: 0,
        exit,
        stdio: run.stdio,
      });
      expect(await bench.engine.deleteTask("out", limit())).toEqual(exit);
      expect(await bench.engine.task("out", limit())).toBeUndefined();
      await bench.engine.removeSnapshot("out-snapshot", limit());
    },
    LIMIT_MS,
  );

  test(
    "has a record that names snapshot and runtime, no image and no labels, and goes with the task",
    async () => {
      const run = await bench.run("recorded", ["sleep", "1000"]);
      expect(await bench.record("recorded")).toMatchObject({
        id: "recorded",
        image: "",
        labels: {},
        snapshotter: "overlayfs",
        snapshotKey: "recorded-snapshot",
        runtime: { name: "io.containerd.runc.v2", options: { typeUrl: "containerd.runc.v1.Options" } },
      });
      await bench.engine.killTask("recorded", 9, true, limit());
      await run.exit;
      await bench.engine.deleteTask("recorded", limit());
      expect(await bench.record("recorded")).toBeUndefined();
      expect(await bench.engine.hasSnapshot("recorded-snapshot", limit())).toBe(true);
      await bench.engine.removeSnapshot("recorded-snapshot", limit());
    },
    LIMIT_MS,
  );

  test(
    "that ended before anybody waited still tells its end, and killing it is success",
    async () => {
      const run = await bench.run("early", ["true"]);
      await run.exit;
      const second = bench.newEngine();
      await second.open(limit());
      expect((await second.waitTask("early", limit())).exitCode).toBe(0);
      await second.killTask("early", 15, false, limit());
      await second.killTask("never-there", 15, false, limit());
      await second.close();
      await bench.remove("early");
    },
    LIMIT_MS,
  );

  test(
    "is paused and resumed, and SIGKILL ends it",
    async () => {
      const run = await bench.run("pausing", ["sleep", "1000"]);
      await bench.engine.pauseTask("pausing", limit());
      expect((await bench.engine.task("pausing", limit()))?.status).toBe("paused");
      await bench.engine.resumeTask("pausing", limit());
      const task = await bench.engine.task("pausing", limit());
      expect(task?.status).toBe("running");
      await until(
        () => readFileSync(`/proc/${task?.pid}/cmdline`, "utf8") === "sleep\u00001000\u0000",
        "sleep runs",
      );
      await bench.engine.killTask("pausing", 9, true, limit());
      expect((await run.exit).exitCode).toBe(137);
      await bench.remove("pausing");
    },
    LIMIT_MS,
  );

  test(
    "that runs cannot be deleted, and goes on",
    async () => {
      const run = await bench.run("alive", ["sleep", "1000"]);
      expect(hasCode(await thrownBy(bench.engine.deleteTask("alive", limit())), "SC_ENGINE_FAILED")).toBe(
        true,
      );
      expect((await bench.engine.task("alive", limit()))?.status).toBe("running");
      await bench.remove("alive");
      expect((await run.exit).exitCode).toBe(137);
    },
    LIMIT_MS,
  );

  test(
    "takes new memory limits while it runs and keeps its device rules",
    async () => {
      await bench.run("limited", ["sleep", "1000"]);
      const pid = (await bench.engine.task("limited", limit()))?.pid ?? 0;
      const rules = deviceRules(pid);
      expect(rules).not.toContain("a *:* rwm");
      await bench.engine.updateTask("limited", { memory: { limit: 64 << 20 } }, limit());
      expect(deviceRules(pid)).toBe(rules);
      const path =
        /^\d+:(?:[^:]*memory[^:]*|):(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1] ?? "";
      const files = [
        join("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes"),
        join("/sys/fs/cgroup", path, "memory.max"),
      ];
      expect(readFileSync(files.find(existsSync) ?? "", "utf8").trim()).toBe(String(64 << 20));
      await bench.remove("limited");
    },
    LIMIT_MS,
  );

  test(
    "that cannot be created leaves nothing and gives the runtime's text",
    async () => {
      const thrown = await thrownBy(bench.create("wrong", ["/no/such"]));
      expect(hasCode(thrown, "SC_ENGINE_FAILED")).toBe(true);
      expect(String(thrown)).toContain('exec: "/no/such": stat /no/such: no such file or directory');
      const inventory = await bench.engine.inventory(limit());
      expect(inventory.records).not.toContain("wrong");
      expect(inventory.tasks.map((task) => task.id)).not.toContain("wrong");
      expect(existsSync(join(bench.containerd.bundles, "wrong"))).toBe(false);
      await bench.engine.removeSnapshot("wrong-snapshot", limit());
    },
    LIMIT_MS,
  );

  test(
    "whose waiting is given up goes on, and its exit is still known",
    async () => {
      const run = await bench.run("patient", ["sleep", "1000"]);
      const stop = new AbortController();
      const waiting = bench.engine.waitTask("patient", stop.signal);
      stop.abort(new Error("enough"));
      expect(String(await thrownBy(waiting))).toContain("enough");
      await bench.engine.killTask("patient", 9, true, limit());
      expect((await run.exit).exitCode).toBe(137);
      await bench.remove("patient");
    },
    LIMIT_MS,
  );

  test(
    "that is missing is not found by waiting and starting, and deleting it is fine",
    async () => {
      expect(hasCode(await thrownBy(bench.engine.waitTask("none", limit())), "SC_ENGINE_NOT_FOUND")).toBe(
        true,
      );
      expect(hasCode(await thrownBy(bench.engine.startTask("none", limit())), "SC_ENGINE_NOT_FOUND")).toBe(
        true,
      );
      expect(await bench.engine.deleteTask("none", limit())).toBeUndefined();
    },
    LIMIT_MS,
  );
});

describe("seen from inside, a container", () => {
  test(
    "has the user, groups, host name, capabilities and limits of its specification",
    async () => {
      const script = "id; hostname; cat /proc/self/status /proc/self/limits; ls /proc/acpi; echo $HOSTNAME";
      const output = await bench.create("inside", ["sh", "-c", script], (spec) => {
        spec.process.user = { uid: 1000, gid: 1000, additionalGids: [1000, 29] };
      });
      const exit = bench.engine.waitTask("inside", limit());
      await bench.engine.startTask("inside", limit());
      await exit;
      const text = await output.text;
      expect(text).toContain("uid=1000(app) gid=1000(app) groups=29(audio),1000(app)");
      expect(text.split("\n").filter((line) => line === "web-host")).toHaveLength(2);
      expect(text).toMatch(/CapBnd:\s+00000000a80425fb/);
      expect(text).toMatch(/NoNewPrivs:\s+1/);
      expect(text).toMatch(/Max open files\s+1024\s+1024/);
      await bench.remove("inside");
    },
    LIMIT_MS,
  );

  test(
    "that is privileged has the host's devices and capabilities",
    async () => {
      const container = plainContainer(
        {
          id: "strong",
          config: { env: [], cmd: ["sh", "-c", "ls /dev; cat /proc/self/status; echo x >/sys/x"] },
        },
        { privileged: true },
      );
      const input = specInput(container, {
        namespace: bench.containerd.namespace,
        networkNamespace: undefined,
        files: { resolvConf: "", hostname: "", hosts: "" },
        privileges: { devices: readHostDevices(), capabilities: bench.engine.capabilities() },
      });
      const output = await bench.create("strong", [], (spec) => Object.assign(spec, buildSpec(input).spec));
      const exit = bench.engine.waitTask("strong", limit());
      await bench.engine.startTask("strong", limit());
      await exit;
      const text = await output.text;
      expect(text).toContain("\nkmsg\n");
      const own = /^CapEff:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
      expect(text).toMatch(new RegExp(`CapEff:\\s+${own}`));
      expect(text).not.toContain("Read-only file system");
      await bench.remove("strong");
    },
    LIMIT_MS,
  );

  test(
    "reads what is written to it until its input is closed",
    async () => {
      const path = join(bench.containerd.folder, "stdin");
      makeFifo(path, 0o600);
      const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      const output = await bench.create("reader", ["cat"], undefined, path);
      const exit = bench.engine.waitTask("reader", limit());
      await bench.engine.startTask("reader", limit());
      writeSync(descriptor, "cargo\n");
      closeSync(descriptor);
      await bench.engine.closeStdin("reader", limit());
      expect((await exit).exitCode).toBe(0);
      expect(await output.text).toBe("cargo\n");
      await bench.engine.closeStdin("reader", limit());
      await bench.remove("reader");
    },
    LIMIT_MS,
  );
});

describe("what an interrupted attempt left under an id", () => {
  test(
    "a record and a running task are taken away before the new ones are made",
    async () => {
      const first = await bench.run("again", ["sleep", "1000"]);
      const second = await bench.run("again", ["echo", "second"]);
      expect(await second.text).toBe("second\n");
      expect((await second.exit).exitCode).toBe(0);
      await first.exit.then(
        (exit) => expect(exit.exitCode).toBe(137),
        (thrown) => expect(hasCode(thrown, "SC_ENGINE_NOT_FOUND")).toBe(true),
      );
      await bench.remove("again");
    },
    LIMIT_MS,
  );

  test(
    "a task that was created and never started is taken away",
    async () => {
      await bench.create("half", ["sleep", "1000"]);
      const run = await bench.run("half", ["echo", "whole"]);
      expect(await run.text).toBe("whole\n");
      await bench.remove("half");
    },
    LIMIT_MS,
  );

  test(
    "a task without a record, which only the list shows, is deleted all the same",
    async () => {
      await bench.run("lost", ["true"]);
      await bench.engine.waitTask("lost", limit());
      await bench.dropRecord("lost");
      expect(await bench.engine.task("lost", limit())).toBeUndefined();
      expect((await bench.engine.inventory(limit())).tasks.map((task) => task.id)).toContain("lost");
      await bench.engine.deleteTask("lost", limit());
      const after = await bench.engine.inventory(limit());
      expect(after.tasks.map((task) => task.id)).not.toContain("lost");
      expect(after.records).not.toContain("lost");
      await bench.engine.removeSnapshot("lost-snapshot", limit());
    },
    LIMIT_MS,
  );

  test(
    "such a task is no obstacle for a new one of its id either",
    async () => {
      await bench.run("lost2", ["sleep", "1000"]);
      await bench.dropRecord("lost2");
      const run = await bench.run("lost2", ["echo", "new"]);
      expect(await run.text).toBe("new\n");
      await bench.remove("lost2");
    },
    LIMIT_MS,
  );
});

describe("at the end", () => {
  test(
    "nothing of all that is left",
    async () => {
      const inventory = await bench.engine.inventory(limit());
      expect(inventory).toEqual({ tasks: [], records: [], snapshotKeys: [] });
    },
    LIMIT_MS,
  );
});
