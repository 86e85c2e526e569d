import { expect, test } from "bun:test";
import { faultError, validateDesired } from "../../../src/errors/invalid.ts";
import type { Hook, HostConfig } from "../../../src/model/container.ts";
import type { ContainerWish, HostConfigWish } from "../../../src/model/defaults.ts";
import { faultsOf, firstFault } from "../../../src/model/validate.ts";
import { IMAGE, wish } from "./builders.ts";

const host = (hostConfig: HostConfigWish): ContainerWish => ({ hostConfig });
const HOOK: Hook = { path: "/bin/hook", args: [], env: [], timeoutSeconds: 0, type: "Prestart" };
const port = (changes: Partial<HostConfig["portMappings"][number]>): ContainerWish =>
  host({
    portMappings: [{ protocol: "", hostIp: "", hostPort: 80, hostPortEnd: 0, containerPort: 80, ...changes }],
  });
const memory = (memory: string, memorySwap = "", memoryReservation = ""): ContainerWish =>
  host({ resources: { memory, memorySwap, memoryReservation } });
const policy = (type: string, maximumRetryCount = 0, retryTimeoutNanos = 0n): ContainerWish =>
  host({ restartPolicy: { type, maximumRetryCount, retryTimeoutNanos } });
const device = { pathOnHost: "/dev/a", pathInContainer: "/dev/b", cgroupPermissions: "rwm" };

const MODES = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];

const REFUSED: readonly (readonly [ContainerWish, string])[] = [
  [{ image: { name: "" } }, "the containers image configuration is invalid"],
  [{ name: "../x" }, "invalid container name format : ../x"],
  [
    { mounts: [{ source: "", destination: "/b", propagationMode: "" }] },
    "source and destination must be set for a mount point",
  ],
  [
    { mounts: [{ source: "/a", destination: "/b", propagationMode: "slaved" }] },
    "propagation mode must be set to one of the supported modes",
  ],
  [
    host({ privileged: true, devices: [device] }),
    "cannot create the container as privileged and with specified devices at the same time - choose one of the options",
  ],
  [
    host({ privileged: true, extraCapabilities: ["CAP_NET_ADMIN"] }),
    "cannot create the container as privileged and with extra capabilities at the same time - choose one of the options",
  ],
  [host({ networkMode: "none" }), "unsupported network mode none"],
  [
    { ...port({}), hostConfig: { ...port({}).hostConfig, networkMode: "host" } },
    "cannot use port mappings when in host network mode",
  ],
  [
    host({ networkMode: "host", extraHosts: ["a:host_ip_eth0"] }),
    "cannot use the host_ip reserved key or any of its modifications when in host network mode",
  ],
  [host({ extraHosts: ["a:b:c"] }), "host [a b c] is incorrectly defined"],
  [
    host({ devices: [{ ...device, pathOnHost: "", pathInContainer: "" }] }),
    "both path on the host and in the container must be specified for a device mapping",
  ],
  [
    host({ devices: [{ ...device, pathOnHost: "" }] }),
    "both path on the host and in the container must be specified for a device mapping",
  ],
  [
    host({ devices: [{ ...device, cgroupPermissions: "rwmr" }] }),
    "the cgroup permissions rwmr for device mapping /dev/a:/dev/b are invalid",
  ],
  [
    host({ devices: [{ ...device, cgroupPermissions: "rx" }] }),
    "the cgroup permissions rx for device mapping /dev/a:/dev/b are invalid",
  ],
  [host({ logConfig: { driver: { type: "syslog" } } }), "unsupported log driver configuration"],
  [host({ logConfig: { driver: { maxFiles: -1 } } }), "max log files cannot be < 1"],
  [host({ logConfig: { driver: { maxSize: "10" } } }), "invalid format of max logs size - 10"],
  [host({ logConfig: { mode: { mode: "fast" } } }), "unsupported log mode configuration"],
  [
    host({ logConfig: { mode: { mode: "non-blocking", maxBufferSize: "x" } } }),
    "invalid format of max buffer size - x",
  ],
  [
    host({ logConfig: { driver: { rootDir: "logs" } } }),
    "root dir for container log, logs should be an absolute path",
  ],
  [policy(""), "unsupported restart policy type "],
  [policy("sometimes"), "unsupported restart policy type sometimes"],
  [policy("on-failure", -1), "restart policy max retry count cannot be negative"],
  [policy("on-failure", 1, -1n), "restart policy retry timeout cannot be negative"],
  [policy("always", 3), "cannot use max retry count when the restart policy is always"],
  [memory("64"), "invalid format of memory - 64"],
  [memory("64m", "", "x"), "invalid format of memory reservation - x"],
  [memory("64m", "x"), "invalid format of swap memory - x"],
  [memory("2m"), "minimum memory allowed is 3M"],
  [memory("", "64m"), "swap memory - 64m, memory must be set as well"],
  [memory("64m", "32m"), "swap memory - 32m is less than memory - 64m"],
  [memory("64m", "", "65m"), "reservation memory - 65m must be lower than memory - 64m"],
  [{ config: { env: ["A=1", "1A=2"] } }, "invalid environmental variable declaration provided : 1A=2"],
  [{ id: "../escape" }, "invalid container id format : ../escape"],
  [host({ extraCapabilities: ["NET_ADMIN"] }), "unknown capability NET_ADMIN"],
  [{ hooks: [{ ...HOOK, type: "Unknown" }] }, "the type of the hook /bin/hook is not supported"],
  [{ hooks: [{ ...HOOK, path: "" }] }, "the path of a hook must be set"],
  [{ hooks: [{ ...HOOK, path: "bin/hook" }] }, "the path of the hook bin/hook must be absolute"],
  [{ hooks: [{ ...HOOK, timeoutSeconds: -1 }] }, "the timeout = -1 shouldn't be negative"],
  [port({ hostPort: 70080 }), "the host port 70080 is out of range"],
  [port({ containerPort: -80 }), "the container port -80 is out of range"],
  [port({ containerPort: 0 }), "the container port 0 is out of range"],
  [port({ hostPortEnd: 65_536 }), "the host port end 65536 is out of range"],
  [port({ hostPort: 80.5 }), "the host port 80.5 is out of range"],
  [port({ hostPort: 90, hostPortEnd: 80 }), "invalid port range: 90-80"],
  [port({ hostPort: 0, hostPortEnd: 80 }), "invalid port range: 0-80"],
  [port({ protocol: "icmp" }), "invalid transport protocol: icmp"],
  [{ config: { cmd: ["a\0b"] } }, "the text holds a NUL character"],
  [{ hostName: "h".repeat(65) }, "the host name has 65 bytes"],
];

