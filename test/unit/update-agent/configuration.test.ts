/** Every key-value pair of a component, what is refused, and inventories that can be sent back (spec/update-agent.md §4.4, §5). */

import { describe, expect, test } from "bun:test";
import { compareAsPeer } from "../../../src/model/compare.ts";
import type { Container } from "../../../src/model/container.ts";
import { type ContainerWish, fillDefaults, withDefaults } from "../../../src/model/defaults.ts";
import { readComponent } from "../../../src/update-agent/component/configuration.ts";
import { parametersOf } from "../../../src/update-agent/component/parameters.ts";

type Pair = readonly [key: string, value: string];

function read(...pairs: readonly Pair[]) {
  const config = [["image", "app:1"] as const, ...pairs].map(([key, value]) => ({ key, value }));
  return readComponent({ id: "web", version: "1", config });
}

function container(wish: ContainerWish, change: Partial<Container> = {}): Container {
  return {
    ...withDefaults({ image: { name: "docker.io/library/app:1" }, ...wish, name: "web" }, () => "id-1"),
    resolvConfPath: "",
    hostsPath: "",
    hostnamePath: "",
    state: {
      status: "Running",
      pid: 7,
      startedAt: "s",
      finishedAt: "",
      exitCode: 0,
      error: "",
      oomKilled: false,
    },
    created: "2026-01-01T00:00:00Z",
    manuallyStopped: false,
    restartCount: 0,
    startedSuccessfullyBefore: false,
    ...change,
  };
}

