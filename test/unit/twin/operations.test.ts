/** Operations of the features and their words (spec/digital-twin.md §5). */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { dependencyKey, dependencyOf } from "../../../src/twin/dependencies.ts";
import type { Envelope } from "../../integration/support/cloud.ts";
import { Scene } from "./scene.ts";

const IMAGE = "registry.example/app:1";
let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
  await scene.respond();
});

afterAll(async () => {
  await scene.end();
});

async function ask(feature: string, operation: string, value?: unknown): Promise<Envelope> {
  const reply = await scene.ask(feature, operation, value);
  scene.broker.published.length = 0;
  return reply;
}

function create(config: object | undefined, more: object = {}): Promise<Envelope> {
  return ask("ContainerFactory", "createWithConfig", { imageRef: IMAGE, config, ...more });
}

/** Makes a container; what the cloud is told of it. */
async function made(config: object | undefined, more: object = {}) {
  const reply = await scene.ask("ContainerFactory", "createWithConfig", { imageRef: IMAGE, config, ...more });
  expect([config, reply.status, reply.value]).toEqual([config, 200, expect.any(String)]);
  const id = String(reply.value);
  const whole = scene.take().find(({ body }) => body.path === `/features/Container:${id}`);
  const { properties } = (whole?.body.value ?? { properties: { status: {} } }) as {
    properties: { status: { config: object; name: string } };
  };
  return { id, ...properties.status };
}

const ON_FAILURE = { type: "ON_FAILURE", maxRetryCount: 3 };

test("a container with everything comes back as it was asked for", async () => {
  const config = {
    domainName: "d",
    hostName: "h",
    env: ["A=1", "B"],
    cmd: ["runs", "x"],
    devices: [{ pathOnHost: "/dev/null", pathInContainer: "/dev/n", cgroupPermissions: "rw" }],
    extraCapabilities: ["CAP_NET_ADMIN"],
    extraHosts: ["a:host_ip"],
    mountPoints: [{ source: "/tmp", destination: "/t", propagationMode: "RSHARED" }],
    portMappings: [
      { proto: "udp", hostPort: 5000, hostPortEnd: 5010, containerPort: 50, hostIP: "127.0.0.1" },
    ],
    networkMode: "BRIDGE",
    openStdin: true,
    tty: true,
    restartPolicy: { ...ON_FAILURE, retryTimeout: 7 },
    log: { type: "JSON_FILE", maxFiles: 3, maxSize: "5M", mode: "NON_BLOCKING", maxBufferSize: "2M" },
    resources: { memory: "64m", memoryReservation: "32m", memorySwap: "128m" },
  };
  expect((await made(config, { name: "all" })).config).toEqual(config);
});

test("what is left out has its defaults, and empty things are left out", async () => {
  const plain = await made(undefined, { name: "plain" });
  const standard = {
    domainName: "plain-domain",
    hostName: "plain-host",
    networkMode: "BRIDGE",
    restartPolicy: { type: "UNLESS_STOPPED" },
    log: { type: "JSON_FILE", maxFiles: 2, maxSize: "100M", mode: "BLOCKING" },
  };
  expect(plain.config).toEqual(standard);
  const nameless = await made({});
  expect(nameless.name).toBe(nameless.id);
  const rows: readonly (readonly [object, object])[] = [
    [{ log: {} }, standard],
    [{ log: { type: "NONE" } }, { ...standard, log: { type: "NONE", mode: "BLOCKING" } }],
    [
      { log: { mode: "BLOCKING", maxBufferSize: "3M" } },
      { ...standard, log: { type: "JSON_FILE", maxFiles: 2, maxSize: "100M", mode: "BLOCKING" } },
    ],
    [
      { log: { mode: "NON_BLOCKING" } },
      { ...standard, log: { ...standard.log, mode: "NON_BLOCKING", maxBufferSize: "1M" } },
    ],
    [{ networkMode: "host" }, { ...standard, networkMode: "HOST" }],
    [{ restartPolicy: { type: "on-failure" } }, { ...standard, restartPolicy: { type: "ON_FAILURE" } }],
    [
      { portMappings: [{ hostPort: 80, containerPort: 80 }] },
      {
        ...standard,
        portMappings: [{ proto: "tcp", hostPort: 80, hostPortEnd: 80, containerPort: 80, hostIP: "0.0.0.0" }],
      },
    ],
    [
      { devices: [{ pathOnHost: "/dev/null" }] },
      {
        ...standard,
        devices: [{ pathOnHost: "/dev/null", pathInContainer: "/dev/null", cgroupPermissions: "rwm" }],
      },
    ],
    [
      { mountPoints: [{ source: "/a", destination: "/b", propagationMode: "shared" }] },
      { ...standard, mountPoints: [{ source: "/a", destination: "/b", propagationMode: "RPRIVATE" }] },
    ],
    [
      { privileged: true, extraCapabilities: ["CAP_X"] },
      { ...standard, privileged: true },
    ],
    [
      { restartPolicy: { type: "NO", retryTimeout: 1.9 } },
      { ...standard, restartPolicy: { type: "NO", retryTimeout: 1 } },
    ],
    [{ resources: { memory: "64m" } }, { ...standard, resources: { memory: "64m", memorySwap: "128m" } }],
    [{ resources: { memory: "64m", memorySwap: "-1" } }, { ...standard, resources: { memory: "64m" } }],
  ];
  for (const [config, told] of rows) {
    const container = await made(config, { name: "plain" });
    expect([config, container.config]).toEqual([config, told]);
  }
});

