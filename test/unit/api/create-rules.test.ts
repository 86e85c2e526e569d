/** Every rule of spec/grpc-api.md §6 and §7 at the real API, in the peer's words. */

import { beforeAll, describe, expect, test } from "bun:test";
import type { Container as WireContainer } from "../../../src/api/gen/api/types/containers/container.ts";
import type { HostConfig as WireHostConfig } from "../../../src/api/gen/api/types/containers/host_config.ts";
import { Status } from "../../../src/grpc/grpc-error.ts";
import { OLD_IMAGE } from "../manager/support/device.ts";
import { ApiBench, bareWire, wire } from "./support/api-bench.ts";

let api: ApiBench;
beforeAll(async () => {
  api = await ApiBench.open();
});

type Changes = Partial<WireContainer>;

function host(changes: Partial<WireHostConfig>): Changes {
  const { hostConfig } = wire();
  if (hostConfig === undefined) throw new Error("no host config");
  return { hostConfig: { ...hostConfig, ...changes } };
}

const driver = (changes: object): Changes =>
  host({
    logConfig: {
      driverConfig: { type: "json-file", maxFiles: 2n, maxSize: "1M", rootDir: "", ...changes },
      modeConfig: undefined,
    },
  });
const mode = (text: string, maxBufferSize = ""): Changes =>
  host({ logConfig: { driverConfig: undefined, modeConfig: { mode: text, maxBufferSize } } });
const policy = (type: string, maximumRetryCount = 0n, retryTimeout = 0n): Changes =>
  host({ restartPolicy: { type, maximumRetryCount, retryTimeout } });
const limits = (memory: string, memorySwap = "", memoryReservation = ""): Changes =>
  host({ resources: { memory, memorySwap, memoryReservation } });
const port = (changes: object): Changes =>
  host({
    portMappings: [
      { protocol: "", hostIp: "", hostPort: 80n, hostPortEnd: 0n, containerPort: 80n, ...changes },
    ],
  });
const device = { pathOnHost: "/dev/a", pathInContainer: "/dev/b", cgroupPermissions: "r" };
const mount = (changes: object): Changes => ({
  mounts: [{ source: "/a", destination: "/b", propagationMode: "rprivate", ...changes }],
});
const env = (...texts: string[]): Changes => ({ config: { env: texts, cmd: [] } });

const PRIVILEGED = "cannot create the container as privileged and with";
const CHOOSE = "at the same time - choose one of the options";
const HOST_IP = "cannot use the host_ip reserved key or any of its modifications when in host network mode";

