/**
 * The fields of manifests as they are seen from inside a container: by /proc, ip, mounts and environment, never by our own
 * answers. `SHOWN_BY` says for every key of the cases which row, or which other test, shows it.
 */

import { expect } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Container } from "../../../src/model/container.ts";
import type { Inside } from "./inside.ts";

/** How the rows look at the containers. */
export interface FieldView {
  named(name: string): Container;
  inside(name: string): Inside;
  /** The bridge's address, as the machine sees it. */
  gateway(): string;
}

/** What is shown, the number of a manifest that has it, what is seen, what it should be. */
export type FieldRow = readonly [
  what: string,
  manifest: string,
  seen: () => unknown,
  expected: () => unknown,
];

const hasOneCgroupTree = () => existsSync("/sys/fs/cgroup/cgroup.controllers");

/** Where a file descriptor of a process leads. */
function descriptorOf(pid: number, number: number): string {
  return spawnSync("readlink", [`/proc/${pid}/fd/${number}`], { encoding: "utf8" }).stdout.trim();
}

function parentCommand(inside: Inside): string {
  return readFileSync(`/proc/${inside.status("PPid")}/cmdline`, "utf8").split("\0")[0] ?? "";
}

/** @param stay the command of the images that have no other */
export function fieldRows(
  { named, inside, gateway }: FieldView,
  stay: readonly string[],
): readonly FieldRow[] {
  return [
    ["container_id", "02", () => named("signal-broker").id, () => "signal-broker"],
    [
      "container_id absent: a uuid",
      "01",
      () => named("minimal").id,
      () => expect.stringMatching(/^[0-9a-f-]{36}$/),
    ],
    ["image (its entrypoint runs)", "01", () => inside("minimal").args, () => stay],
    [
      "image env is kept",
      "01",
      () => inside("minimal").env,
      () => expect.arrayContaining(["FROM_IMAGE=yes"]),
    ],
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
    [
      "/etc/hostname",
      "02",
      () => inside("signal-broker").file("/etc/hostname"),
      () => "signal-broker-host\n",
    ],
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
      () => expect.stringContaining(`${gateway()}\tbroker\n`),
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
      () => expect.stringContaining(`default via ${gateway()}`),
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
    [
      "not privileged: no new privileges",
      "02",
      () => inside("signal-broker").status("NoNewPrivs"),
      () => "1",
    ],
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
      () => (BigInt(`0x${inside("sensor-reader").status("CapEff")}`) >> 12n) & 3n,
      // CAP_NET_ADMIN and CAP_NET_RAW are neighbours.
      () => 3n,
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
      () => descriptorOf(named("interactive-shell").state.pid, 1),
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
      () => descriptorOf(named("signal-broker").state.pid, 1),
      () => expect.stringContaining("pipe:"),
    ],
    [
      "cgroup named by the container",
      "02",
      () => readFileSync(`/proc/${named("signal-broker").state.pid}/cgroup`, "utf8"),
      () => expect.stringContaining("signal-broker"),
    ],
    [
      "id of the internal form",
      "07",
      () => inside("cloud-client").file("/etc/hostname"),
      () => "cloud-client-host\n",
    ],
    [
      "runtime: its shim is the parent",
      "02",
      () => parentCommand(inside("signal-broker")),
      () => expect.stringContaining("containerd-shim-runc-v2"),
    ],
    [
      "resources.memory_swap",
      "10",
      () => inside("sensor-reader").cgroupFile("memory", "memory.memsw.limit_in_bytes", "memory.swap.max"),
      // The older files count memory and swap together.
      () => String((hasOneCgroupTree() ? 64 : 128) << 20),
    ],
    [
      "without resources: no limit",
      "03",
      () =>
        Number(inside("device-updater").cgroupFile("memory", "memory.limit_in_bytes", "memory.max")) >
        2 ** 50,
      () => !hasOneCgroupTree(),
    ],
    [
      "io_config.open_stdin: the terminal is the input",
      "12",
      () => descriptorOf(named("interactive-shell").state.pid, 0),
      () => expect.stringContaining("/dev/pts/"),
    ],
    [
      "io_config without open_stdin: no input",
      "02",
      () => descriptorOf(named("signal-broker").state.pid, 0),
      () => "/dev/null",
    ],
    [
      "config absent: the image's command",
      "03",
      () => inside("device-updater").args,
      () => inside("minimal").args,
    ],
  ];
}

