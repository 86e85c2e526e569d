import { expect, test } from "bun:test";
import { compareAsPeer, compareWhole } from "../../../src/model/compare.ts";
import { fillDefaults, toWish, withDefaults } from "../../../src/model/defaults.ts";
import type { Extras, Healthcheck, PullPolicy } from "../../../src/model/extras.ts";
import { EXTRAS_PATHS, HEALTH_DEFAULTS, tidyExtras } from "../../../src/model/extras-rules.ts";
import { faultsOf } from "../../../src/model/validate.ts";
import { containerOf, wish } from "./builders.ts";

const CHECK: Healthcheck = { ...HEALTH_DEFAULTS, probe: { kind: "tcp", port: 80 } };
const FULL: Extras = {
  readOnlyRoot: true,
  readOnlyMounts: ["/data"],
  user: "app:100",
  workingDir: "/srv",
  entrypoint: [],
  cpus: 1.5,
  pidsLimit: 64,
  sysctls: { "net.core.somaxconn": "512" },
  ulimits: [{ name: "nofile", soft: 2048, hard: 4096 }],
  seccompProfile: "default",
  apparmorProfile: "unconfined",
  noNewPrivileges: false,
  labels: { "org.example/team": "drive" },
  pullPolicy: "newer",
  healthcheck: CHECK,
};
const MOUNTS = [{ source: "/srv/data", destination: "/data", propagationMode: "" }];

const faults = (extras: Extras, changes: Parameters<typeof wish>[0] = {}) =>
  [...faultsOf(wish({ mounts: MOUNTS, ...changes, extras }))].map((fault) => fault.path);

test("extras that say only the default are no extras", () => {
  const nothing: Extras = {
    readOnlyRoot: false,
    readOnlyMounts: [],
    user: "",
    workingDir: "",
    cpus: 0,
    pidsLimit: -1,
    sysctls: {},
    ulimits: [],
    seccompProfile: "",
    apparmorProfile: "",
    noNewPrivileges: true,
    labels: {},
    pullPolicy: "missing",
  };
  expect(tidyExtras(nothing)).toBeUndefined();
  expect("extras" in fillDefaults({ image: { name: "x" }, extras: nothing })).toBe(false);
});

test("extras are kept by defaults, creation and the wish made of a container, and are the same when filled twice", () => {
  const filled = fillDefaults(wish({ mounts: MOUNTS, extras: FULL }));
  expect(filled.extras).toEqual(FULL);
  expect(fillDefaults(filled)).toEqual(filled);
  expect(withDefaults(filled, () => "x").extras).toEqual(FULL);
  expect(toWish(filled).extras).toEqual(FULL);
});

test("the order of labels, settings and limits and the spelling of limits make no difference", () => {
  const one = tidyExtras({
    labels: { b: "2", a: "1" },
    ulimits: [
      { name: "RLIMIT_NPROC", soft: 1, hard: 1 },
      { name: "core", soft: 0, hard: 0 },
    ],
  });
  const other = tidyExtras({
    labels: { a: "1", b: "2" },
    ulimits: [
      { name: "core", soft: 0, hard: 0 },
      { name: "nproc", soft: 1, hard: 1 },
    ],
  });
  expect(JSON.stringify(one)).toBe(JSON.stringify(other));
});

test("all extras together are accepted", () => {
  expect(faults(FULL)).toEqual([]);
});

