import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { findShims } from "../../src/engine/containerd/shims.ts";
import { hasCode } from "../../src/errors/error.ts";
import { within } from "./support/containerd.ts";
import { EngineBench, LIMIT_MS, limit } from "./support/engine-bench.ts";
import { signalProcess } from "./support/signal-process.ts";

let bench: EngineBench;

beforeAll(async () => {
  bench = await EngineBench.start();
}, LIMIT_MS);
afterAll(() => bench.stop(), LIMIT_MS);

/** Resolves at the next change to `state`. */
function change(state: "connected" | "away"): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = bench.engine.onConnection((now) => {
    if (now !== state) return;
    stop();
    resolve();
  });
  return within(promise, LIMIT_MS, `the engine is not ${state}`);
}

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

/** Ends containerd and waits until the engine has noticed. */
async function takeContainerdAway(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  const away = change("away");
  await bench.containerd.kill(signal);
  await away;
}

describe("containerd killed and started again", () => {
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    test(
      `by ${signal}: waiting fails as unavailable, the container goes on, its end is known afterwards`,
      async () => {
        const id = `survivor-${signal.toLowerCase()}`;
        const run = await bench.run(id, ["sleep", "1000"]);
        const pid = (await bench.engine.task(id, limit()))?.pid;
        await takeContainerdAway(signal);
        expect(hasCode(await thrownBy(run.exit), "SC_ENGINE_UNAVAILABLE")).toBe(true);
        expect(bench.engine.connection).toBe("away");
        expect(hasCode(await thrownBy(bench.engine.task(id, limit())), "SC_ENGINE_UNAVAILABLE")).toBe(true);
        // Shortly after Start the process still is runc's.
        await until(
          () => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("sleep"),
          "sleep runs",
          LIMIT_MS,
        );
        const back = change("connected");
        await bench.containerd.start();
        await back;
        expect((await bench.engine.task(id, limit()))?.status).toBe("running");
        const exit = bench.engine.waitTask(id, limit());
        await bench.engine.killTask(id, 9, true, limit());
        expect((await exit).exitCode).toBe(137);
        await bench.remove(id);
      },
      LIMIT_MS,
    );
  }

  test(
    "a container that ended meanwhile tells its end",
    async () => {
      const run = await bench.run("meanwhile", ["sh", "-c", "sleep 1000; exit 5"]);
      const pid = (await bench.engine.task("meanwhile", limit()))?.pid ?? 0;
      await takeContainerdAway("SIGKILL");
      expect(hasCode(await thrownBy(run.exit), "SC_ENGINE_UNAVAILABLE")).toBe(true);
      signalProcess(pid, "SIGKILL");
      await run.text; // both FIFOs have ended: so has the container
      const back = change("connected");
      await bench.containerd.start();
      await back;
      expect((await bench.engine.waitTask("meanwhile", limit())).exitCode).toBe(137);
      await bench.remove("meanwhile");
    },
    LIMIT_MS,
  );
});

describe("a shim that is killed", () => {
  test(
    "is the end of its container, whoever waits or kills, and what is left can be deleted",
    async () => {
      const run = await bench.run("shimless", ["sleep", "1000"]);
      const pid = (await bench.engine.task("shimless", limit()))?.pid;
      const { containerd } = bench;
      for (const shim of findShims(containerd.namespace, containerd.address))
        process.kill(shim.pid, "SIGKILL");
      expect(await run.exit).toEqual({ exitCode: 137, exitedAt: "" });
      await bench.engine.killTask("shimless", 9, true, limit());
      await until(() => !existsSync(`/proc/${pid}/exe`), "the process is gone", LIMIT_MS);
      expect(await bench.engine.deleteTask("shimless", limit())).toEqual({ exitCode: 137, exitedAt: "" });
      await bench.engine.removeSnapshot("shimless-snapshot", limit());
    },
    LIMIT_MS,
  );
});

