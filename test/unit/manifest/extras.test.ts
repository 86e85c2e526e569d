import { expect, test } from "bun:test";
import { describeNote } from "../../../src/manifest/note.ts";
import { readManifest } from "../../../src/manifest/read.ts";
import type { Extras } from "../../../src/model/extras.ts";

const NAMED = { container_name: "web", image: { name: "localhost:5000/demo/web:1.0" } };
const INTERNAL = {
  id: "",
  name: "web",
  image: { name: "localhost:5000/demo/web:1.0" },
  host_name: "",
  domain_name: "",
  resolv_conf_path: "",
  hosts_path: "",
  hostname_path: "",
  hooks: [],
  created: "",
  manually_stopped: false,
  restart_count: 0,
};
const MOUNTS = [
  { source: "/srv/a", destination: "/a", read_only: true },
  { source: "/srv/b", destination: "/b", read_only: false },
];
const OURS = {
  config: { entrypoint: ["/bin/app", "-v"], user: "app:100", working_dir: "/srv" },
  host_config: {
    read_only_rootfs: true,
    no_new_privileges: false,
    sysctls: { "net.core.somaxconn": 512, "kernel.msgmax": "65536" },
    ulimits: { nofile: 4096, core: { soft: 0, hard: -1 }, nproc: { soft: 100 } },
    seccomp_profile: "/etc/profile.json",
    apparmor_profile: "web",
    resources: { cpus: 1.5, pids_limit: 64 },
  },
  labels: { "org.example/team": "drive", count: 3 },
  healthcheck: {
    http: { port: 8080 },
    interval: "1m30s",
    timeout: 2.5,
    retries: 5,
    start_period: "10s",
    on_unhealthy: "restart",
  },
};
const EXPECTED: Extras = {
  readOnlyRoot: true,
  readOnlyMounts: ["/a"],
  user: "app:100",
  workingDir: "/srv",
  entrypoint: ["/bin/app", "-v"],
  cpus: 1.5,
  pidsLimit: 64,
  sysctls: { "kernel.msgmax": "65536", "net.core.somaxconn": "512" },
  ulimits: [
    { name: "core", soft: 0, hard: -1 },
    { name: "nofile", soft: 4096, hard: 4096 },
    { name: "nproc", soft: 100, hard: 100 },
  ],
  seccompProfile: "/etc/profile.json",
  apparmorProfile: "web",
  noNewPrivileges: false,
  labels: { count: "3", "org.example/team": "drive" },
  pullPolicy: "newer",
  healthcheck: {
    probe: { kind: "http", port: 8080, path: "/" },
    intervalMs: 90_000,
    timeoutMs: 2500,
    retries: 5,
    startPeriodMs: 10_000,
    onUnhealthy: "restart",
  },
};

function read(value: unknown) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return readManifest(text, { file: "web.json", source: "folder", isStrict: true });
}

function extrasOf(value: unknown): Extras | undefined {
  const result = read(value);
  if (!result.ok) throw new Error(result.problems.map(describeNote).join("\n"));
  expect(result.warnings).toEqual([]);
  return result.manifest.desired.extras;
}

function problems(changes: object): readonly string[] {
  const result = read({ ...NAMED, ...changes });
  return result.ok ? [] : result.problems.map((note) => `${note.key}: ${note.message}`);
}

test("both forms of a manifest carry extras at the same keys", () => {
  const image = { ...NAMED.image, pull_policy: "newer" };
  expect(extrasOf({ ...NAMED, ...OURS, image, mount_points: MOUNTS })).toEqual(EXPECTED);
  expect(extrasOf({ ...INTERNAL, ...OURS, image, mounts: MOUNTS })).toEqual(EXPECTED);
});

test("a manifest without extras, or with what is the default anyway, has none", () => {
  expect(extrasOf(NAMED)).toBeUndefined();
  const host_config = { read_only_rootfs: false, no_new_privileges: true, resources: { pids_limit: -1 } };
  expect(extrasOf({ ...NAMED, host_config, labels: {} })).toBeUndefined();
});

