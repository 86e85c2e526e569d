import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cgroupMounts, cgroupPlace } from "../../../src/metrics/cgroup-places.ts";
import { Meter } from "../../../src/metrics/meter.ts";
import { machineMemoryBytes, networkCounters, systemCpuNanos } from "../../../src/metrics/proc-files.ts";

const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9999999    0    0    0    0     0          0         0  9999999       0    0    0    0     0       0          0
  eth0:    1500      10    0    0    0     0          0         0     700       5    0    0    0     0       0          0
  eth1:     100       1    0    0    0     0          0         0      11       1    0    0    0     0       0          0
`;
const APP = { id: "app", pid: 42, isHostNetwork: false };

let root: string;
let meter: Meter;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "supercargo-metrics-"));
  meter = new Meter(root);
  put("meminfo", "MemTotal:       1000000 kB\nMemFree: 1 kB\n");
  put("42/net/dev", DEV);
  setSystem(1000);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Ticks over all CPUs, spread over the eight columns that count. */
function setSystem(ticks: number): void {
  put("stat", `cpu  ${ticks - 70} 10 10 10 10 10 10 10 500 500\ncpu0 1 1 1 1 1 1 1 1 1 1\nbtime 1\n`);
}

function unified(limit = "max"): void {
  put("self/mountinfo", `30 20 0:26 / ${root}/cg rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n`);
  put("42/cgroup", "0::/kanto-cm/app\n");
  put("cg/kanto-cm/app/cpu.stat", "usage_usec 2000000\nuser_usec 1\n");
  put("cg/kanto-cm/app/memory.current", "6000000\n");
  put("cg/kanto-cm/app/memory.stat", "anon 1\ninactive_file 1000000\nactive_file 5\n");
  put("cg/kanto-cm/app/memory.max", `${limit}\n`);
  put(
    "cg/kanto-cm/app/io.stat",
    "8:0 rbytes=100 wbytes=20 rios=1 wios=1\n8:16 rbytes=1 wbytes=2 rios=1 wios=1\n",
  );
  put("cg/kanto-cm/app/pids.current", "7\n");
}

function separate(): void {
  const line = (name: string) => `30 20 0:26 / ${root}/cg/${name} rw,nosuid - cgroup cgroup rw,${name}\n`;
  const names = ["memory", "cpu,cpuacct", "blkio", "pids"];
  put(
    "self/mountinfo",
    `29 20 0:25 / ${root}/cg/unified rw - cgroup2 cgroup2 rw\n${names.map(line).join("")}`,
  );
  put("42/cgroup", "5:memory:/x/app\n4:cpu,cpuacct:/x/app\n3:blkio:/x/app\n2:pids:/x/app\n0::/x/app\n");
  put("cg/cpu,cpuacct/x/app/cpuacct.usage", "2000000000\n");
  put("cg/memory/x/app/memory.usage_in_bytes", "6000000\n");
  put("cg/memory/x/app/memory.stat", "inactive_file 5\ntotal_inactive_file 1000000\n");
  put("cg/memory/x/app/memory.limit_in_bytes", "9223372036854771712\n");
  put(
    "cg/blkio/x/app/blkio.throttle.io_service_bytes_recursive",
    "8:0 Read 101\n8:0 Write 22\n8:0 Sync 1\n8:0 Total 123\nTotal 123\n",
  );
  put("cg/pids/x/app/pids.current", "7\n");
}

const EXPECTED = {
  id: "app",
  memory: { usedBytes: 5_000_000, totalBytes: 1_024_000_000, percent: (5 / 1024) * 100 },
  io: { readBytes: 101, writeBytes: 22 },
  network: { readBytes: 1600, writeBytes: 711 },
  pids: 7,
  warnings: [],
};

describe("what a container uses", () => {
  test("is read from the unified hierarchy", () => {
    unified();
    expect(meter.measure([APP])).toEqual([EXPECTED]);
  });

  test("is read from one hierarchy per controller", () => {
    separate();
    expect(meter.measure([APP])).toEqual([EXPECTED]);
  });

  test("its share of all CPUs comes from two looks", () => {
    unified();
    meter.measure([APP]);
    put("cg/kanto-cm/app/cpu.stat", "usage_usec 2500000\n");
    setSystem(1200);
    // Half a second of the two that the CPUs had.
    expect(meter.measure([APP])[0]?.cpuPercent).toBeCloseTo(25, 6);
    // No time has passed: no rate.
    expect(meter.measure([APP])[0]?.cpuPercent).toBeUndefined();
  });

  test("never leaves 0 to 100, whatever the clocks say", () => {
    unified();
    meter.measure([APP]);
    put("cg/kanto-cm/app/cpu.stat", "usage_usec 99999999\n");
    setSystem(1001);
    expect(meter.measure([APP])[0]?.cpuPercent).toBe(100);
    put("cg/kanto-cm/app/cpu.stat", "usage_usec 1\n");
    setSystem(1002);
    expect(meter.measure([APP])[0]?.cpuPercent).toBe(0);
  });

  test("counts memory against its limit when that is less than the machine has", () => {
    unified("10000000");
    expect(meter.measure([APP])[0]?.memory).toEqual({
      usedBytes: 5_000_000,
      totalBytes: 10_000_000,
      percent: 50,
    });
  });

  test("leaves out what the kernel does not tell", () => {
    unified();
    rmSync(join(root, "cg/kanto-cm/app/io.stat"));
    put("cg/kanto-cm/app/pids.current", "0\n");
    const [seen] = meter.measure([APP]);
    expect(seen).not.toHaveProperty("io");
    expect(seen).not.toHaveProperty("pids");
  });

  test("in the host's network has no traffic of its own", () => {
    unified();
    expect(meter.measure([{ ...APP, isHostNetwork: true }])[0]?.network).toEqual({
      readBytes: 0,
      writeBytes: 0,
    });
  });

  test("begins anew when it was started again", () => {
    unified();
    meter.measure([APP]);
    put("43/cgroup", "0::/kanto-cm/app\n");
    put("43/net/dev", DEV);
    setSystem(1300);
    const [again] = meter.measure([{ ...APP, pid: 43 }]);
    expect(again?.cpuPercent).toBeUndefined();
    expect(again?.memory).toBeDefined();
  });

  test("one that has ended meanwhile is left out, the others are told", () => {
    unified();
    const gone = { id: "gone", pid: 77, isHostNetwork: false };
    expect(meter.measure([gone, APP]).map(({ id }) => id)).toEqual(["app"]);
    expect(meter.measure([])).toEqual([]);
  });

  test("of which one half cannot be read is told with a warning; without both with the peer's text", () => {
    unified();
    rmSync(join(root, "42/net/dev"));
    mkdirSync(join(root, "42/net/dev"));
    const [half] = meter.measure([APP]);
    expect(half).not.toHaveProperty("network");
    expect([half?.pids, half?.warnings.length]).toEqual([7, 1]);
    put("self/mountinfo", "");
    const [none] = new Meter(root).measure([APP]);
    expect(none?.warnings[0]).toMatch(/^2 errors:\n\n\* no cgroup file system is mounted\n\* /);
  });
});

describe("texts of the kernel", () => {
  test("the machine's CPU time counts eight columns, guests not twice", () => {
    expect(systemCpuNanos("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 100 0 0 0 0 0 0 0 0 0\n")).toBe(360_000_000);
  });

  test("the machine's memory, and no limit when it is not told", () => {
    expect(machineMemoryBytes("MemTotal:       16 kB\n")).toBe(16_384);
    expect(machineMemoryBytes("")).toBe(Number.POSITIVE_INFINITY);
  });

  test("traffic is that of all interfaces but the loopback, also when name and number touch", () => {
    expect(networkCounters("  eth0:100 0 0 0 0 0 0 0 7 0\n")).toEqual({ readBytes: 100, writeBytes: 7 });
    expect(networkCounters(DEV)).toEqual({ readBytes: 1600, writeBytes: 711 });
  });

  test("a mount of only a part of a hierarchy is found", () => {
    const mounts = cgroupMounts("30 20 0:26 /part /cg rw - cgroup2 cgroup2 rw\n");
    expect(cgroupPlace("0::/part/app\n", mounts)).toEqual({ version: 2, folder: "/cg/app" });
    expect(cgroupPlace("", mounts)).toBeUndefined();
  });
});