/** In the order of §7; texts as they stand there. */
const REFUSED: readonly (readonly [Changes, string])[] = [
  [{ image: undefined }, "the containers image configuration is invalid"],
  [{ image: { name: "", decryptConfig: undefined } }, "the containers image configuration is invalid"],
  ...["-a", ".a", "a b", "ä", "a/b", "../x", "a\n"].map(
    (name) => [{ name }, `invalid container name format : ${name}`] as const,
  ),
  [mount({ source: "" }), "source and destination must be set for a mount point"],
  [mount({ destination: "" }), "source and destination must be set for a mount point"],
  [mount({ propagationMode: "slaved" }), "propagation mode must be set to one of the supported modes"],
  [mount({ propagationMode: "RPRIVATE" }), "propagation mode must be set to one of the supported modes"],
  [host({ privileged: true, devices: [device] }), `${PRIVILEGED} specified devices ${CHOOSE}`],
  [host({ privileged: true, extraCapabilities: ["CAP_KILL"] }), `${PRIVILEGED} extra capabilities ${CHOOSE}`],
  [host({ networkMode: "none" }), "unsupported network mode none"],
  [host({ networkMode: "BRIDGE" }), "unsupported network mode BRIDGE"],
  [
    { hostConfig: { ...(port({}).hostConfig as WireHostConfig), networkMode: "host" } },
    "cannot use port mappings when in host network mode",
  ],
  [host({ networkMode: "host", extraHosts: ["a:host_ip"] }), HOST_IP],
  [host({ networkMode: "host", extraHosts: ["a:host_ip_eth0"] }), HOST_IP],
  // The peer finds these only at start (§22.17).
  [host({ extraHosts: ["a:b:c"] }), "host [a b c] is incorrectly defined"],
  [host({ extraHosts: ["a"] }), "host [a] is incorrectly defined"],
  [
    host({ devices: [{ ...device, pathOnHost: "", pathInContainer: "" }] }),
    "both path on the host and in the container must be specified for a device mapping",
  ],
  [
    host({ devices: [{ ...device, cgroupPermissions: "x" }] }),
    "the cgroup permissions x for device mapping /dev/a:/dev/b are invalid",
  ],
  [driver({ type: "syslog" }), "unsupported log driver configuration"],
  [driver({ type: "JSON-FILE" }), "unsupported log driver configuration"],
  [driver({ maxFiles: -1n }), "max log files cannot be < 1"],
  ...["10", "10MB", "10MiB", "-1M", "1.2.3M", "M", "10  M", "1,5M"].map(
    (maxSize) => [driver({ maxSize }), `invalid format of max logs size - ${maxSize}`] as const,
  ),
  [mode("fast"), "unsupported log mode configuration"],
  [mode("non-blocking", "64"), "invalid format of max buffer size - 64"],
  [driver({ rootDir: "logs" }), "root dir for container log, logs should be an absolute path"],
  [policy(""), "unsupported restart policy type "],
  [policy("Always"), "unsupported restart policy type Always"],
  [policy("on-failure", -1n), "restart policy max retry count cannot be negative"],
  [policy("on-failure", 0n, -1n), "restart policy retry timeout cannot be negative"],
  ...["no", "always", "unless-stopped"].map(
    (type) => [policy(type, 1n), `cannot use max retry count when the restart policy is ${type}`] as const,
  ),
  [limits("64"), "invalid format of memory - 64"],
  [limits("64mb"), "invalid format of memory - 64mb"],
  [limits("64m", "", "5"), "invalid format of memory reservation - 5"],
  [limits("64m", "-2"), "invalid format of swap memory - -2"],
  [limits("3071k"), "minimum memory allowed is 3M"],
  [limits("1k"), "minimum memory allowed is 3M"],
  [limits("", "64m"), "swap memory - 64m, memory must be set as well"],
  [limits("64m", "63m"), "swap memory - 63m is less than memory - 64m"],
  [limits("64m", "", "65m"), "reservation memory - 65m must be lower than memory - 64m"],
  ...["1A", "A-B=1", "=1", "", "A\n", "A=1\n2"].map(
    (text) => [env("OK=1", text), `invalid environmental variable declaration provided : ${text}`] as const,
  ),
];

describe("Create refuses", () => {
  test.each(REFUSED.map(([changes, text], index) => [index, text, changes] as const))(
    "%d: %s",
    async (_, text, changes) => {
      const refusal = await api.refusal((client, service) =>
        client.unary(service, "create", { container: bareWire(changes) }),
      );
      expect(refusal).toMatchObject({ status: Status.UNKNOWN, text, code: "SC_CONTAINER_INVALID" });
      expect(await api.list()).toEqual([]);
    },
  );

  test("a message without a container, which crashes the peer", async () => {
    const refusal = await api.refusal((client, service) =>
      client.unary(service, "create", { container: undefined }),
    );
    expect(refusal.text).toBe("the containers image configuration is invalid");
  });

  /** Not the peer's: it cuts, ignores or fails later; each is refused with words of the same kind. */
  const OUT_OF_RANGE: readonly (readonly [Changes, string])[] = [
    [port({ hostPort: 70_000n }), "the host port 70000 is out of range"],
    [port({ hostPort: -1n }), "the host port -1 is out of range"],
    [port({ containerPort: 65_536n }), "the container port 65536 is out of range"],
    [port({ hostPortEnd: 2n ** 62n }), "out of range"],
    [port({ hostPort: 90n, hostPortEnd: 80n }), "invalid port range: 90-80"],
    [port({ protocol: "icmp" }), "invalid transport protocol: icmp"],
    [policy("on-failure", 2n ** 63n - 1n), "restart policy max retry count is out of range"],
    [policy("always", 0n, 2n ** 63n - 1n), "restart policy retry timeout is out of range"],
    [policy("always", 0n, -(2n ** 63n)), "restart policy retry timeout is out of range"],
    [driver({ maxFiles: 2n ** 62n }), "max log files is out of range"],
    [limits("99999999999999g"), "invalid format of memory - 99999999999999g"],
    [host({ extraCapabilities: ["NET_ADMIN"] }), "unknown capability NET_ADMIN"],
    [
      { hooks: [{ path: "/bin/true", args: [], env: [], timeout: 0, type: "prestart" }] },
      "the type of the hook /bin/true is not supported",
    ],
    [{ id: "../escape" }, "invalid container id format : ../escape"],
    [{ id: "a/b" }, "invalid container id format : a/b"],
    [{ id: "." }, "invalid container id format : ."],
    [{ id: ".." }, "invalid container id format : .."],
    [{ id: "a".repeat(77) }, `invalid container id format : ${"a".repeat(77)}`],
    [{ config: { env: [], cmd: ["a\0b"] } }, "the text holds a NUL character"],
  ];
  test.each(OUT_OF_RANGE.map(([changes, text], index) => [index, text, changes] as const))(
    "ours %d: %s",
    async (_, text, changes) => {
      const refusal = await api.refusal((client, service) =>
        client.unary(service, "create", { container: bareWire(changes) }),
      );
      expect(refusal).toMatchObject({ status: Status.UNKNOWN, code: "SC_CONTAINER_INVALID" });
      expect(refusal.text).toContain(text);
    },
  );

  test("texts of a megabyte, briefly, and goes on answering", async () => {
    const long = "x/".repeat(500_000);
    const wishes: Changes[] = [
      { id: long },
      { name: long },
      host({ networkMode: long }),
      host({ extraHosts: [long] }),
      host({ extraCapabilities: [long] }),
      limits(long),
      policy(long),
      driver({ type: long }),
      driver({ maxSize: long }),
      mount({ propagationMode: long }),
      env(long),
    ];
    for (const changes of wishes) {
      const refusal = await api.refusal((client, service) =>
        client.unary(service, "create", { container: bareWire(changes) }),
      );
      expect(refusal.status).toBe(Status.UNKNOWN);
      expect(refusal.text.length + refusal.hint.length).toBeLessThan(1000);
    }
    expect(await api.list()).toEqual([]);
  });
});