const REFUSED: readonly (readonly [extras: Extras, path: string])[] = [
  [{ readOnlyMounts: ["/else"] }, "mounts"],
  [{ user: "a b" }, "config.user"],
  [{ user: "a:b:c" }, "config.user"],
  [{ user: "4294967296" }, "config.user"],
  [{ workingDir: "srv" }, "config.workingDir"],
  [{ entrypoint: [""] }, "config.entrypoint[0]"],
  [{ entrypoint: ["/bin/x", "a\0"] }, "config.entrypoint[1]"],
  [{ cpus: 0.001 }, "hostConfig.resources.cpus"],
  [{ cpus: Number.NaN }, "hostConfig.resources.cpus"],
  [{ cpus: -1 }, "hostConfig.resources.cpus"],
  [{ pidsLimit: 1.5 }, "hostConfig.resources.pidsLimit"],
  [{ pidsLimit: -2 }, "hostConfig.resources.pidsLimit"],
  [{ sysctls: { "kernel.panic": "1" } }, "hostConfig.sysctls.kernel.panic"],
  [{ sysctls: { "net.ipv4.../x": "1" } }, "hostConfig.sysctls.net.ipv4.../x"],
  [{ sysctls: { "net.core.somaxconn": "1\n2" } }, "hostConfig.sysctls.net.core.somaxconn"],
  [{ ulimits: [{ name: "files", soft: 1, hard: 1 }] }, "hostConfig.ulimits.files"],
  [{ ulimits: [{ name: "nofile", soft: 2, hard: 1 }] }, "hostConfig.ulimits.nofile"],
  [{ ulimits: [{ name: "nofile", soft: -1, hard: 1 }] }, "hostConfig.ulimits.nofile"],
  [{ ulimits: [{ name: "nofile", soft: 0.5, hard: 1 }] }, "hostConfig.ulimits.nofile"],
  [{ seccompProfile: "strict" }, "hostConfig.seccompProfile"],
  [{ seccompProfile: "../profile.json" }, "hostConfig.seccompProfile"],
  [{ apparmorProfile: "two words" }, "hostConfig.apparmorProfile"],
  [{ labels: { "a b": "1" } }, "labels.a b"],
  [{ labels: { a: "1".repeat(5000) } }, "labels.a"],
  [{ pullPolicy: "sometimes" as PullPolicy }, "image.pullPolicy"],
  [{ healthcheck: { ...CHECK, probe: { kind: "exec", command: [] } } }, "healthcheck.exec"],
  [{ healthcheck: { ...CHECK, probe: { kind: "tcp", port: 0 } } }, "healthcheck.tcp.port"],
  [{ healthcheck: { ...CHECK, probe: { kind: "http", port: 80, path: "x y" } } }, "healthcheck.http.path"],
  [{ healthcheck: { ...CHECK, intervalMs: 0 } }, "healthcheck.interval"],
  [{ healthcheck: { ...CHECK, timeoutMs: 1e12 } }, "healthcheck.timeout"],
  [{ healthcheck: { ...CHECK, startPeriodMs: -1 } }, "healthcheck.startPeriod"],
  [{ healthcheck: { ...CHECK, retries: 0 } }, "healthcheck.retries"],
];

test.each(REFUSED)("refused at its key: %j", (extras, path) => {
  expect(faults(extras)).toEqual([path]);
});

test("network settings need a network of the container's own, profiles one that is not privileged", () => {
  expect(faults({ sysctls: { "net.core.somaxconn": "1" } }, { hostConfig: { networkMode: "host" } })).toEqual(
    ["hostConfig.sysctls.net.core.somaxconn"],
  );
  const profiles: Extras = { seccompProfile: "default", apparmorProfile: "web" };
  expect(faults(profiles, { hostConfig: { privileged: true } })).toEqual([
    "hostConfig.seccompProfile",
    "hostConfig.apparmorProfile",
  ]);
  const none: Extras = { seccompProfile: "unconfined", apparmorProfile: "unconfined" };
  expect(faults(none, { hostConfig: { privileged: true } })).toEqual([]);
});

test("a difference in any extra is named by its key", () => {
  for (const [key, path] of Object.entries(EXTRAS_PATHS)) {
    const one = { mounts: MOUNTS, extras: { [key]: FULL[key as keyof Extras] } };
    const plain = { mounts: MOUNTS };
    expect(compareWhole(wish(one), containerOf(plain)).differences).toEqual([path]);
    expect(compareWhole(wish(plain), containerOf(one)).differences).toEqual([path]);
    expect(compareWhole(wish(one), containerOf(one)).verdict).toBe("same");
  }
});

test("a desired state, which cannot say anything about extras, leaves a container with some as it is", () => {
  const present = containerOf({ mounts: MOUNTS, extras: FULL });
  expect(compareAsPeer(wish({ mounts: MOUNTS }), present).verdict).toBe("same");
  const other = { ...FULL, user: "other" };
  expect(compareAsPeer(wish({ mounts: MOUNTS, extras: other }), present).differences).toEqual([
    "config.user",
  ]);
});