const OURS =
  "test/unit/api/create-rules.test.ts: what a client says of paths, network, state and counts is not taken over";
const ATTACH = "test/unit/api/create-rules.test.ts: everything that a bare message leaves out";

/** For every key of the cases: what of a row's name, or `file: test` where it cannot be seen in a container that runs well. */
export const SHOWN_BY: Readonly<Record<string, string>> = {
  container_id: "container_id",
  container_name: "host_name default",
  id: "id of the internal form",
  name: "id of the internal form",
  "image.name": "image (its entrypoint runs)",
  host_name: "host_name",
  domain_name: "domain_name in /etc/hosts",
  "config.cmd": "config.cmd behind the entrypoint",
  "config.env": "config.env: blanks and empty values",
  "mount_points.source": "mount_points: source and destination",
  "mount_points.destination": "mount_points: source and destination",
  "mount_points.propagation_mode": "mount_points: shared propagation",
  "mounts.source": "mounts of the internal form",
  "mounts.destination": "mounts of the internal form",
  "mounts.propagation_mode": "mounts of the internal form",
  "host_config.devices.path_on_host": "devices",
  "host_config.devices.path_in_container": "devices",
  "host_config.devices.cgroup_permissions":
    "test/unit/engine/spec-build.test.ts: a mapped device is a node and one allowing rule behind the denial of all",
  "host_config.extra_capabilities": "extra_capabilities",
  "host_config.extra_hosts": "extra_hosts: host_ip",
  "host_config.network_mode": "network_mode host",
  "host_config.privileged": "privileged: all capabilities",
  "host_config.runtime": "runtime: its shim is the parent",
  "host_config.resources": "without resources: no limit",
  "host_config.resources.memory": "resources.memory",
  "host_config.resources.memory_reservation": "resources.memory_reservation",
  "host_config.resources.memory_swap": "resources.memory_swap",
  "host_config.port_mappings.container_port": "test/integration/manifests.test.ts: published ports answer",
  "host_config.port_mappings.host_ip": "test/integration/manifests.test.ts: published ports answer",
  "host_config.port_mappings.host_port": "test/integration/manifests.test.ts: published ports answer",
  "host_config.port_mappings.host_port_end": "test/integration/manifests.test.ts: published ports answer",
  "host_config.port_mappings.protocol": "test/integration/manifests.test.ts: published ports answer",
  "host_config.log_config.driver_config.type": "test/integration/manifests.test.ts: output is kept",
  "host_config.log_config.driver_config.max_files": "test/integration/manifests.test.ts: output is kept",
  "host_config.log_config.driver_config.max_size": "test/integration/manifests.test.ts: output is kept",
  "host_config.log_config.driver_config.root_dir":
    "test/integration/logs.test.ts: root_dir holds <id>/json.log, and the same place is read",
  "host_config.log_config.mode_config.mode":
    "test/unit/logs/writers.test.ts: rests a moment, then never waits and never keeps more than its limit",
  "host_config.log_config.mode_config.max_buffer_size":
    "test/unit/logs/writers.test.ts: a record that the buffer can never hold is dropped alone",
  "host_config.restart_policy.type":
    "test/integration/manifests.test.ts: who is killed comes back by its policy",
  "host_config.restart_policy.maximum_retry_count":
    "test/unit/model/restart.test.ts: on-failure restarts a failure as often as allowed, a success never",
  "host_config.restart_policy.retry_timeout":
    "test/unit/model/restart.test.ts: retry_timeout is the cap of the wait for every policy",
  "io_config.attach_stdin": ATTACH,
  "io_config.attach_stdout": ATTACH,
  "io_config.attach_stderr": ATTACH,
  "io_config.stdin_once": "test/integration/attach.test.ts: stdin_once",
  hooks:
    "test/unit/engine/spec-build.test.ts: keep their order by type, and their time-outs are really passed",
  "image.decrypt_config": "test/unit/manifest/read.test.ts: decryptConfig).toBeUndefined",
  created: OURS,
  state: OURS,
  network_settings: OURS,
  resolv_conf_path: OURS,
  hosts_path: OURS,
  hostname_path: OURS,
  manually_stopped: OURS,
  restart_count: OURS,
  "io_config.tty": "io_config.tty: a terminal as output",
  "io_config.open_stdin": "io_config.open_stdin: the terminal is the input",
};