describe("opening", () => {
  test(
    "while containerd is away waits for it",
    async () => {
      const before = bench.logs.length;
      await takeContainerdAway("SIGTERM");
      const other = bench.newEngine();
      const opening = other.open(limit());
      expect(other.connection).toBe("away");
      await until(
        () => bench.logs.slice(before).some(({ fields }) => Number(fields["attempt"]) >= 3),
        "it has tried",
        LIMIT_MS,
      );
      const back = change("connected");
      await bench.containerd.start();
      await Promise.all([opening, back]);
      const warned = bench.logs
        .slice(before)
        .filter(({ message }) => message.startsWith("containerd does not answer"));
      expect(warned.every(({ level }) => level === "WARN")).toBe(true);
      expect(warned.map(({ fields }) => fields["address"])).toContain(bench.containerd.address);
      // Each engine says each reason once, however often it tries.
      expect(new Set(warned.map(({ fields }) => fields["reason"])).size * 2).toBeGreaterThanOrEqual(
        warned.length,
      );
      expect(other.connection).toBe("connected");
      expect(other.version).not.toBe("");
      await other.close();
      expect(other.connection).toBe("away");
    },
    LIMIT_MS,
  );

  test(
    "keeps the daemon's lease, and makes one that would expire anew with the snapshots in it",
    async () => {
      const { containerd, engine } = bench;
      await engine.prepareSnapshot("kept-snapshot", bench.image?.chainId ?? "", limit());
      expect(containerd.ctr("leases", "ls", "-q").trim()).toBe("kanto-cm.lease");
      // Held elsewhere as well, while the lease that this is about is away.
      const meanwhile = bench.newEngine("meanwhile.lease");
      await meanwhile.open(limit());
      await meanwhile.close();
      containerd.ctr("leases", "rm", "kanto-cm.lease");
      containerd.ctr("leases", "create", "--id", "kanto-cm.lease", "--expires", "24h");
      const other = bench.newEngine();
      await other.open(limit());
      expect(containerd.ctr("leases", "ls")).not.toContain("gc.expire");
      containerd.ctr("leases", "rm", "meanwhile.lease");
      expect(containerd.ctr("leases", "ls", "-q").trim()).toBe("kanto-cm.lease");
      // A collection, which takes what nothing holds.
      const lease = await other.content.lease("collector", 60_000, limit());
      await lease.release(true);
      expect(await other.hasSnapshot("kept-snapshot", limit())).toBe(true);
      await other.removeSnapshot("kept-snapshot", limit());
      await other.close();
    },
    LIMIT_MS,
  );
});

describe("the daemon's lease", () => {
  test(
    "keeps its snapshots over a new opening, and lets content go that an old daemon put into it",
    async () => {
      const { engine, image } = bench;
      if (image === undefined) throw new Error("no image");
      await engine.prepareSnapshot("held-snapshot", image.chainId, limit());
      await bench.leaseContent("kanto-cm.lease", image.manifest.digest);
      expect(await bench.leased("kanto-cm.lease")).toContain(`content ${image.manifest.digest}`);
      const other = bench.newEngine();
      await other.open(limit());
      await other.close();
      const left = await bench.leased("kanto-cm.lease");
      expect(left).toContain("snapshots/overlayfs held-snapshot");
      expect(left.filter((resource) => resource.startsWith("content"))).toEqual([]);
      await engine.removeSnapshot("held-snapshot", limit());
    },
    LIMIT_MS,
  );
});

describe("an out-of-memory notice", () => {
  // The one engine of this file has lost containerd several times by now.
  test(
    "names the container, on a connection that was lost and made anew",
    async () => {
      const { promise, resolve } = Promise.withResolvers<string>();
      const stop = bench.engine.onOom(resolve);
      // Its shell lives on: with the last process the group goes, and sometimes the notice with it.
      const eat = "dd if=/dev/zero of=/dev/null bs=200M count=1; echo $?; exec sleep 1000";
      await bench.create("hungry", ["sh", "-c", eat], (spec) => {
        if (spec.linux.resources !== undefined) {
          spec.linux.resources.memory = { limit: 16 << 20, swap: 16 << 20 };
        }
      });
      await bench.engine.startTask("hungry", limit());
      expect(await within(promise, LIMIT_MS / 2, "no notice")).toBe("hungry");
      stop();
      await bench.remove("hungry");
    },
    LIMIT_MS,
  );
});

