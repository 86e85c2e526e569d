import { expect, test } from "bun:test";
import { applySwapRule, fillDefaults, toWish, withDefaults } from "../../../src/model/defaults.ts";
import { containerOf, IMAGE } from "./builders.ts";

test("a wish with nothing but an image gets id, names and every default", () => {
  const made = withDefaults({ image: IMAGE }, () => "u-1");
  expect(made).toEqual({
    id: "u-1",
    name: "u-1",
    image: IMAGE,
    domainName: "u-1-domain",
    hostName: "u-1-host",
    mounts: [],
    hooks: [],
    hostConfig: {
      devices: [],
      networkMode: "bridge",
      privileged: false,
      restartPolicy: { type: "unless-stopped", maximumRetryCount: 0, retryTimeoutNanos: 0n },
      runtime: "io.containerd.runc.v2",
      extraHosts: [],
      extraCapabilities: [],
      portMappings: [],
      logConfig: {
        driver: { type: "json-file", maxFiles: 2, maxSize: "100M", rootDir: "" },
        mode: { mode: "blocking", maxBufferSize: "" },
      },
    },
    ioConfig: {
      attachStderr: false,
      attachStdin: false,
      attachStdout: false,
      openStdin: false,
      stdinOnce: false,
      tty: false,
    },
  });
});

test("a given id and name are kept and the id generator is not asked", () => {
  const made = withDefaults({ id: "x", name: "web", image: IMAGE }, () => {
    throw new Error("asked");
  });
  expect([made.id, made.name, made.hostName]).toEqual(["x", "web", "web-host"]);
});

test("parts of devices, ports and mounts are filled in", () => {
  const made = fillDefaults({
    image: IMAGE,
    mounts: [{ source: "/a", destination: "/b", propagationMode: "" }],
    hostConfig: {
      devices: [{ pathOnHost: "/dev/x", pathInContainer: "", cgroupPermissions: "" }],
      portMappings: [{ protocol: "", hostIp: "", hostPort: 80, hostPortEnd: 0, containerPort: 8080 }],
    },
  });
  expect(made.mounts[0]?.propagationMode).toBe("rprivate");
  expect(made.hostConfig.devices[0]).toEqual({
    pathOnHost: "/dev/x",
    pathInContainer: "/dev/x",
    cgroupPermissions: "rwm",
  });
  expect(made.hostConfig.portMappings[0]).toEqual({
    protocol: "tcp",
    hostIp: "0.0.0.0",
    hostPort: 80,
    hostPortEnd: 80,
    containerPort: 8080,
  });
});

test("log driver none clears its sizes, blocking clears the buffer, non-blocking gets one", () => {
  const none = fillDefaults({
    image: IMAGE,
    hostConfig: { logConfig: { driver: { type: "none", maxFiles: 2, maxSize: "2M", rootDir: "" } } },
  });
  expect(none.hostConfig.logConfig.driver).toEqual({ type: "none", maxFiles: 0, maxSize: "", rootDir: "" });
  const blocking = fillDefaults({
    image: IMAGE,
    hostConfig: { logConfig: { mode: { maxBufferSize: "3M" } } },
  });
  expect(blocking.hostConfig.logConfig.mode).toEqual({ mode: "blocking", maxBufferSize: "" });
  const free = fillDefaults({ image: IMAGE, hostConfig: { logConfig: { mode: { mode: "non-blocking" } } } });
  expect(free.hostConfig.logConfig.mode).toEqual({ mode: "non-blocking", maxBufferSize: "1M" });
});

test("filling in twice changes nothing", () => {
  const once = fillDefaults({
    id: "a",
    image: IMAGE,
    hostConfig: { resources: { memory: "64m", memoryReservation: "", memorySwap: "-1" } },
  });
  expect(fillDefaults(once)).toEqual(once);
});

test("memory without swap gets twice the memory; -1 is stored as empty", () => {
  const limits = { memory: "64m", memoryReservation: "32m", memorySwap: "" };
  expect(applySwapRule(limits)).toEqual({ ...limits, memorySwap: "128m" });
  expect(applySwapRule({ ...limits, memorySwap: "-1" })).toEqual(limits);
  expect(applySwapRule({ ...limits, memorySwap: "64m" })).toEqual({ ...limits, memorySwap: "64m" });
  expect(applySwapRule({ memory: "", memoryReservation: "", memorySwap: "-1" })).toBeUndefined();
});

test("a container with everything, turned back into a wish, is made the same again", () => {
  const stored = containerOf({
    mounts: [{ source: "/a", destination: "/b", propagationMode: "" }],
    config: { env: ["A=1"], cmd: ["run", "it"] },
    hooks: [{ path: "/h", args: ["h"], env: [], timeoutSeconds: 3, type: "Poststop" }],
    ioConfig: { tty: true, openStdin: true },
    hostConfig: { networkMode: "host", extraHosts: ["a:1.2.3.4"], privileged: true },
  });
  const { state: _, created: _c, hostsPath: _h, hostnamePath: _n, resolvConfPath: _r, ...kept } = stored;
  const { manuallyStopped: _m, restartCount: _rc, startedSuccessfullyBefore: _s, ...desired } = kept;
  expect(withDefaults(toWish(stored), () => "other")).toEqual(desired);
});

test("a container turned back into a wish is made the same again, unlimited swap included", () => {
  for (const memorySwap of ["", "-1", "256m"]) {
    const stored = containerOf({
      hostConfig: { resources: { memory: "64m", memoryReservation: "", memorySwap } },
    });
    const again = withDefaults(toWish(stored), () => "other");
    expect(again).toEqual(withDefaults(toWish({ ...stored, ...again }), () => "other"));
    expect(again.hostConfig).toEqual(stored.hostConfig);
  }
});