describe("each key", () => {
  const rows: readonly (readonly [readonly Pair[], ContainerWish])[] = [
    [
      [
        ["env", "A=1"],
        ["env", "B="],
        ["env", "C"],
      ],
      { config: { env: ["A=1", "B=", "C"] } },
    ],
    [
      [
        ["cmd", "--verbose"],
        ["cmd", "x y"],
      ],
      { config: { cmd: ["--verbose", "x y"] } },
    ],
    [
      [
        ["device", "/dev/ttyACM0:/dev/ttyUSB0:rw"],
        ["device", "/dev/a:/dev/b"],
      ],
      {
        hostConfig: {
          devices: [
            { pathOnHost: "/dev/ttyACM0", pathInContainer: "/dev/ttyUSB0", cgroupPermissions: "rw" },
            { pathOnHost: "/dev/a", pathInContainer: "/dev/b", cgroupPermissions: "rwm" },
          ],
        },
      },
    ],
    [
      [
        ["port", "127.0.0.1:5000-6000:80/udp"],
        ["port", "8080:81"],
        ["port", "[::1]:1:2"],
      ],
      {
        hostConfig: {
          portMappings: [
            { protocol: "udp", hostIp: "127.0.0.1", hostPort: 5000, hostPortEnd: 6000, containerPort: 80 },
            { protocol: "tcp", hostIp: "0.0.0.0", hostPort: 8080, hostPortEnd: 8080, containerPort: 81 },
            { protocol: "tcp", hostIp: "::1", hostPort: 1, hostPortEnd: 1, containerPort: 2 },
          ],
        },
      },
    ],
    [[["host", "ctrhost:host_ip"]], { hostConfig: { extraHosts: ["ctrhost:host_ip"] } }],
    [
      [
        ["mount", "/data:/data:shared"],
        ["mount", "/a:/b"],
      ],
      {
        mounts: [
          { source: "/data", destination: "/data", propagationMode: "shared" },
          { source: "/a", destination: "/b", propagationMode: "rprivate" },
        ],
      },
    ],
    [[["network", "host"]], { hostConfig: { networkMode: "host" } }],
    [
      [
        ["terminal", "true"],
        ["interactive", "T"],
      ],
      { ioConfig: { tty: true, openStdin: true } },
    ],
    [[["privileged", "1"]], { hostConfig: { privileged: true } }],
    [
      [
        ["restartPolicy", "on-failure"],
        ["restartMaxRetries", "3"],
        ["restartTimeout", "30"],
      ],
      {
        hostConfig: {
          restartPolicy: { type: "on-failure", maximumRetryCount: 3, retryTimeoutNanos: 30_000_000_000n },
        },
      },
    ],
    [
      [
        ["restartPolicy", "always"],
        ["restartMaxRetries", "3"],
        ["restartTimeout", "1m30s"],
      ],
      {
        hostConfig: {
          restartPolicy: { type: "always", maximumRetryCount: 0, retryTimeoutNanos: 90_000_000_000n },
        },
      },
    ],
    [
      [
        ["logDriver", "json-file"],
        ["logMaxFiles", "3"],
        ["logMaxSize", "5M"],
        ["logPath", "/var/log/x"],
        ["logMode", "non-blocking"],
        ["logMaxBufferSize", "2M"],
      ],
      {
        hostConfig: {
          logConfig: {
            driver: { type: "json-file", maxFiles: 3, maxSize: "5M", rootDir: "/var/log/x" },
            mode: { mode: "non-blocking", maxBufferSize: "2M" },
          },
        },
      },
    ],
    [[["logDriver", "none"]], { hostConfig: { logConfig: { driver: { type: "none" } } } }],
    [
      [
        ["memory", "200M"],
        ["memoryReservation", "100M"],
        ["memorySwap", "-1"],
      ],
      { hostConfig: { resources: { memory: "200M", memoryReservation: "100M", memorySwap: "-1" } } },
    ],
    [
      [
        ["domainName", "d"],
        ["hostName", "h"],
      ],
      { domainName: "d", hostName: "h" },
    ],
    [[["extraCapability", "CAP_NET_ADMIN"]], { hostConfig: { extraCapabilities: ["CAP_NET_ADMIN"] } }],
    [
      [["healthcheck", '{"tcp":{"port":80},"interval":"1s"}']],
      {
        extras: {
          healthcheck: {
            probe: { kind: "tcp", port: 80 },
            intervalMs: 1000,
            timeoutMs: 30_000,
            retries: 3,
            startPeriodMs: 0,
            onUnhealthy: "none",
          },
        },
      },
    ],
    [
      [
        ["network", "host"],
        ["network", "bridge"],
      ],
      {},
    ],
    [
      [
        ["status", "Running"],
        ["created", "x"],
        ["exitCode", "1"],
        ["finishedAt", ""],
        ["terminal", ""],
      ],
      {},
    ],
  ];
  for (const [pairs, wish] of rows) {
    test(pairs.map(([key, value]) => `${key}=${value}`).join(" "), () => {
      const wanted = fillDefaults({
        config: { env: [], cmd: [] },
        ...wish,
        name: "web",
        image: { name: "app:1" },
      });
      const { desired, unknown } = read(...pairs);
      expect(unknown).toEqual([]);
      expect({ ...desired, config: { env: [], cmd: [], ...desired.config } }).toEqual({
        ...wanted,
        config: { env: [], cmd: [], ...wanted.config },
      });
    });
  }

  test("dependsOn names what must run before; the image falls back to id and version; unknown keys are named", () => {
    const { dependsOn, desired, unknown } = readComponent({
      id: "web",
      version: "2",
      config: [
        { key: "dependsOn", value: "db" },
        { key: "dependsOn", value: "cache" },
        { key: "prot", value: "80:80" },
      ],
    });
    expect(dependsOn).toEqual(["db", "cache"]);
    expect(desired.image.name).toBe("web:2");
    expect(unknown).toEqual([{ key: "prot", nearest: "port" }]);
  });
});