describe("a daemon killed inside Tasks/Create", () => {
  /** A process that makes a container whose FIFOs nobody reads, so that Tasks/Create hangs; then it is killed. */
  async function killInsideCreate(id: string): Promise<void> {
    const { containerd } = bench;
    const request = {
      address: containerd.address,
      namespace: containerd.namespace,
      folder: containerd.folder,
      id,
    };
    const spec = JSON.stringify(bench.spec(id, ["sleep", "1000"]));
    await bench.engine.prepareSnapshot(`${id}-snapshot`, bench.image?.chainId ?? "", limit());
    const child = Bun.spawn(
      [process.execPath, join(import.meta.dir, "support/hanging-create.ts"), JSON.stringify(request), spec],
      { stdout: "ignore", stderr: "inherit" },
    );
    await until(
      () => findShims(containerd.namespace, containerd.address).some((shim) => shim.id === id),
      "the shim is there",
      LIMIT_MS,
    );
    child.kill("SIGKILL");
    await child.exited;
  }

  test(
    "is no obstacle for a new task of the id; the shim and the folder that it left are gone",
    async () => {
      await killInsideCreate("cut");
      const run = await bench.run("cut", ["echo", "after"]);
      expect(await run.text).toBe("after\n");
      expect((await run.exit).exitCode).toBe(0);
      const { containerd } = bench;
      const shims = findShims(containerd.namespace, containerd.address).filter((shim) => shim.id === "cut");
      expect(shims).toHaveLength(1);
      await bench.remove("cut");
      await until(
        () => findShims(containerd.namespace, containerd.address).length === 0,
        "no shim is left",
        LIMIT_MS,
      );
      expect(existsSync(join(containerd.bundles, "cut"))).toBe(false);
    },
    LIMIT_MS,
  );

  test(
    "leaves no shim behind once a daemon has connected again",
    async () => {
      for (const id of ["left1", "left2", "left3"]) await killInsideCreate(id);
      const other = bench.newEngine();
      await other.open(limit());
      const { containerd } = bench;
      await until(
        () => findShims(containerd.namespace, containerd.address).length === 0,
        "no shim is left",
        LIMIT_MS,
      );
      for (const id of ["left1", "left2", "left3"]) {
        await until(() => !existsSync(join(containerd.bundles, id)), "the bundle is gone", LIMIT_MS);
        await other.deleteTask(id, limit());
        await other.removeSnapshot(`${id}-snapshot`, limit());
      }
      expect(await other.inventory(limit())).toEqual({ tasks: [], records: [], snapshotKeys: [] });
      await other.close();
    },
    LIMIT_MS,
  );

  test(
    "a creation that its caller gives up leaves nothing",
    async () => {
      const stop = new AbortController();
      await bench.engine.prepareSnapshot("given-up-snapshot", bench.image?.chainId ?? "", limit());
      const output = bench.output();
      const creating = bench.engine.createTask(
        {
          id: "given-up",
          snapshotKey: "given-up-snapshot",
          spec: bench.spec("given-up", ["sleep", "1000"]),
          runtime: "io.containerd.runc.v2",
          stdio: output.stdio,
        },
        stop.signal,
      );
      const { containerd } = bench;
      const thrown = thrownBy(creating);
      const isThere = () =>
        findShims(containerd.namespace, containerd.address).some((shim) => shim.id === "given-up");
      await until(isThere, "the shim is there", LIMIT_MS);
      stop.abort(new Error("changed my mind"));
      expect(String(await thrown)).toContain("changed my mind");
      expect(findShims(containerd.namespace, containerd.address)).toEqual([]);
      expect(existsSync(join(containerd.bundles, "given-up"))).toBe(false);
      await bench.engine.removeSnapshot("given-up-snapshot", limit());
      expect(await bench.engine.inventory(limit())).toEqual({ tasks: [], records: [], snapshotKeys: [] });
    },
    LIMIT_MS,
  );
});