test("what cannot be is refused with the peer's words, and nothing is left of it", async () => {
  const count = scene.device.manager.list().length;
  const rows: readonly (readonly [object, string])[] = [
    [{ env: ["1=x"] }, "invalid environmental variable declaration provided : 1=x"],
    [{ mountPoints: [{ source: "/a" }] }, "source and destination must be set for a mount point"],
    [
      { privileged: true, devices: [{ pathOnHost: "/a", pathInContainer: "/b" }] },
      "cannot create the container as privileged and with specified devices at the same time - choose one of the options",
    ],
    [{ networkMode: "WEIRD" }, "unsupported network mode WEIRD"],
    [
      { networkMode: "HOST", portMappings: [{ hostPort: 1, containerPort: 1 }] },
      "cannot use port mappings when in host network mode",
    ],
    [
      { networkMode: "HOST", extraHosts: ["a:host_ip"] },
      "cannot use the host_ip reserved key or any of its modifications when in host network mode",
    ],
    [
      { devices: [{ pathInContainer: "/b" }] },
      "both path on the host and in the container must be specified for a device mapping",
    ],
    [{ log: { type: "SYSLOG" } }, "unsupported log driver configuration"],
    [{ log: { maxFiles: -1 } }, "max log files cannot be < 1"],
    [{ log: { maxSize: "5" } }, "invalid format of max logs size - 5"],
    [{ log: { mode: "MAYBE" } }, "unsupported log mode configuration"],
    [{ log: { mode: "NON_BLOCKING", maxBufferSize: "5B" } }, "invalid format of max buffer size - 5B"],
    [{ restartPolicy: { type: "SOMETIMES" } }, "unsupported restart policy type SOMETIMES"],
    [{ restartPolicy: {} }, "unsupported restart policy type "],
    [
      { restartPolicy: { ...ON_FAILURE, maxRetryCount: -1 } },
      "restart policy max retry count cannot be negative",
    ],
    [
      { restartPolicy: { ...ON_FAILURE, retryTimeout: -1 } },
      "restart policy retry timeout cannot be negative",
    ],
    [
      { restartPolicy: { type: "NO", maxRetryCount: 1 } },
      "cannot use max retry count when the restart policy is no",
    ],
    [{ resources: { memory: "5" } }, "invalid format of memory - 5"],
    [{ resources: { memory: "64m", memoryReservation: "x" } }, "invalid format of memory reservation - x"],
    [{ resources: { memory: "64m", memorySwap: "x" } }, "invalid format of swap memory - x"],
    [{ resources: { memory: "1m" } }, "minimum memory allowed is 3M"],
    [{ resources: { memorySwap: "64m" } }, "swap memory - 64m, memory must be set as well"],
    [{ resources: { memory: "64m", memorySwap: "32m" } }, "swap memory - 32m is less than memory - 64m"],
    [
      { resources: { memory: "64m", memoryReservation: "128m" } },
      "reservation memory - 128m must be lower than memory - 64m",
    ],
  ];
  for (const [config, message] of rows) {
    const reply = await create(config);
    expect([config, reply.status, reply.value]).toEqual([
      config,
      500,
      { error: "messages:execution.failed", status: 500, message },
    ]);
  }
  const others: readonly (readonly [object, string])[] = [
    [{ imageRef: "" }, "imageRef must be set"],
    [{ name: "-bad" }, "invalid container name format : -bad"],
    [{ name: "a%d%s" }, "invalid container name format : a%d%s"],
    [{ imageRef: "registry.example/none:1" }, "registry.example/none:1: not found"],
  ];
  for (const [more, message] of others) {
    expect([more, (await create(undefined, more)).value]).toEqual([
      more,
      { error: "messages:execution.failed", status: 500, message: expect.stringContaining(message) },
    ]);
  }
  expect(scene.device.manager.list()).toHaveLength(count);
});

