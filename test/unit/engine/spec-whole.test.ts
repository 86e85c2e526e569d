/** Whole specifications, word for word: the tables of spec/engine.md §7 and the four containers that were read at the peer. */

import { expect, test } from "bun:test";
import { buildSpec, type SpecInput } from "../../../src/engine/spec/build.ts";
import type { Container } from "../../../src/model/container.ts";
import { plainContainer, SENSOR, specInput } from "./support/spec-input.ts";

/** §7 "capabilities". */
const CAPABILITIES = (
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL " +
  "AUDIT_WRITE"
)
  .split(" ")
  .map((name) => `CAP_${name}`);

/** §7 "masked paths". */
const MASKED = (
  "/proc/acpi /proc/asound /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats " +
  "/proc/sched_debug /sys/firmware /sys/devices/virtual/powercap /proc/scsi"
).split(" ");

/** §7 "read-only paths". */
const READ_ONLY = "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger".split(" ");

function mount(destination: string, type: string, source: string, options: string) {
  return { destination, type, source, options: options.split(",") };
}

/** §7 "mounts", in the order that a container really has. */
function mounts(sys: "ro" | "rw") {
  return [
    mount("/proc", "proc", "proc", "nosuid,noexec,nodev"),
    mount("/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"),
    mount("/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"),
    mount("/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k"),
    mount("/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev"),
    mount("/sys", "sysfs", "sysfs", `nosuid,noexec,nodev,${sys}`),
    mount("/etc/hosts", "bind", "/h/hosts", "rbind,rprivate"),
    mount("/etc/resolv.conf", "bind", "/h/resolv.conf", "rbind,rprivate"),
    mount("/etc/hostname", "bind", "/h/hostname", "rbind,rprivate"),
  ];
}

const NAMESPACES = [{ type: "pid" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }];

const PLAIN = {
  ociVersion: "1.1.0",
  process: {
    user: { uid: 0, gid: 0, additionalGids: [0] },
    args: ["/bin/web"],
    env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=web-host"],
    cwd: "/",
    capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
    rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
    noNewPrivileges: true,
  },
  root: { path: "rootfs" },
  hostname: "web-host",
  mounts: mounts("ro"),
  linux: {
    namespaces: [...NAMESPACES, { type: "network", path: "/run/netns/c1" }],
    resources: { devices: [{ allow: false, access: "rwm" }] },
    cgroupsPath: "/kanto-cm/c1",
    maskedPaths: MASKED,
    readonlyPaths: READ_ONLY,
  },
};

function whole(container: Container, changes: Partial<SpecInput> = {}): unknown {
  return buildSpec(specInput(container, changes)).spec;
}

test("a plain container's specification is the peer's, and nothing more", () => {
  expect(whole(plainContainer())).toEqual(PLAIN);
});

test("a privileged one has the machine's devices and capabilities and open paths, and its own five namespaces", () => {
  const capabilities = ["CAP_SYS_ADMIN", "CAP_KILL"];
  const privileges = { devices: [SENSOR], capabilities };
  expect(whole(plainContainer({}, { privileged: true }), { privileges })).toEqual({
    ...PLAIN,
    process: {
      ...PLAIN.process,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    mounts: mounts("rw"),
    linux: {
      ...PLAIN.linux,
      devices: [SENSOR],
      resources: { devices: [{ allow: true, access: "rwm" }] },
      maskedPaths: [],
      readonlyPaths: [],
    },
  });
});

test("a limited one has its limits beside the denial of devices", () => {
  const resources = { memory: "64m", memoryReservation: "32m", memorySwap: "128m" };
  expect(whole(plainContainer({}, { resources }))).toEqual({
    ...PLAIN,
    linux: {
      ...PLAIN.linux,
      resources: {
        devices: [{ allow: false, access: "rwm" }],
        memory: { limit: 67108864, reservation: 33554432, swap: 134217728 },
      },
    },
  });
});

test("one in host mode has the machine's name and no network namespace", () => {
  const input = { hostName: "board", networkNamespace: undefined };
  expect(whole(plainContainer({}, { networkMode: "host" }), input)).toEqual({
    ...PLAIN,
    process: { ...PLAIN.process, env: [PLAIN.process.env[0], "HOSTNAME=board"] },
    hostname: "board",
    linux: { ...PLAIN.linux, namespaces: NAMESPACES },
  });
});

test("an image's folder, user and environment are taken over; terminal, environment and mounts are the container's", () => {
  const container = plainContainer({
    config: { env: ["B=own", "C=3", "A"], cmd: ["serve"] },
    mounts: [{ source: "/data", destination: "d", propagationMode: "rslave" }],
  });
  const tty = { ...container, ioConfig: { ...container.ioConfig, tty: true } };
  const image = { env: ["A=1", "B=2"], entrypoint: ["/entry"], cmd: ["never"], workingDir: "/srv" };
  const spec = whole(tty, { image, user: { uid: 5, gid: 6, additionalGids: [6, 7] } });
  expect(spec).toEqual({
    ...PLAIN,
    process: {
      ...PLAIN.process,
      terminal: true,
      user: { uid: 5, gid: 6, additionalGids: [6, 7] },
      args: ["/entry", "serve"],
      env: ["B=own", "HOSTNAME=web-host", "TERM=xterm", "C=3"],
      cwd: "/srv",
    },
    mounts: [
      ...mounts("ro").slice(0, 7),
      mount("/d", "bind", "/data", "rbind,rslave"),
      ...mounts("ro").slice(7),
    ],
  });
});
