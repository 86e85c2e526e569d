import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import type { Container } from "../../src/model/container.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";

const IMAGE = "localhost/test/replace:1";
const STAY = "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done";
const PROBATION = ["--probation", "2"];
const SMALL_DISK = "160m";

let device: TestDevice;
let folder: string;

interface Version {
  readonly image?: string;
  readonly cmd: readonly string[];
  readonly version: string;
}

const good = (version: string): Version => ({ cmd: ["sh", "-c", STAY], version });

function writeManifest(
  name: string,
  id: string | undefined,
  { image = IMAGE, cmd, version }: Version,
): string {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  const manifest = {
    ...(id === undefined ? {} : { container_id: id }),
    container_name: name,
    image: { name: image },
    config: { cmd, env: [`VERSION=${version}`] },
    host_config: { restart_policy: { type: "no", maximum_retry_count: 0, retry_timeout: 0 } },
  };
  writeFileSync(join(place, "manifest.json"), JSON.stringify(manifest));
  return place;
}

async function named(name: string): Promise<readonly Container[]> {
  return (await device.device.client.list(stepSignal())).filter((container) => container.name === name);
}

async function only(name: string): Promise<Container> {
  const found = await named(name);
  expect(found).toHaveLength(1);
  const [first] = found;
  if (first === undefined) throw new Error(`no container ${name}`);
  return first;
}

const versionOf = (container: Container) =>
  container.config?.env.find((entry) => entry.startsWith("VERSION="));

/** The container's process is there and has that version in its own environment, as the kernel tells it. */
async function expectProcess({ state }: Container, version: string): Promise<void> {
  expect(state.status).toBe("Running");
  const has = () =>
    readFileSync(`/proc/${state.pid}/environ`, "utf8").split("\0").includes(`VERSION=${version}`);
  // It is runc's own process until it has taken the program in.
  await until(has, `process ${state.pid} has version ${version}`);
}

/** The process has ended; another program may have got its pid. */
function expectGone(pid: number): void {
  const path = `/proc/${pid}/environ`;
  if (existsSync(path)) expect(readFileSync(path, "utf8")).not.toContain("VERSION=1");
}

beforeAll(async () => {
  device = await startTestDevice({}, { containerdDisk: SMALL_DISK });
  folder = mkdtempSync(join(tmpdir(), "supercargo-replace-"));
  await device.importImage({ name: IMAGE, config: {} });
}, 120_000);