test("a config of ours alone is no config of Kanto's, beside Kanto's keys both count", () => {
  const ours = read({ ...NAMED, config: { user: "app" } });
  expect(ours.ok && ours.manifest.desired.config).toBeUndefined();
  const all = read({ ...NAMED, config: { user: "app", cmd: ["x"] } });
  expect(all.ok && all.manifest.desired.config).toEqual({ env: [], cmd: ["x"] });
  expect(all.ok && all.manifest.desired.extras).toEqual({ user: "app" });
});

test("probes run in the container or ask for a port, and figures that are left out are docker's", () => {
  const check = (healthcheck: object) => extrasOf({ ...NAMED, healthcheck })?.healthcheck;
  expect(check({ exec: ["/bin/true"] })).toEqual({
    probe: { kind: "exec", command: ["/bin/true"] },
    intervalMs: 30_000,
    timeoutMs: 30_000,
    retries: 3,
    startPeriodMs: 0,
    onUnhealthy: "none",
  });
  expect(check({ tcp: { port: 80 } })?.probe).toEqual({ kind: "tcp", port: 80 });
});

const WRONG: readonly (readonly [object, readonly string[]])[] = [
  [{ config: { user: 5 } }, ["config.user: text expected, number found"]],
  [{ config: { user: "a b" } }, ['config.user: "a b" is no user']],
  [{ config: { working_dir: "srv" } }, ['config.working_dir: the working directory "srv" is not absolute']],
  [{ image: { name: "x", pull_policy: "odd" } }, ["image.pull_policy: unknown pull policy odd"]],
  [
    { host_config: { resources: { cpus: "1" } } },
    ["host_config.resources.cpus: number expected, text found"],
  ],
  [
    { host_config: { resources: { cpus: 0.001 } } },
    ["host_config.resources.cpus: 0.001 CPUs cannot be given"],
  ],
  [
    { host_config: { resources: { pids_limit: 0.5 } } },
    ['host_config.resources.pids_limit: "0.5" is no whole number'],
  ],
  [
    { host_config: { sysctls: { "kernel.panic": 1 } } },
    ["host_config.sysctls.kernel.panic: the setting kernel.panic is not a container's own"],
  ],
  [{ host_config: { sysctls: { "net.x": [] } } }, ["host_config.sysctls.net.x: text expected, list found"]],
  [{ host_config: { ulimits: { files: 5 } } }, ["host_config.ulimits.files: unknown limit files"]],
  [
    { host_config: { ulimits: { nofile: { hard: 5 } } } },
    ["host_config.ulimits.nofile.soft: required, but missing"],
  ],
  [
    { host_config: { ulimits: { nofile: { soft: 9, hard: 5 } } } },
    ["host_config.ulimits.nofile: the soft limit nofile 9 is above the hard one 5"],
  ],
  [{ host_config: { seccomp_profile: "odd" } }, ["host_config.seccomp_profile: unknown seccomp profile odd"]],
  [{ labels: ["a"] }, ["labels: object of texts expected, list found"]],
  [{ healthcheck: {} }, ["healthcheck: one probe expected"]],
  [{ healthcheck: { exec: ["x"], tcp: { port: 1 } } }, ["healthcheck: one probe expected"]],
  [{ healthcheck: { tcp: {} } }, ["healthcheck.tcp.port: required, but missing"]],
  [{ healthcheck: { exec: ["x"], interval: "soon" } }, ['healthcheck.interval: "soon" is no duration']],
  [
    { healthcheck: { exec: ["x"], interval: 0 } },
    ["healthcheck.interval: a duration of 0 ms is out of range"],
  ],
  [
    { healthcheck: { exec: ["x"], on_unhealthy: "odd" } },
    ["healthcheck.on_unhealthy: unknown answer to an unhealthy container odd"],
  ],
];

test.each(WRONG)("what is wrong is named by its key: %j", (changes, expected) => {
  expect(problems(changes)).toEqual(expected);
});

test("a mistake has its line and column", () => {
  const result = read('{"container_name":"web","image":{"name":"x"},\n "config": {\n  "user": "a b"}}');
  expect(result.ok ? [] : result.problems.map(describeNote)).toEqual([
    'web.json:3:11: config.user: "a b" is no user (expected: user, user:group, uid or uid:gid, numbers up to 2147483647)',
  ]);
});
