/** The deployer against a daemon that has Kanto's 14 rpcs and nothing else: the same promises, kept with what there is. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import type { Container } from "../../src/model/container.ts";
import { runProgram, startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { type PeerFace, servePeerFace } from "./support/peer-face.ts";

const IMAGE = "localhost/test/peer:1";
const STAY = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
const LIMIT_MS = 60_000;

let device: TestDevice;
let face: PeerFace;
let root: string;
let folder: string;
let options: readonly string[];
let deployer: ChildProcess | undefined;
let said = "";

interface Version {
  readonly image?: string;
  readonly cmd?: readonly string[];
  readonly version: string;
}

/** `fixed` has an id, `free` has none. */
function write(name: "fixed" | "free", { image = IMAGE, cmd = STAY, version }: Version): void {
  const manifest = {
    ...(name === "fixed" ? { container_id: name } : {}),
    container_name: name,
    image: { name: image },
    config: { cmd, env: [`VERSION=${version}`] },
    host_config: { network_mode: "host", restart_policy: { type: "no" } },
  };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(manifest));
}

async function named(name: string): Promise<Container> {
  const found = (await device.device.client.list(stepSignal())).filter((one) => one.name === name);
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`${found.length} containers ${name}`);
  return first;
}

const isAlone = (name: string) => async () =>
  (await device.device.client.list(stepSignal())).filter((one) => one.name === name).length === 1;

const versionOf = ({ config }: Container) => config?.env.find((entry) => entry.startsWith("VERSION="));

function says(text: string, count = 1): Promise<void> {
  return until(
    () => said.split(text).length > count,
    () => `it says ${text}; it said ${said}`,
    LIMIT_MS,
  );
}

/** What it says after the edit up to `text`. */
async function after(edit: () => void, text: string): Promise<string> {
  const before = said.length;
  const isSaid = () => said.slice(before).includes(text);
  edit();
  await until(isSaid, () => `it says ${text}; it said ${said.slice(before)}`, LIMIT_MS);
  return said.slice(before);
}

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
  root = mkdtempSync(join(tmpdir(), "supercargo-peer-"));
  folder = join(root, "manifests");
  mkdirSync(folder);
  const socket = join(root, "kanto.sock");
  face = servePeerFace(device.device.socket, socket);
  options = ["-s", socket, "--state-dir", join(root, "state"), "--probation", "1", folder];
}, 120_000);

afterAll(async () => {
  const child = deployer;
  if (child !== undefined) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
  await face?.stop();
  await device?.end();
  rmSync(root, { recursive: true, force: true });
}, 120_000);

describe("against Kanto's daemon", () => {
  test(
    "a single run makes what is missing, and the second says that it is there",
    async () => {
      write("fixed", { version: "1" });
      write("free", { version: "1" });
      const first = await runProgram("kanto-auto-deployer", options);
      expect(first.code).toBe(0);
      expect(face.calls.toSorted()).toEqual(["create", "create", "start", "start"]);
      const second = await runProgram("kanto-auto-deployer", options);
      expect(second.code).toBe(0);
      for (const name of ["fixed", "free"]) expect(second.stderr).toContain(`Already exists [${name}]`);
      expect(face.calls).toHaveLength(4);
    },
    LIMIT_MS,
  );

  test(
    "watching: an edit replaces; with an id of its own the successor is there before the old one stops",
    async () => {
      deployer = spawn(join(ROOT, "dist/bin/kanto-auto-deployer"), ["--daemon", ...options], {
        stdio: ["ignore", "ignore", "pipe"],
        env: { ...process.env, RUST_LOG: "debug" },
      });
      deployer.stderr?.on("data", (chunk) => {
        said += chunk;
      });
      await says("Running in daemon mode");
      const before = face.calls.length;
      await after(() => write("free", { version: "2" }), "Removing [free]");
      const calls = () => face.calls.slice(before).join(" ");
      await until(() => calls() === "create stop start remove", calls, LIMIT_MS);
      await until(isAlone("free"), "the old one has gone", LIMIT_MS);
      expect(versionOf(await named("free"))).toBe("VERSION=2");
      const { id, created } = await named("fixed");
      // A fixed id: a throw-away container proves the new version before the old one is taken away.
      const middle = face.calls.length;
      await after(() => write("fixed", { version: "2" }), "Started [fixed]");
      expect(face.calls.slice(middle)).toEqual(["create", "remove", "stop", "remove", "create", "start"]);
      const now = await named("fixed");
      expect([now.id, versionOf(now), now.created === created]).toEqual([id, "VERSION=2", false]);
    },
    LIMIT_MS,
  );

  test(
    "an image that cannot be had leaves the old ones untouched, and is tried again",
    async () => {
      const pids = [(await named("free")).state.pid, (await named("fixed")).state.pid];
      const image = "127.0.0.1:1/test/missing:1";
      await after(() => write("free", { image, version: "3" }), "next try in");
      await after(() => write("fixed", { image, version: "3" }), "next try in");
      expect([(await named("free")).state.pid, (await named("fixed")).state.pid]).toEqual(pids);
    },
    LIMIT_MS,
  );

  test(
    "a version that does not start, and one that does not stay up, give way to the old one and are not tried again",
    async () => {
      const cmd = ["/no/such/program"];
      const once = "not tried again until the file changes";
      const free = await after(() => write("free", { cmd, version: "4" }), once);
      expect(free).toContain("the version before it is back");
      const fixed = await after(() => write("fixed", { cmd: ["sh", "-c", "exit 3"], version: "4" }), once);
      expect(fixed).toContain("what it had written into its own layer is lost");
      for (const name of ["free", "fixed"]) {
        const container = await named(name);
        expect([versionOf(container), container.state.status]).toEqual(["VERSION=2", "Running"]);
      }
    },
    LIMIT_MS,
  );

  test(
    "a limit that changes is updated in the living container, and nothing is left over of all this",
    async () => {
      write("free", { version: "2" });
      const text = JSON.stringify({
        container_name: "free",
        image: { name: IMAGE },
        config: { cmd: STAY, env: ["VERSION=2"] },
        host_config: { network_mode: "host", restart_policy: { type: "always" } },
      });
      const { id } = await named("free");
      await after(() => writeFileSync(join(folder, "free.json"), text), "Updated [free]");
      await until(
        async () => (await named("free")).hostConfig.restartPolicy.type === "always",
        "the policy is changed",
        LIMIT_MS,
      );
      expect((await named("free")).id).toBe(id);
      expect(engineLeftovers(device.device, await device.device.client.list(stepSignal()))).toEqual([]);
    },
    LIMIT_MS,
  );
});
