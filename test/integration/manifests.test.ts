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
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { Container } from "../../src/model/container.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { Inside } from "./support/inside.ts";
import { signalProcess } from "./support/signal-process.ts";

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
function bridgeAddress(): string {
  const shown = spawnSync("ip", ["-j", "-4", "address", "show", "dev", device.device.places.bridge], {
    encoding: "utf8",
  });
  return JSON.parse(shown.stdout)[0].addr_info[0].local;
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
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

/** One row per field: which manifest has it, and how it is seen from inside. */
const FIELDS: readonly (readonly [
  field: string,
  manifest: string,
  seen: () => unknown,
  expected: () => unknown,
])[] = [
  ["container_id", "02", () => named("signal-broker").id, () => "signal-broker"],
  [
    "container_id absent: a uuid",
    "01",
    () => named("minimal").id,
    () => expect.stringMatching(/^[0-9a-f-]{36}$/),
  ],
  ["image (its entrypoint runs)", "01", () => inside("minimal").args, () => STAY],
  ["image env is kept", "01", () => inside("minimal").env, () => expect.arrayContaining(["FROM_IMAGE=yes"])],
  ["host_name default", "01", () => inside("minimal").run("hostname"), () => "minimal-host"],
  ["host_name", "09", () => inside("trace-viewer").run("hostname"), () => "trace-viewer"],
  [
    "host_name in the environment",
    "09",
    () => inside("trace-viewer").env,
    () => expect.arrayContaining(["HOSTNAME=trace-viewer"]),
  ],
  [
    "domain_name in /etc/hosts",
    "09",
    () => inside("trace-viewer").file("/etc/hosts"),
    () => expect.stringContaining("trace-viewer.demo.local trace-viewer"),
  ],
  ["/etc/hostname", "02", () => inside("signal-broker").file("/etc/hostname"), () => "signal-broker-host\n"],
  [
    "/etc/resolv.conf is ours",
    "02",
    () => inside("signal-broker").mount("/etc/resolv.conf")?.root,
    () => expect.stringContaining("signal-broker/resolv.conf"),
  ],
  [
    "mount_points: source and destination",
    "03",
    () => inside("device-updater").mount("/bundles")?.root,
    () => expect.stringContaining("/demo/bundles"),
  ],
  [
    "mount_points: a single file",
    "03",
    () => inside("device-updater").file("/etc/os-release"),
    () => readFileSync("/etc/os-release", "utf8"),
  ],
  [
    "mount_points: shared propagation",
    "03",
    () => inside("device-updater").mount("/run/bus.sock")?.propagation,
    () => expect.stringContaining("shared:"),
  ],
  [
    "mount_points: rprivate propagation",
    "03",
    () => inside("device-updater").mount("/bundles")?.propagation,
    () => "",
  ],
  [
    "mount_points: the whole root",
    "06",
    () => inside("telemetry-agent").file("/hostfs/etc/os-release"),
    () => readFileSync("/etc/os-release", "utf8"),
  ],
  [
    "mount_points: rslave propagation",
    "06",
    () => inside("telemetry-agent").mount("/var/log/host")?.propagation,
    () => expect.not.stringContaining("shared:"),
  ],
  [
    "mount_points without propagation",
    "11",
    () => inside("partial-elements").mount("/www")?.propagation,
    () => "",
  ],
  [
    "mounts of the internal form",
    "07",
    () => inside("cloud-client").mount("/app/certs")?.root,
    () => expect.stringContaining("/demo/certs"),
  ],
  [
    "extra_hosts: host_ip",
    "03",
    () => inside("device-updater").file("/etc/hosts"),
    () => expect.stringContaining(`${bridgeAddress()}\tbroker\n`),
  ],
  [
    "extra_hosts: container_<host name>",
    "04",
    () => inside("position-feeder").file("/etc/hosts"),
    () =>
      expect.stringContaining(
        `${named("signal-broker").networkSettings?.networks["bridge"]?.ipAddress}\tsignal-broker\n`,
      ),
  ],
  [
    "extra_hosts: one that is not there is left out",
    "05",
    () => inside("cabin-app").file("/etc/hosts"),
    () => expect.not.stringContaining("seat-demo"),
  ],
  [
    "config.cmd behind the entrypoint",
    "04",
    () => inside("position-feeder").args.slice(-3),
    () => ["--target", "signal-broker:6100", "--plain=true"],
  ],
  [
    "config.cmd: an item with blanks stays one",
    "06",
    () => inside("telemetry-agent").args.at(-1),
    () => "/agent --config=/agent.yaml",
  ],
  [
    "config.cmd without an entrypoint",
    "09",
    () => inside("trace-viewer").args,
    () => expect.arrayContaining(["--port", "9412"]),
  ],
  [
    "config.env replaces the image's",
    "05",
    () => inside("cabin-app").env.filter((entry) => entry.startsWith("LOG_FILTER")),
    () => ["LOG_FILTER=info"],
  ],
  [
    "config.env: blanks and empty values",
    "05",
    () => inside("cabin-app").env,
    () => expect.arrayContaining(["EMPTY=", "MODE=native"]),
  ],
  [
    "config.env: blanks in a value",
    "04",
    () => inside("position-feeder").env,
    () => expect.arrayContaining(["SOURCE_OPTIONS=-p 2948 tcp://gateway:2947"]),
  ],
  [
    "network_mode bridge: its own address",
    "02",
    () => inside("signal-broker").run("ip", "-4", "-o", "address", "show", "dev", "eth0"),
    () =>
      expect.stringContaining(` ${named("signal-broker").networkSettings?.networks["bridge"]?.ipAddress}/`),
  ],
  [
    "network_mode bridge: default route",
    "02",
    () => inside("signal-broker").run("ip", "route"),
    () => expect.stringContaining(`default via ${bridgeAddress()}`),
  ],
  [
    "network_mode bridge: loopback is up",
    "02",
    () => inside("signal-broker").run("ip", "-o", "link", "show", "lo"),
    () => expect.stringContaining("LOWER_UP"),
  ],
  [
    "network_mode host",
    "08",
    () => inside("bus-service").namespace("net"),
    () => spawnSync("readlink", ["/proc/self/ns/net"], { encoding: "utf8" }).stdout.trim(),
  ],
  [
    "network_mode host: the machine's name",
    "08",
    () => inside("bus-service").run("hostname"),
    () => hostname(),
  ],
  [
    "privileged: all capabilities",
    "08",
    () => inside("bus-service").status("CapEff"),
    () => /CapEff:\s*(\S+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1],
  ],
  [
    "privileged: the machine's devices",
    "08",
    () => inside("bus-service").device("/dev/loop-control"),
    () => "c 10:237",
  ],
  [
    "not privileged: the default capabilities",
    "02",
    () => inside("signal-broker").status("CapEff"),
    () => "00000000a80425fb",
  ],
  ["not privileged: no new privileges", "02", () => inside("signal-broker").status("NoNewPrivs"), () => "1"],
  [
    "not privileged: /proc/sys read-only",
    "02",
    () => inside("signal-broker").mount("/proc/sys")?.options,
    () => expect.stringMatching(/^ro/),
  ],
  ["devices", "10", () => inside("sensor-reader").device("/dev/sensor0"), () => "c 1:3"],
  [
    "extra_capabilities",
    "10",
    () => (BigInt(`0x${inside("sensor-reader").status("CapEff")}`) >> 12n) & 1n,
    () => 1n,
  ],
  [
    "resources.memory",
    "10",
    () => inside("sensor-reader").cgroupFile("memory", "memory.limit_in_bytes", "memory.max"),
    () => String(64 << 20),
  ],
  [
    "resources.memory_reservation",
    "10",
    () => inside("sensor-reader").cgroupFile("memory", "memory.soft_limit_in_bytes", "memory.low"),
    () => String(32 << 20),
  ],
  [
    "resources.memory alone",
    "11",
    () => inside("partial-elements").cgroupFile("memory", "memory.limit_in_bytes", "memory.max"),
    () => String(48 << 20),
  ],
  [
    "io_config.tty: a terminal as output",
    "12",
    () =>
      spawnSync("readlink", [`/proc/${named("interactive-shell").state.pid}/fd/1`], { encoding: "utf8" })
        .stdout,
    () => expect.stringContaining("/dev/pts/"),
  ],
  [
    "io_config.tty: TERM",
    "12",
    () => inside("interactive-shell").env,
    () => expect.arrayContaining(["TERM=xterm"]),
  ],
  [
    "io_config without tty: no terminal",
    "02",
    () =>
      spawnSync("readlink", [`/proc/${named("signal-broker").state.pid}/fd/1`], { encoding: "utf8" }).stdout,
    () => expect.stringContaining("pipe:"),
  ],
  [
    "cgroup named by the container",
    "02",
    () => readFileSync(`/proc/${named("signal-broker").state.pid}/cgroup`, "utf8"),
    () => expect.stringContaining("signal-broker"),
  ],
];

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

  test("published ports answer on loopback and on the bridge address where they should (02, 09, 11)", async () => {
    const listen = (name: string, port: number) => {
      const { pid } = named(name).state;
      const child = spawnSync(
        "nsenter",
        ["-t", String(pid), "-n", "sh", "-c", `busybox nc -ll -p ${port} -e true >/dev/null 2>&1 & echo $!`],
        { encoding: "utf8" },
      );
      return Number(child.stdout);
    };
    const listeners = [
      listen("signal-broker", 6100),
      listen("trace-viewer", 9500),
      listen("partial-elements", 80),
    ];
    try {
      for (const [host, port] of [
        ["127.0.0.1", 31600],
        ["127.0.0.1", 9500],
        ["127.0.0.1", 8088],
        [bridgeAddress(), 31600],
      ] as const) {
        let isOpen = false;
        for (let attempt = 0; attempt < 100 && !isOpen; attempt++) isOpen = await canConnect(host, port);
        expect([host, port, isOpen]).toEqual([host, port, true]);
      }
      expect(await canConnect(bridgeAddress(), 9500)).toBe(false);
    } finally {
      for (const pid of listeners) signalProcess(pid, "SIGKILL");
    }
  });

  test("a second run finds nothing to do", async () => {
    const before = containers.map(({ id, state }) => `${id} ${state.pid}`).sort();
    const run = await device.deployOnce(folder, "--probation", "0");
    expect(run.code).toBe(0);
    const after = (await device.device.client.list(stepSignal()))
      .map(({ id, state }) => `${id} ${state.pid}`)
      .sort();
    expect(after).toEqual(before);
  });
});
