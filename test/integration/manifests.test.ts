import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import { errnoName } from "../../src/base/libc.ts";
import type { Container } from "../../src/model/container.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { Inside } from "./support/inside.ts";
import { fieldRows, SHOWN_BY } from "./support/manifest-fields.ts";
import { ask } from "./support/net-ask.ts";
import { signalProcess } from "./support/signal-process.ts";
import { untilReady } from "./support/until-ready.ts";

const PEER = join(import.meta.dir, "support", "net-peer.ts");
const CASES = join(import.meta.dir, "../../../shared/cases/manifests");
const EXCLUDED = ["13-encrypted-image.json"];
/** Keeps running, ends at once on SIGTERM, shows its arguments in /proc. */
const STAY = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done", "stay"];
const SOURCES = ["/tmp/demo/bundles", "/tmp/demo/certs", "/tmp/demo/config", "/tmp/demo/www"];

let device: TestDevice;
let folder: string;
let containers: readonly Container[];
const made: string[] = [];

function named(name: string): Container {
  const found = containers.find((container) => container.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

function inside(name: string): Inside {
  return new Inside(named(name).state.pid);
}

/** An address of the bridge, as this namespace sees it. */
function gateway(): string {
  const shown = spawnSync("ip", ["-j", "-4", "address", "show", "dev", device.device.places.bridge], {
    encoding: "utf8",
  });
  return JSON.parse(shown.stdout)[0].addr_info[0].local;
}

/** Lets a program in the container's network answer on a port, with the container's name; it lasts until it is disposed. */
async function serve(protocol: "tcp" | "udp", name: string, port: number): Promise<Disposable> {
  const enter = ["nsenter", "-t", String(named(name).state.pid), "-n"];
  const command = [...enter, process.execPath, PEER, "serve", protocol, String(port), name];
  const server = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  await untilReady(server.stdout);
  return { [Symbol.dispose]: () => server.kill("SIGKILL") };
}

beforeAll(async () => {
  for (const path of ["/tmp/demo", "/run/demo", ...SOURCES]) {
    if (existsSync(path)) continue;
    mkdirSync(path, { recursive: true });
    made.push(path);
  }
  writeFileSync("/run/demo/bus.sock", "stand-in for a socket");
  device = await startTestDevice();
  folder = mkdtempSync(join(tmpdir(), "supercargo-manifests-"));
  for (const file of readdirSync(CASES).filter(
    (name) => name.endsWith(".json") && !EXCLUDED.includes(name),
  )) {
    copyFileSync(join(CASES, file), join(folder, file));
    const { image } = JSON.parse(readFileSync(join(CASES, file), "utf8"));
    // Where the manifest's command is a whole program of its own, the image has that program and no entrypoint.
    const config = file.startsWith("09")
      ? {}
      : { Entrypoint: STAY, Env: ["PATH=/bin", "FROM_IMAGE=yes", "LOG_FILTER=image"] };
    const scripts = { "bin/viewer": "#!/bin/sh\ntrap 'exit 0' TERM\nwhile :; do sleep 60 & wait $!; done\n" };
    await device.importImage({ name: image.name, config, scripts });
  }
  const run = await device.deployOnce(folder, "--probation", "0");
  expect(run.stderr).not.toContain("ERROR");
  expect(run.code).toBe(0);
  containers = await device.device.client.list(stepSignal());
}, 180_000);

afterAll(async () => {
  await device?.end();
  rmSync(folder, { recursive: true, force: true });
  rmSync("/run/demo/bus.sock", { force: true });
  for (const path of made.reverse()) rmSync(path, { recursive: true, force: true });
}, 120_000);

const FIELDS = fieldRows({ named, inside, gateway }, STAY);

/** Keys below `value`, without the numbers of lists; of a `state` and the like only their own. */
function keysOf(value: unknown, path = ""): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysOf(item, path));
  if (typeof value !== "object" || value === null || path === "state") return [path];
  return Object.entries(value).flatMap(([key, item]) => keysOf(item, path === "" ? key : `${path}.${key}`));
}

/** Files of a container's log with their sizes. */
function logFiles(id: string): readonly (readonly [name: string, bytes: number])[] {
  const place = join(device.home, "cm/containers", id);
  return readdirSync(place)
    .filter((name) => name.startsWith("json.log"))
    .map((name) => [name, statSync(join(place, name)).size] as const);
}

/** Between two files of a rotation there is none for a moment. */
function isLogged(id: string, text: string): boolean {
  try {
    return readFileSync(join(device.home, "cm/containers", id, "json.log"), "utf8").includes(text);
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return false;
    throw thrown;
  }
}

