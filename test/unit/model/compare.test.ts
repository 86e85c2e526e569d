import { expect, test } from "bun:test";
import { compareAsPeer, compareWhole } from "../../../src/model/compare.ts";
import type { ContainerWish } from "../../../src/model/defaults.ts";
import { containerOf, wish } from "./builders.ts";

const RICH: ContainerWish = {
  mounts: [
    { source: "/a", destination: "/x", propagationMode: "" },
    { source: "/b", destination: "/y", propagationMode: "shared" },
  ],
  config: { env: ["A=1", "B=2"], cmd: ["run", "--all"] },
  hostConfig: {
    extraHosts: ["a:host_ip", "b:10.0.0.1"],
    portMappings: [{ protocol: "", hostIp: "", hostPort: 80, hostPortEnd: 0, containerPort: 80 }],
    resources: { memory: "64m", memoryReservation: "", memorySwap: "" },
  },
};

test("a wish compared with the container made of it is the same, filled-in swap included", () => {
  for (const changes of [{}, RICH]) {
    expect(compareAsPeer(wish(changes), containerOf(changes))).toEqual({ verdict: "same", differences: [] });
    expect(compareWhole(wish(changes), containerOf(changes))).toEqual({ verdict: "same", differences: [] });
  }
});

test("writing out defaults, empty lists and other units makes no difference", () => {
  const written: ContainerWish = {
    domainName: "web-domain",
    hostName: "web-host",
    config: { env: [], cmd: [] },
    hostConfig: {
      networkMode: "bridge",
      runtime: "io.containerd.runc.v1",
      resources: { memory: "", memoryReservation: "", memorySwap: "" },
      logConfig: { driver: { type: "json-file", maxFiles: 2, maxSize: "102400k", rootDir: "" } },
    },
  };
  expect(compareWhole(wish(written), containerOf()).differences).toEqual([]);
  expect(compareWhole(wish(), containerOf(written)).differences).toEqual([]);
});

const CHANGES: readonly (readonly [string, ContainerWish, string, string])[] = [
  ["image", { image: { name: "localhost:5000/demo/web:2.0" } }, "recreate", "recreate"],
  ["env", { config: { env: ["A=1"] } }, "recreate", "recreate"],
  ["cmd", { config: { cmd: ["x"] } }, "recreate", "recreate"],
  ["tty", { ioConfig: { tty: true } }, "recreate", "recreate"],
  ["network", { hostConfig: { networkMode: "host" } }, "recreate", "recreate"],
  ["log size", { hostConfig: { logConfig: { driver: { maxSize: "1M" } } } }, "recreate", "recreate"],
  [
    "memory",
    { hostConfig: { resources: { memory: "64m", memoryReservation: "", memorySwap: "" } } },
    "update",
    "update",
  ],
  [
    "policy",
    { hostConfig: { restartPolicy: { type: "always", maximumRetryCount: 0, retryTimeoutNanos: 0n } } },
    "update",
    "update",
  ],
  [
    "reservation",
    { hostConfig: { resources: { memory: "", memoryReservation: "64m", memorySwap: "" } } },
    "update",
    "update",
  ],
  [
    "retry time",
    {
      hostConfig: {
        restartPolicy: { type: "unless-stopped", maximumRetryCount: 0, retryTimeoutNanos: 5_000_000_000n },
      },
    },
    "update",
    "update",
  ],
  ["mounts", { mounts: [{ source: "/a", destination: "/x", propagationMode: "" }] }, "recreate", "recreate"],
  ["input", { ioConfig: { openStdin: true } }, "recreate", "recreate"],
  ["privileges", { hostConfig: { privileged: true } }, "recreate", "recreate"],
  [
    "devices",
    { hostConfig: { devices: [{ pathOnHost: "/dev/a", pathInContainer: "", cgroupPermissions: "" }] } },
    "recreate",
    "recreate",
  ],
  ["host entries", { hostConfig: { extraHosts: ["a:1.2.3.4"] } }, "recreate", "recreate"],
  ["capabilities", { hostConfig: { extraCapabilities: ["CAP_KILL"] } }, "recreate", "recreate"],
  [
    "ports",
    {
      hostConfig: {
        portMappings: [{ protocol: "", hostIp: "", hostPort: 80, hostPortEnd: 0, containerPort: 80 }],
      },
    },
    "recreate",
    "recreate",
  ],
  ["log driver", { hostConfig: { logConfig: { driver: { type: "none" } } } }, "recreate", "recreate"],
  ["log files", { hostConfig: { logConfig: { driver: { maxFiles: 3 } } } }, "recreate", "recreate"],
  ["log folder", { hostConfig: { logConfig: { driver: { rootDir: "/logs" } } } }, "recreate", "recreate"],
  ["log mode", { hostConfig: { logConfig: { mode: { mode: "non-blocking" } } } }, "recreate", "recreate"],
  ["domain name", { domainName: "other" }, "same", "recreate"],
  ["stdin_once", { ioConfig: { stdinOnce: true } }, "same", "recreate"],
  ["host name", { hostName: "other" }, "same", "recreate"],
  [
    "hooks",
    { hooks: [{ path: "/h", args: [], env: [], timeoutSeconds: 0, type: "Prestart" }] },
    "same",
    "recreate",
  ],
  ["runtime", { hostConfig: { runtime: "io.containerd.kata.v2" } }, "same", "recreate"],
  [
    "decryption",
    { image: { name: "localhost:5000/demo/web:1.0", decryptConfig: { keys: ["/k"], recipients: [] } } },
    "same",
    "recreate",
  ],
  ["attach", { ioConfig: { attachStdin: true } }, "same", "recreate"],
  ["id", { id: "fixed" }, "same", "recreate"],
];