test.each(REFUSED.map(([changes, text]) => [text, changes] as const))("refused: %s", (text, changes) => {
  expect(firstFault(wish(changes))?.message).toBe(text);
});

const ACCEPTED: readonly ContainerWish[] = [
  {},
  { id: "signal_broker", name: "signal_broker" },
  host({ privileged: true, devices: [], extraCapabilities: [] }),
  policy("always", 0, 5n),
  policy("on-failure", 0),
  memory("64m", "64m", "64m"),
  memory("64m", "-1"),
  memory("0m"),
  port({ hostPort: 0 }),
  port({ hostIp: "localhost", hostPort: 100, hostPortEnd: 200, protocol: "UDP" }),
  { config: { env: ["A", "A=", "vehicle_data_broker=debug", 'Q="x y"'] } },
  host({ extraHosts: ["broker:host_ip", "db:container_db-host", "v6:2001:db8::1"] }),
  host({ runtime: "io.containerd.kata.v2", extraCapabilities: ["CAP_BPF"] }),
  { name: "n".repeat(200) },
  { mounts: MODES.map((mode) => ({ source: "/a", destination: `/${mode}`, propagationMode: mode })) },
  host({ devices: ["r", "w", "m", "mwr"].map((cgroupPermissions) => ({ ...device, cgroupPermissions })) }),
  port({ protocol: "sctp", hostPort: 65_535, containerPort: 65_535 }),
  host({ logConfig: { driver: { maxFiles: 1, rootDir: "/logs" }, mode: { mode: "non-blocking" } } }),
  { hostName: "h".repeat(65), hostConfig: { networkMode: "host" } },
  {
    hooks: [
      { ...HOOK, timeoutSeconds: 0 },
      { ...HOOK, timeoutSeconds: 1 },
    ],
  },
  policy("no"),
  policy("unless-stopped", 0, 2n ** 63n - 1n),
];