describe("refused, with component, key and value", () => {
  const start =
    "cannot convert desired state components to container configurations: invalid configuration for container web: ";
  test.each<readonly [Pair, string]>([
    [["terminal", "yes"], 'terminal "yes" is malformed, expected is true or false'],
    [["restartMaxRetries", "many"], 'restartMaxRetries "many" is malformed, expected is a whole number'],
    [
      ["restartTimeout", "soon"],
      'restartTimeout "soon" is malformed, expected is seconds such as 30, or a duration such as 30s',
    ],
    [["logMaxFiles", "1.5"], 'logMaxFiles "1.5" is malformed'],
    [["device", "/dev/a"], 'device "/dev/a" is malformed, expected is host:container[:permissions]'],
    [["device", "/a:/b:x"], 'device "/a:/b:x" is malformed'],
    [
      ["port", "a:80"],
      'port "a:80" is malformed, expected is [ip:]hostPort[-hostPortEnd]:containerPort[/protocol]',
    ],
    [["port", "80"], 'port "80" is malformed'],
    [["port", "70000:80"], 'the host port 70000 is out of range (port "70000:80")'],
    [["port", "2-1:80"], 'invalid port range: 2-1 (port "2-1:80")'],
    [["port", "1:80/sctpp"], 'invalid transport protocol: sctpp (port "1:80/sctpp")'],
    [["mount", "/a"], 'mount "/a" is malformed, expected is source:destination[:propagation mode]'],
    [["mount", ":"], 'source and destination must be set for a mount point (mount ":")'],
    [
      ["mount", "/a:/b:loud"],
      'propagation mode must be set to one of the supported modes (mount "/a:/b:loud")',
    ],
    [["env", "1A=x"], "invalid environmental variable declaration provided : 1A=x"],
    [["env", ""], 'invalid environmental variable declaration provided :  (env "")'],
    [["network", "none"], "unsupported network mode none"],
    [["logDriver", "syslog"], 'unsupported log driver configuration (logDriver "syslog")'],
    [["logMode", "fast"], 'unsupported log mode configuration (logMode "fast")'],
    [["logMaxFiles", "-1"], 'max log files cannot be < 1 (logMaxFiles "-1")'],
    [["restartPolicy", "sometimes"], "unsupported restart policy type sometimes"],
    [["image", ""], 'the containers image configuration is invalid (image "")'],
    [["extraCapability", "CAP_MAGIC"], "unknown capability CAP_MAGIC"],
    [["healthcheck", "{}"], 'healthcheck "{}" is malformed, expected is the manifest\'s object as JSON'],
    [["healthcheck", "no"], 'healthcheck "no" is malformed'],
    [["memory", "64"], "64"],
  ])("%p", (pair, message) => {
    expect(() => read(pair)).toThrow(start);
    expect(() => read(pair)).toThrow(message);
  });

  test("privileged with devices, and a name that is none", () => {
    expect(() => read(["privileged", "true"], ["device", "/a:/b"])).toThrow(
      "cannot create the container as privileged and with specified devices at the same time",
    );
    expect(() => readComponent({ id: "a b", version: "", config: [{ key: "image", value: "x" }] })).toThrow(
      "invalid container name format : a b",
    );
  });
});