test.each(CHANGES)("a change of %s", (_, changes, peer, whole) => {
  expect(compareAsPeer(wish(changes), containerOf()).verdict as string).toBe(peer);
  expect(compareWhole(wish(changes), containerOf()).verdict as string).toBe(whole);
});

test("the order of sets does not count; the order of mounts counts for folders, of commands always", () => {
  const turned: ContainerWish = {
    ...RICH,
    config: { env: ["B=2", "A=1"], cmd: ["run", "--all"] },
    hostConfig: { ...RICH.hostConfig, extraHosts: ["b:10.0.0.1", "a:host_ip"] },
  };
  expect(compareWhole(wish(turned), containerOf(RICH)).verdict).toBe("same");
  const mounts: ContainerWish = { ...RICH, mounts: [...(RICH.mounts ?? [])].reverse() };
  expect(compareAsPeer(wish(mounts), containerOf(RICH)).verdict).toBe("same");
  expect(compareWhole(wish(mounts), containerOf(RICH)).differences).toEqual(["mounts"]);
  const cmd: ContainerWish = { ...RICH, config: { env: ["A=1", "B=2"], cmd: ["--all", "run"] } };
  expect(compareAsPeer(wish(cmd), containerOf(RICH)).differences).toEqual(["config.cmd"]);
});

test("removing the limits is an update, and unlimited swap stays unlimited", () => {
  expect(compareAsPeer(wish(), containerOf(RICH)).verdict).toBe("recreate");
  const limited: ContainerWish = {
    hostConfig: { resources: { memory: "64m", memoryReservation: "", memorySwap: "-1" } },
  };
  expect(compareAsPeer(wish(), containerOf(limited)).verdict).toBe("update");
  expect(compareAsPeer(wish(limited), containerOf(limited)).verdict).toBe("same");
});

test("in host mode the machine's own name in the stored container is no difference", () => {
  const inHost: ContainerWish = { hostConfig: { networkMode: "host" } };
  expect(compareWhole(wish(inHost), { ...containerOf(inHost), hostName: "machine" }).verdict).toBe("same");
});

test("several differences are named in a fixed order", () => {
  const both: ContainerWish = { hostName: "x", image: { name: "other" }, config: { env: ["A"] } };
  expect(compareWhole(wish(both), containerOf()).differences).toEqual([
    "image.name",
    "hostName",
    "config.env",
  ]);
});