test.each(ACCEPTED.map((changes, index) => [index, changes] as const))("accepted wish %d", (_, changes) => {
  expect(firstFault(wish(changes))).toBeUndefined();
});

/** Every text that ends up in a call of the kernel. */
const KERNEL_TEXTS: readonly (readonly [string, ContainerWish])[] = [
  ["image.name", { image: { name: "a\0" } }],
  ["hostName", { hostName: "a\0" }],
  ["domainName", { domainName: "a\0" }],
  ["mounts[0].source", { mounts: [{ source: "/\0", destination: "/a", propagationMode: "" }] }],
  ["mounts[0].destination", { mounts: [{ source: "/a", destination: "/\0", propagationMode: "" }] }],
  ["hostConfig.devices[0].pathOnHost", host({ devices: [{ ...device, pathOnHost: "/\0" }] })],
  ["hostConfig.devices[0].pathInContainer", host({ devices: [{ ...device, pathInContainer: "/\0" }] })],
  ["hooks[0].path", { hooks: [{ ...HOOK, path: "/\0" }] }],
  ["hooks[0].args[1]", { hooks: [{ ...HOOK, args: ["a", "\0"] }] }],
  ["hooks[0].env[0]", { hooks: [{ ...HOOK, env: ["\0"] }] }],
  ["config.env[0]", { config: { env: ["A=\0"] } }],
  ["config.cmd[1]", { config: { cmd: ["a", "\0"] } }],
  ["hostConfig.logConfig.driver.rootDir", host({ logConfig: { driver: { rootDir: "/\0" } } })],
  ["hostConfig.runtime", host({ runtime: "\0" })],
];

test.each(KERNEL_TEXTS)("a NUL is refused in %s", (path, changes) => {
  const faults = [...faultsOf(wish(changes))].filter((fault) => fault.message.includes("NUL"));
  expect(faults.map((fault) => fault.path)).toEqual([path]);
});

test("an impossible port is said once, with what would be possible", () => {
  const faults = [...faultsOf(wish(port({ hostPort: 70_000 })))];
  expect(faults).toEqual([
    {
      path: "hostConfig.portMappings[0].hostPort",
      message: "the host port 70000 is out of range",
      expected: "a whole number from 0 to 65535",
    },
  ]);
});

test("faults come in the peer's order, image before name before mounts before limits", () => {
  const bad = wish({
    name: "a/b",
    image: { name: "" },
    mounts: [{ source: "", destination: "", propagationMode: "" }],
    hostConfig: { networkMode: "none", resources: { memory: "x", memoryReservation: "", memorySwap: "" } },
    config: { env: ["="] },
  });
  expect([...faultsOf(bad)].map((fault) => fault.path)).toEqual([
    "image.name",
    "name",
    "mounts[0].source",
    "hostConfig.networkMode",
    "hostConfig.resources.memory",
    "config.env[0]",
  ]);
});

test("the first fault becomes an error with the peer's text, and says what would be right", () => {
  const error = validateDesired(wish({ name: "a/b", image: IMAGE }));
  expect(error?.code).toBe("SC_CONTAINER_INVALID");
  expect(error?.message).toBe("invalid container name format : a/b");
  expect(error?.hint).toContain("[a-zA-Z0-9_]");
  expect(validateDesired(wish())).toBeUndefined();
  expect(faultError({ path: "x", message: "m", expected: "" }).hint).toBe("");
});

test("a megabyte of name is refused quickly and not repeated in the message", () => {
  const message = firstFault(wish({ name: "a/".repeat(500_000) }))?.message ?? "";
  expect(message.length).toBeLessThan(400);
});

test("a hostile host entry does not make the patterns slow", () => {
  const started = performance.now();
  firstFault(wish(host({ networkMode: "host", extraHosts: [`${"a:host_ip_".repeat(100_000)}\n`] })));
  expect(performance.now() - started).toBeLessThan(1000);
});