afterAll(async () => {
  await device?.end();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

for (const hasId of [true, false]) {
  describe(`replacing a container ${hasId ? "with a fixed id" : "without a fixed id"}`, () => {
    let count = 0;

    /** Deploys version 1, then `second`; answers the container before and after and how the deployer ended. */
    async function replace(second: Version, prepare: (before: Container) => Promise<void> = async () => {}) {
      const name = `story-${hasId ? "id" : "free"}-${count++}`;
      const id = hasId ? name : undefined;
      const place = writeManifest(name, id, good("1"));
      expect((await device.deployOnce(place, ...PROBATION)).code).toBe(0);
      const before = await only(name);
      await expectProcess(before, "1");
      if (hasId) expect(before.id).toBe(name);
      await prepare(before);
      writeManifest(name, id, second);
      const run = await device.deployOnce(place, ...PROBATION);
      return { name, before, after: await only(name), run };
    }

    interface Outcome {
      readonly before: Container;
      readonly after: Container;
    }

    /** The old one runs on, its process was never touched. */
    const expectUntouched = async ({ before, after }: Outcome) => {
      expect(after.id).toBe(before.id);
      expect(versionOf(after)).toBe("VERSION=1");
      await expectProcess(after, "1");
      expect(after.state.pid).toBe(before.state.pid);
    };

    /** The old one was stopped and runs again, under its id and with a new process. */
    const expectOldBack = async ({ before, after }: Outcome) => {
      expect(after.id).toBe(before.id);
      expect(versionOf(after)).toBe("VERSION=1");
      await expectProcess(after, "1");
      expectGone(before.state.pid);
    };

    /** The new one has the id of its manifest, or else one of its own. */
    const expectNew = ({ before, after }: Outcome) => {
      expect(after.id === before.id).toBe(hasId);
      expect(versionOf(after)).toBe("VERSION=2");
      expectGone(before.state.pid);
    };

    const stopByUser = ({ id }: Container) =>
      device.device.client.stop(id, { timeoutSeconds: 1, force: true, signal: "" }, stepSignal());

    test("a good one takes its place", async () => {
      const result = await replace(good("2"));
      expect(result.run.code).toBe(0);
      expectNew(result);
      await expectProcess(result.after, "2");
    });

    test("one whose image cannot be pulled leaves the old one untouched", async () => {
      const result = await replace({ ...good("2"), image: "127.0.0.1:1/test/missing:1" });
      expect(result.run.code).toBe(1);
      expect(result.run.stderr).toContain("127.0.0.1:1/test/missing:1");
      await expectUntouched(result);
    });

    test("one that does not start gives way to the old one", async () => {
      const result = await replace({ cmd: ["/no/such/program"], version: "2" });
      expect(result.run.code).toBe(1);
      expect(result.run.stderr).toContain("/no/such/program");
      await expectOldBack(result);
    });

    test("one that ends with 1 within the probation gives way to the old one", async () => {
      const result = await replace({ cmd: ["sh", "-c", "exit 1"], version: "2" });
      expect(result.run.code).toBe(1);
      await expectOldBack(result);
    });

    test("one that ends with 0 within the probation has done its work", async () => {
      const result = await replace({ cmd: ["sh", "-c", "exit 0"], version: "2" });
      expect(result.run.code).toBe(0);
      expectNew(result);
      const { status, exitCode, pid } = result.after.state;
      expect([status, exitCode, pid]).toEqual(["Exited", 0, -1]);
    });

    test("one whose old one was stopped by the user runs afterwards", async () => {
      const result = await replace(good("2"), stopByUser);
      expect(result.run.code).toBe(0);
      expectNew(result);
      await expectProcess(result.after, "2");
    });

    test("a bad one whose old one was stopped by the user leaves it stopped", async () => {
      const { before, after, run } = await replace({ cmd: ["/no/such/program"], version: "2" }, stopByUser);
      expect(run.code).toBe(1);
      expect(after.id).toBe(before.id);
      expect(versionOf(after)).toBe("VERSION=1");
      expect([after.state.status, after.state.pid]).toEqual(["Stopped", -1]);
      expectGone(before.state.pid);
    });

    test("one that does not fit on the disk leaves the old one untouched and tells the numbers", async () => {
      const filler = join(device.home, "containerd", "filler");
      try {
        const result = await replace(good("2"), async () => {
          const { bavail, bsize } = statfsSync(join(device.home, "containerd"));
          const filled = spawnSync("fallocate", ["-l", String(bavail * bsize - (1 << 20)), filler], {
            encoding: "utf8",
          });
          expect(filled.stderr).toBe("");
        });
        expect(result.run.code).toBe(1);
        expect(result.run.stderr).toMatch(/\d+(\.\d+)? (MB|MiB|bytes)/);
        await expectUntouched(result);
      } finally {
        rmSync(filler, { force: true });
      }
    });

    test("a writable layer survives a rollback", async () => {
      const { before, after, run } = await replace(
        { cmd: ["sh", "-c", "exit 1"], version: "2" },
        async ({ state }) => {
          writeFileSync(`/proc/${state.pid}/root/kept`, "kept");
        },
      );
      expect(run.code).toBe(1);
      expect(after.id).toBe(before.id);
      expect(await Bun.file(`/proc/${after.state.pid}/root/kept`).text()).toBe("kept");
    });
  });
}

describe("after all of it", () => {
  test("containerd holds just what the containers need", async () => {
    expect(engineLeftovers(device.device, await device.device.client.list(stepSignal()))).toEqual([]);
  });
});