describe("order: the first failure wins", () => {
  const all: Changes = {
    image: { name: "", decryptConfig: undefined },
    name: "a b",
    ...mount({ source: "" }),
    ...host({
      privileged: true,
      devices: [device],
      networkMode: "none",
      logConfig: {
        driverConfig: { type: "x", maxFiles: 0n, maxSize: "", rootDir: "" },
        modeConfig: undefined,
      },
      restartPolicy: { type: "x", maximumRetryCount: 0n, retryTimeout: 0n },
      resources: { memory: "x", memorySwap: "", memoryReservation: "" },
    }),
    ...env("="),
  };
  /** Each mends what the one before was refused for. */
  const mending: readonly (readonly [Changes, string])[] = [
    [{}, "the containers image configuration is invalid"],
    [{ image: { name: OLD_IMAGE, decryptConfig: undefined } }, "invalid container name format : a b"],
    [{ name: "a" }, "source and destination must be set for a mount point"],
    [{ mounts: [] }, `${PRIVILEGED} specified devices ${CHOOSE}`],
  ];
  test("image, name, mounts, host configuration", async () => {
    let changes = all;
    for (const [mended, text] of mending) {
      changes = { ...changes, ...mended };
      const refusal = await api.refusal((client, service) =>
        client.unary(service, "create", { container: bareWire(changes) }),
      );
      expect(refusal.text).toBe(text);
    }
  });

  test("privileged, networking, devices, log, restart policy, resources, environment", async () => {
    const bad = all.hostConfig as WireHostConfig;
    const broken = { ...bad, privileged: false, devices: [{ ...device, cgroupPermissions: "x" }] };
    const steps: readonly (readonly [Partial<WireHostConfig>, string])[] = [
      [{}, "unsupported network mode none"],
      [{ networkMode: "" }, "the cgroup permissions x for device mapping /dev/a:/dev/b are invalid"],
      [{ devices: [] }, "unsupported log driver configuration"],
      [{ logConfig: undefined }, "unsupported restart policy type x"],
      [{ restartPolicy: undefined }, "invalid format of memory - x"],
      [{ resources: undefined }, "invalid environmental variable declaration provided : ="],
    ];
    let hostConfig: WireHostConfig = broken;
    for (const [mended, text] of steps) {
      hostConfig = { ...hostConfig, ...mended };
      const container = bareWire({ hostConfig, config: { env: ["="], cmd: [] } });
      const refusal = await api.refusal((client, service) => client.unary(service, "create", { container }));
      expect(refusal.text).toBe(text);
    }
  });

  test("a duplicate id comes before everything else", async () => {
    await api.create(bareWire({ id: "twice" }));
    const container = bareWire({ id: "twice", name: "a b", image: { name: "", decryptConfig: undefined } });
    const refusal = await api.refusal((client, service) => client.unary(service, "create", { container }));
    expect(refusal).toMatchObject({
      status: Status.UNKNOWN,
      text: "container with id = twice already exists",
      code: "SC_CONTAINER_EXISTS",
    });
    await api.call((client, service) =>
      client.unary(service, "remove", { id: "twice", force: false, stopOptions: undefined }),
    );
  });
});

