/** When measured values are told, and which (spec/digital-twin.md §5.4). */

import { expect, test } from "bun:test";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import type { ContainerMetrics, MeteredContainer } from "../../../src/metrics/counters.ts";
import type { Container, Status } from "../../../src/model/container.ts";
import { fillDefaults } from "../../../src/model/defaults.ts";
import { Metrics } from "../../../src/twin/metrics.ts";

const FOREVER = new AbortController().signal;

interface Report {
  readonly snapshot: readonly {
    readonly originator: string;
    readonly measurements: readonly { readonly id: string; readonly value: number }[];
  }[];
  readonly timestamp: number;
}

function scene(io = true) {
  const clock = new VirtualClock();
  const told: { readonly atMs: number; readonly report: Report }[] = [];
  const looks: number[] = [];
  const container = (id: string, status: Status, pid: number): Container => ({
    ...fillDefaults({ id, name: id, image: { name: "i" } }),
    ...{ resolvConfPath: "", hostsPath: "", hostnamePath: "", created: "" },
    ...{ manuallyStopped: false, restartCount: 0, startedSuccessfullyBefore: false },
    state: { status, pid, startedAt: "", finishedAt: "", exitCode: 0, error: "", oomKilled: false },
  });
  const list = [container("a", "Running", 10), container("b", "Paused", 11), container("c", "Stopped", -1)];
  const measure = (containers: readonly MeteredContainer[]): readonly ContainerMetrics[] => {
    looks.push(clock.nowMs());
    return containers.map(({ id }) => ({
      id,
      ...(looks.length > 1 ? { cpuPercent: 1.5 } : {}),
      memory: { usedBytes: 5, totalBytes: 10, percent: 50 },
      ...(io ? { io: { readBytes: 1, writeBytes: 2 } } : {}),
      network: { readBytes: 3, writeBytes: 4 },
      pids: 7,
      warnings: [],
    }));
  };
  const tell = (report: unknown) => told.push({ atMs: clock.nowMs(), report: report as Report });
  const metrics = new Metrics({
    containers: { list: () => list },
    clock,
    tell,
    makeMeter: () => ({ measure }),
  });
  const request = async (value: unknown) => {
    await metrics.operation("request")?.(value, FOREVER);
  };
  return { clock, told, looks, list, metrics, request };
}

const ALL = [
  "cpu.utilization",
  "memory.total",
  "memory.used",
  "memory.utilization",
  "io.readBytes",
  "io.writeBytes",
  "net.readBytes",
  "net.writeBytes",
  "pids",
];

test("nothing is told before a request; then one message per period for all that run or are paused", async () => {
  const { clock, told, request } = scene();
  await clock.advance(60_000);
  expect(told).toEqual([]);
  await request({ frequency: "5s" });
  await clock.advance(16_000);
  expect(told.map(({ atMs }) => atMs)).toEqual([65_000, 70_000, 75_000]);
  const [first] = told;
  expect(first?.report.timestamp).toBe(Date.UTC(2026, 0, 1) / 1000 + 65);
  expect(first?.report.snapshot.map(({ originator }) => originator)).toEqual(["Container:a", "Container:b"]);
  expect(first?.report.snapshot[0]?.measurements.map(({ id }) => id)).toEqual(ALL);
  // Rates need a look before the first report: it is taken at the request.
  expect(first?.report.snapshot[0]?.measurements[0]).toEqual({ id: "cpu.utilization", value: 1.5 });
});

test("what a container does not have is left out, and a container without anything, too", async () => {
  const { clock, told, request } = scene(false);
  await request({ frequency: "1s", filter: [{ id: ["io"] }] });
  await clock.advance(3_000);
  expect(told).toEqual([]);
  await request({ frequency: "1s", filter: [{ id: ["io", "pids"] }] });
  await clock.advance(1_000);
  expect(told[0]?.report.snapshot[0]?.measurements).toEqual([{ id: "pids", value: 7 }]);
});