describe("an inventory", () => {
  const full: ContainerWish = {
    domainName: "d",
    hostName: "h",
    mounts: [{ source: "/a", destination: "/b", propagationMode: "shared" }],
    config: { env: ["A=1", "B"], cmd: ["serve", "-p"] },
    ioConfig: { tty: true, openStdin: true },
    hostConfig: {
      restartPolicy: { type: "on-failure", maximumRetryCount: 3, retryTimeoutNanos: 30_000_000_000n },
      extraCapabilities: ["CAP_NET_ADMIN"],
      devices: [{ pathOnHost: "/dev/a", pathInContainer: "/dev/b", cgroupPermissions: "rw" }],
      portMappings: [
        { protocol: "udp", hostIp: "127.0.0.1", hostPort: 5000, hostPortEnd: 6000, containerPort: 80 },
        { protocol: "tcp", hostIp: "", hostPort: 81, hostPortEnd: 0, containerPort: 82 },
      ],
      extraHosts: ["x:host_ip"],
      resources: { memory: "64M", memoryReservation: "32M", memorySwap: "" },
      logConfig: {
        driver: { type: "json-file", maxFiles: 5, maxSize: "1M", rootDir: "/log" },
        mode: { mode: "non-blocking", maxBufferSize: "3M" },
      },
    },
    extras: {
      user: "nobody",
      healthcheck: {
        probe: { kind: "http", port: 80, path: "/" },
        intervalMs: 500,
        timeoutMs: 200,
        retries: 2,
        startPeriodMs: 0,
        onUnhealthy: "restart",
      },
    },
  };

  test("says what is not the default, in the peer's order", () => {
    expect(parametersOf(container({}), false)).toEqual([
      { key: "image", value: "docker.io/library/app:1" },
      { key: "status", value: "Running" },
      { key: "created", value: "2026-01-01T00:00:00Z" },
    ]);
    const said = parametersOf(container(full), false).map(({ key, value }) => `${key}=${value}`);
    expect(said.slice(0, 12)).toEqual([
      "image=docker.io/library/app:1",
      "domainName=d",
      "hostName=h",
      "terminal=true",
      "interactive=true",
      "restartPolicy=on-failure",
      "restartMaxRetries=3",
      "restartTimeout=30s",
      "device=/dev/a:/dev/b:rw",
      "port=127.0.0.1:5000-6000:80/udp",
      "port=81:82/tcp",
      "host=x:host_ip",
    ]);
  });

  test("verbose says the scalars always, a running one's end without a value", () => {
    const said = parametersOf(container({}), true).map(({ key, value }) => `${key}=${value}`);
    expect(said).toEqual([
      "image=docker.io/library/app:1",
      "domainName=web-domain",
      "hostName=web-host",
      "terminal=false",
      "interactive=false",
      "privileged=false",
      "restartPolicy=unless-stopped",
      "restartMaxRetries=0",
      "restartTimeout=0s",
      "network=bridge",
      "logDriver=json-file",
      "logMaxFiles=2",
      "logMaxSize=100M",
      "logMode=blocking",
      "status=Running",
      "finishedAt=",
      "exitCode=0",
      "created=2026-01-01T00:00:00Z",
      "restartCount=0",
      "manuallyStopped=false",
      "startedSuccessfullyBefore=false",
    ]);
  });

  test("says how a stopped one ended", () => {
    const stopped = container(
      {},
      { manuallyStopped: true, startedSuccessfullyBefore: true, restartCount: 2 },
    );
    const state = {
      ...stopped.state,
      status: "Stopped",
      finishedAt: "2026-01-01T00:00:01Z",
      exitCode: 143,
    } as const;
    expect(parametersOf({ ...stopped, state }, false).slice(1)).toEqual([
      { key: "status", value: "Stopped" },
      { key: "finishedAt", value: "2026-01-01T00:00:01Z" },
      { key: "exitCode", value: "143" },
      { key: "created", value: "2026-01-01T00:00:00Z" },
      { key: "restartCount", value: "2" },
      { key: "manuallyStopped", value: "true" },
      { key: "startedSuccessfullyBefore", value: "true" },
    ]);
  });

  const cases: readonly (readonly [string, ContainerWish])[] = [
    ["of a plain container", {}],
    ["of one with everything", full],
    [
      "of one without swap limit",
      { hostConfig: { resources: { memory: "64M", memoryReservation: "", memorySwap: "-1" } } },
    ],
    [
      "of one in host mode without logs",
      { hostConfig: { networkMode: "host", logConfig: { driver: { type: "none" } } } },
    ],
    [
      "of one with policy always and a cap",
      {
        hostConfig: {
          restartPolicy: { type: "always", maximumRetryCount: 0, retryTimeoutNanos: 1_500_000_000n },
        },
      },
    ],
  ];
  for (const isVerbose of [false, true]) {
    test.each(cases)(`${isVerbose ? "verbose, " : ""}%s can be sent back unchanged`, (_, wish) => {
      const present = container(wish);
      const config = parametersOf(present, isVerbose);
      const { desired, unknown } = readComponent({ id: "web", version: "1", config });
      expect(unknown).toEqual([]);
      const { extras: __, ...peers } = desired;
      expect(compareAsPeer(peers, present)).toEqual({ verdict: "same", differences: [] });
      expect([desired.domainName, desired.hostName]).toEqual([present.domainName, present.hostName]);
      expect(desired.extras?.healthcheck).toEqual(present.extras?.healthcheck);
    });
  }
});