test("a start that fails after the creation is answered with the id; the twin has the reason", async () => {
  const reply = await scene.ask("ContainerFactory", "createWithConfig", {
    imageRef: IMAGE,
    start: true,
    config: { cmd: ["missing"] },
  });
  expect(reply.status).toBe(200);
  const told = scene.take().filter(({ body }) => body.path.endsWith("/status/state"));
  expect(told.at(-1)?.body.value).toEqual({
    status: "STOPPED",
    pid: -1,
    error: expect.stringContaining("/missing"),
    finishedAt: expect.stringMatching(/Z$/),
  });
});

test("the container's operations and their refusals", async () => {
  const { id } = await made({ cmd: ["runs"], restartPolicy: { type: "NO" } }, { name: "ops" });
  const feature = `Container:${id}`;
  const rows: readonly (readonly [string, unknown, number, string?])[] = [
    ["stop", undefined, 500, `cannot perform stop operation for container: ${id}, with state: Created`],
    ["pause", undefined, 500, `container with id = ${id} is not running - current status is Created`],
    ["resume", undefined, 500, `container id = ${id} is not paused - cannot unpause it `],
    ["start", undefined, 204],
    ["start", {}, 500, `the container with id = ${id} is already running`],
    [
      "remove",
      undefined,
      500,
      `container with id = ${id} is not stopped - must set the force flag to true to remove it`,
    ],
    [
      "remove",
      false,
      500,
      `container with id = ${id} is not stopped - must set the force flag to true to remove it`,
    ],
    ["pause", {}, 204],
    ["start", undefined, 500, "is paused - cannot start it - try unpausing it instead"],
    ["resume", undefined, 204],
    ["stopWithOptions", { timeout: -1 }, 500, "the timeout = -1 shouldn't be negative"],
    ["stopWithOptions", { signal: "NOPE" }, 500, "invalid signal = NOPE"],
    ["stopWithOptions", { signal: "0" }, 500, "invalid signal = 0"],
    ["stopWithOptions", { signal: "999" }, 500, "invalid signal = 999"],
    ["stopWithOptions", { Signal: "2", TIMEOUT: 5 }, 204],
    ["rename", "-bad", 500, "invalid container name format : -bad"],
    ["rename", undefined, 204],
    ["rename", "", 204],
    ["rename", "ops", 204],
    ["update", undefined, 204],
    ["update", {}, 204],
    ["update", { restartPolicy: {} }, 500, "unsupported restart policy type "],
    ["update", { resources: { memory: "1m" } }, 500, "minimum memory allowed is 3M"],
    ["restart", undefined, 404, "unsupported operation restart"],
  ];
  for (const [operation, value, status, message] of rows) {
    const reply = await ask(feature, operation, value);
    const said = (reply.value as { message?: string } | undefined)?.message;
    expect([operation, value, reply.status, said]).toEqual([
      operation,
      value,
      status,
      message === undefined ? undefined : expect.stringContaining(message),
    ]);
  }
});

test("update replaces the given objects as a whole and tells only what changed", async () => {
  const { id } = await made({ restartPolicy: ON_FAILURE, resources: { memory: "64m" } }, { name: "up" });
  const update = async (value: object) => {
    const reply = await scene.ask(`Container:${id}`, "update", value);
    const told = scene.take().filter(({ body }) => body.path.endsWith("/status/config"));
    return [reply.status, told.map(({ body }) => body.value)];
  };
  const of = (changes: object) => [204, [expect.objectContaining(changes)]];
  expect(await update({ resources: { memory: "96m" } })).toEqual(
    of({ resources: { memory: "96m" }, restartPolicy: ON_FAILURE }),
  );
  expect(await update({ resources: { memory: "96m" } })).toEqual([204, []]);
  expect(await update({ restartPolicy: { type: "ALWAYS", timeout: 5 } })).toEqual(
    of({ restartPolicy: { type: "ALWAYS" }, resources: { memory: "96m" } }),
  );
  const [status, [config]] = (await update({ resources: {} })) as [number, [object]];
  expect([status, "resources" in config]).toEqual([204, false]);
});

test("references with ports and digests are split at their first colon, and only slashes are escaped", () => {
  const rows = [
    [
      "docker.io/library/nginx:1.25",
      "docker.io/library/nginx",
      "1.25",
      "docker.io%2Flibrary%2Fnginx.c1:1.25",
    ],
    ["localhost:5000/app:2", "localhost", "5000/app:2", "localhost.c1:5000%2Fapp:2"],
    ["r.io/a@sha256:ab12", "r.io/a@sha256", "ab12", "r.io%2Fa@sha256.c1:ab12"],
    ["nginx", "nginx", "", "nginx.c1:"],
    ["r.io/a%2Fb:x", "r.io/a%2Fb", "x", "r.io%2Fa%2Fb.c1:x"],
  ] as const;
  for (const [reference, group, version, key] of rows) {
    const dependency = dependencyOf({ id: "c1", image: { name: reference } });
    expect([reference, dependency, dependencyKey(dependency)]).toEqual([
      reference,
      { group, name: "c1", version },
      key,
    ]);
  }
});