describe("Create fills in (§6)", () => {
  test("everything that a bare message leaves out", async () => {
    const made = await api.create(bareWire());
    expect(made.id).toMatch(/^new-\d+$/);
    expect(made).toMatchObject({
      name: made.id,
      hostName: `${made.id}-host`,
      domainName: `${made.id}-domain`,
      image: { name: OLD_IMAGE },
      hostConfig: {
        networkMode: "bridge",
        privileged: false,
        runtime: "io.containerd.runc.v2",
        restartPolicy: { type: "unless-stopped", maximumRetryCount: 0n, retryTimeout: 0n },
        logConfig: {
          driverConfig: { type: "json-file", maxFiles: 2n, maxSize: "100M", rootDir: "" },
          modeConfig: { mode: "blocking", maxBufferSize: "" },
        },
      },
      ioConfig: { tty: false, openStdin: false },
      state: { status: "Created", pid: -1n, exitCode: 0n, running: false, exited: false, dead: false },
      manuallyStopped: false,
      restartCount: 0n,
    });
    expect(made.hostConfig?.resources).toBeUndefined();
    expect(made.networkSettings).toBeUndefined();
    expect(made.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(await api.get(made.id)).toEqual(made);
  });

  test("log drivers, ports, devices, mounts and policy in part", async () => {
    const half = { protocol: "", hostIp: "", hostPort: 8080n, hostPortEnd: 0n, containerPort: 80n };
    const { hostConfig, mounts } = await api.create(
      bareWire({
        ...host({
          portMappings: [half],
          devices: [{ pathOnHost: "/dev/null", pathInContainer: "", cgroupPermissions: "" }],
          logConfig: {
            driverConfig: { type: "none", maxFiles: 7n, maxSize: "1M", rootDir: "" },
            modeConfig: { mode: "non-blocking", maxBufferSize: "" },
          },
          networkMode: "",
          runtime: "",
        }),
        mounts: [{ source: "/a", destination: "/b", propagationMode: "" }],
      }),
    );
    expect(mounts).toEqual([{ source: "/a", destination: "/b", propagationMode: "rprivate" }]);
    expect(hostConfig).toMatchObject({
      networkMode: "bridge",
      runtime: "io.containerd.runc.v2",
      portMappings: [{ ...half, protocol: "tcp", hostIp: "0.0.0.0", hostPortEnd: 8080n }],
      devices: [{ pathOnHost: "/dev/null", pathInContainer: "/dev/null", cgroupPermissions: "rwm" }],
      logConfig: {
        driverConfig: { type: "none", maxFiles: 0n, maxSize: "" },
        modeConfig: { mode: "non-blocking", maxBufferSize: "1M" },
      },
    });
  });

  test.each([
    ["200m", "", "400m"],
    ["1.2g", "", "2.4g"],
    ["64M", "-1", ""],
    ["64M", "64M", "64M"],
    ["3M", "", "6M"],
  ])("memory %s with swap %s is stored with swap %s", async (memory, memorySwap, stored) => {
    const made = await api.create(bareWire(limits(memory, memorySwap)));
    expect(made.hostConfig?.resources).toEqual({ memory, memorySwap: stored, memoryReservation: "" });
  });

  test("what a client says of paths, network, state and counts is not taken over", async () => {
    const made = await api.create(
      bareWire({
        resolvConfPath: "/etc/shadow",
        hostsPath: "/etc/shadow",
        hostnamePath: "/etc/shadow",
        manuallyStopped: true,
        restartCount: 9n,
        created: "yesterday",
        networkSettings: { networks: {}, sandboxId: "x", sandboxKey: "x", networkControllerId: "x" },
      }),
    );
    expect(JSON.stringify([made.resolvConfPath, made.hostsPath, made.hostnamePath])).not.toContain("shadow");
    expect(made).toMatchObject({ manuallyStopped: false, restartCount: 0n, networkSettings: undefined });
    expect(made.created).not.toBe("yesterday");
  });

  test("two containers of one name are two", async () => {
    const [one, two] = [
      await api.create(bareWire({ name: "same" })),
      await api.create(bareWire({ name: "same" })),
    ];
    expect(one.id).not.toBe(two.id);
  });
});