describe("real manifests as real containers", () => {
  test("every manifest but the encrypted one runs", () => {
    expect(containers.map(({ name }) => name).sort()).toEqual([
      "bus-service",
      "cabin-app",
      "cloud-client",
      "device-updater",
      "interactive-shell",
      "minimal",
      "partial-elements",
      "position-feeder",
      "sensor-reader",
      "signal-broker",
      "telemetry-agent",
      "trace-viewer",
    ]);
    expect(
      containers
        .filter(({ state }) => state.status !== "Running")
        .map(({ name, state }) => `${name} ${state.error}`),
    ).toEqual([]);
  });

  for (const [field, manifest, seen, expected] of FIELDS) {
    test(`${field} (${manifest})`, () => {
      expect(seen()).toEqual(expected());
    });
  }

  test("every key of the manifests is shown by a row here or by a test that is named", () => {
    const keys = new Set<string>();
    for (const file of readdirSync(folder))
      for (const key of keysOf(JSON.parse(readFileSync(join(CASES, file), "utf8")))) keys.add(key);
    const isShown = (shown: string) => {
      const [, file = "", name = ""] = /^(test\/\S+): (.*)$/.exec(shown) ?? [];
      return file === ""
        ? FIELDS.some(([field]) => field === shown)
        : readFileSync(join(ROOT, file), "utf8").includes(name);
    };
    expect([...keys].filter((key) => !isShown(SHOWN_BY[key] ?? "nothing"))).toEqual([]);
  });

  test("published ports answer where they should and nowhere else, by tcp and udp", async () => {
    using servers = new DisposableStack();
    for (const [protocol, name, port] of [
      ["tcp", "signal-broker", 6100],
      ["tcp", "device-updater", 6200],
      ["tcp", "cabin-app", 30700],
      ["tcp", "telemetry-agent", 9511],
      ["tcp", "trace-viewer", 9412],
      ["tcp", "trace-viewer", 9500],
      ["udp", "trace-viewer", 5353],
      ["tcp", "partial-elements", 80],
    ] as const)
      servers.use(await serve(protocol, name, port));
    for (const [protocol, host, port, name] of [
      ["tcp", "127.0.0.1", 31600, "signal-broker"],
      ["tcp", gateway(), 31600, "signal-broker"],
      ["tcp", "127.0.0.1", 31620, "device-updater"],
      ["tcp", "127.0.0.1", 50700, "cabin-app"],
      ["tcp", "127.0.0.1", 4417, "telemetry-agent"],
      ["tcp", "127.0.0.1", 9412, "trace-viewer"],
      ["tcp", gateway(), 9412, "trace-viewer"],
      // The first of its range 9500 to 9510, as none is taken.
      ["tcp", "127.0.0.1", 9500, "trace-viewer"],
      ["udp", "127.0.0.1", 15353, "trace-viewer"],
      ["tcp", "127.0.0.1", 8088, "partial-elements"],
    ] as const)
      expect([protocol, host, port, await ask(protocol, host, port)]).toEqual([
        protocol,
        host,
        port,
        expect.stringMatching(new RegExp(`^${name} `)),
      ]);
    for (const [protocol, host, port] of [
      ["tcp", gateway(), 9500],
      ["tcp", "127.0.0.1", 9501],
      ["tcp", "127.0.0.1", 15353],
      ["udp", gateway(), 15353],
    ] as const)
      expect([host, port, await ask(protocol, host, port)]).toEqual([host, port, "no answer: refused"]);
  }, 60_000);

  test("output is kept in files of the wanted size and number", async () => {
    const { id, state } = named("signal-broker");
    const megabyte = `${"x".repeat(1023)}\n`.repeat(1024);
    // The end of a container's standard output is a pipe that its shim reads.
    const say = async (pid: number, text: string) => {
      await using file = await open(`/proc/${pid}/fd/1`, "w");
      await file.write(text);
    };
    for (let part = 0; part < 4; part++) await say(state.pid, megabyte);
    await say(state.pid, "the end\n");
    await until(() => isLogged(id, "the end"), "the end is in the log", 30_000);
    const files = logFiles(id);
    expect(files.map(([name]) => name).sort()).toEqual(["json.log", "json.log.1"]);
    // The line that fills a file is still in it.
    for (const [, bytes] of files) expect(bytes).toBeLessThanOrEqual((1 << 20) + 2048);
    await say(named("trace-viewer").state.pid, "seen\n");
    await until(() => isLogged("trace-viewer", "seen"), "the line is in the log");
  }, 60_000);

  test("a second run finds nothing to do", async () => {
    const before = containers.map(({ id, state }) => `${id} ${state.pid}`).sort();
    const run = await device.deployOnce(folder, "--probation", "0");
    expect(run.code).toBe(0);
    const after = (await device.device.client.list(stepSignal()))
      .map(({ id, state }) => `${id} ${state.pid}`)
      .sort();
    expect(after).toEqual(before);
  });

  test("who is killed comes back by its policy: always, unless-stopped, on-failure; no stays down", async () => {
    const back = ["sensor-reader", "signal-broker", "trace-viewer"];
    const down = "interactive-shell";
    const before = new Map([...back, down].map((name) => [name, named(name).state.pid]));
    for (const pid of before.values()) signalProcess(pid, "SIGKILL");
    const runsAnew = ({ name, state }: Container) =>
      back.includes(name) && state.status === "Running" && state.pid !== before.get(name);
    let now = containers;
    await until(
      async () => {
        now = await device.device.client.list(stepSignal());
        const rests = now.some(({ name, state }) => name === down && state.status === "Exited");
        return rests && now.filter(runsAnew).length === back.length;
      },
      () => `the killed are back: ${now.map(({ name, state }) => `${name} ${state.status}`).join(", ")}`,
      30_000,
    );
    for (const container of now.filter(runsAnew)) {
      // A new process with the environment of the same container.
      expect((await Inside.of(container.state.pid)).env).toContain(`HOSTNAME=${container.hostName}`);
    }
    expect(now.find(({ name }) => name === down)?.state).toMatchObject({ exitCode: 137, pid: -1 });
  }, 60_000);
});