test("periods: below a second is a second, below one as a number is none, a text without sense changes nothing", async () => {
  const rows: readonly (readonly [unknown, readonly number[]])[] = [
    [{ frequency: "200ms" }, [1_000, 2_000, 3_000, 4_000, 5_000]],
    [{ frequency: 2.9 }, [2_000, 4_000]],
    [{ frequency: "1m30s" }, []],
    [{ frequency: "1.5s" }, [1_500, 3_000, 4_500]],
    [{ frequency: 0.9 }, []],
    [{ frequency: -5 }, []],
    [{ frequency: "0s" }, []],
    [{ filter: [{ id: ["cpu"] }] }, []],
    [{}, []],
  ];
  for (const [value, times] of rows) {
    const { clock, told, request } = scene();
    await request({ frequency: "1s" });
    await request(value);
    await clock.advance(5_000);
    expect([value, told.map(({ atMs }) => atMs)]).toEqual([value, [...times]]);
  }
  const { clock, told, request } = scene();
  await request({ frequency: "2s" });
  expect(await request({ frequency: "often" }).catch((thrown) => thrown.message)).toBe(
    'time: invalid duration "often"',
  );
  expect(await request({ frequency: "5" }).catch((thrown) => thrown.message)).toBe(
    'time: missing unit in duration "5"',
  );
  await clock.advance(4_000);
  expect(told).toHaveLength(2);
});

test("filters are or-ed; ids are beginnings, stars at their ends mean nothing, and nobody is called SYSTEM", async () => {
  const rows: readonly (readonly [readonly unknown[], readonly string[]])[] = [
    [[], ["a", "b"]],
    [[{}], ["a", "b"]],
    [[null], ["a", "b"]],
    [[{ originator: "" }], ["a", "b"]],
    [[{ originator: "Container:b" }], ["b"]],
    [[{ originator: "SYSTEM" }], []],
    [[{ originator: "SYSTEM" }, { originator: "Container:a" }], ["a"]],
  ];
  for (const [filter, originators] of rows) {
    const { clock, told, request } = scene();
    await request({ frequency: "1s", filter });
    await clock.advance(1_000);
    const names = told.flatMap(({ report }) => report.snapshot.map(({ originator }) => originator.slice(10)));
    expect([filter, names]).toEqual([filter, [...originators]]);
  }
  const ids: readonly (readonly [readonly (string | null)[], readonly string[]])[] = [
    [["cpu.*"], ["cpu.utilization"]],
    [["cpu"], ["cpu.utilization"]],
    [["mem"], ["memory.total", "memory.used", "memory.utilization"]],
    [["*"], ALL],
    [[""], ALL],
    [[null], ALL],
    [[], ALL],
    [
      ["pids", "net.read"],
      ["net.readBytes", "pids"],
    ],
    [["*Bytes"], []],
    [["*.utilization"], []],
  ];
  for (const [id, measured] of ids) {
    const { clock, told, request } = scene();
    await request({ frequency: "1s", filter: [{ id }] });
    await clock.advance(1_000);
    const found = told[0]?.report.snapshot[0]?.measurements.map((measurement) => measurement.id) ?? [];
    expect([id, found]).toEqual([id, [...measured]]);
  }
});

test("a container that has just started is looked at, so that its next report has a rate; the end of the features ends reports", async () => {
  const { clock, told, looks, list, metrics, request } = scene();
  metrics.onStarted();
  expect(looks).toEqual([]);
  await request({ frequency: "2s" });
  await clock.advance(500);
  list.push(...list.slice(0, 1).map((container) => ({ ...container, id: "d" })));
  metrics.onStarted();
  expect(looks).toEqual([0, 500]);
  await clock.advance(1_500);
  expect(told[0]?.report.snapshot.map(({ originator }) => originator)).toContain("Container:d");
  metrics.stop();
  await clock.advance(10_000);
  expect(told).toHaveLength(1);
});
