/** What the daemon does while nobody asks for anything, what watching its containers costs, and a command in one of them. */

import { DaemonConnection } from "../../../src/api/daemon-connection.ts";
import { SupercargoClient } from "../../../src/api/supercargo-client.ts";
import { plainExec } from "../../../src/model/exec.ts";
import { type Bench, stepSignal } from "../bench-device.ts";
import { atMost, type Line, NO_BUDGET } from "../line.ts";
import { timed } from "../pace.ts";
import { cpuMs, openDescriptors, SETTLE_MS, wakeups, writtenBytes } from "../process-usage.ts";

const FLEET = 20;
const AT_A_TIME = 4;
const HOUR_MS = 3_600_000;
const METRICS_EVERY_MS = 1_000;
/** 0.4 of the peer's 1.5 %. */
const METRICS_PERCENT = 0.6;

interface Quiet {
  readonly percent: number;
  readonly wakeupsPerSecond: number;
  readonly bytesPerHour: number;
  readonly descriptors: number;
}

export async function quiet(bench: Bench): Promise<readonly Line[]> {
  const spanMs = bench.pace.isQuick ? 12_000 : 30_000;
  await bench.restartDaemon();
  await Bun.sleep(2 * SETTLE_MS);
  const none = await look(bench, spanMs);
  const ids = await bench.runMany(FLEET, AT_A_TIME);
  await Bun.sleep(2 * SETTLE_MS);
  const fleet = await look(bench, spanMs);
  const metered = await meteredPercent(bench, spanMs);
  const execs = await execTimes(bench, ids[0] ?? "");
  await bench.removeAll(ids);
  return [
    ...linesOf("daemon without containers, idle", none),
    ...linesOf(`daemon with ${FLEET} containers, idle`, fleet),
    {
      flow: `metrics every second, ${FLEET} containers, beyond idle`,
      unit: "% CPU",
      ours: [metered - fleet.percent],
      yardstick: { name: "idle", values: [fleet.percent] },
      budget: atMost(METRICS_PERCENT),
    },
    {
      flow: "exec of `true`",
      unit: "ms",
      ours: execs.ours,
      yardstick: { name: "ctr task exec", values: execs.yard },
      budget: NO_BUDGET,
    },
  ];
}

function linesOf(what: string, seen: Quiet): Line[] {
  const line = (flow: string, unit: Line["unit"], value: number): Line => ({
    flow: `${what}${flow}`,
    unit,
    ours: [value],
    budget: NO_BUDGET,
  });
  return [
    line("", "% CPU", seen.percent),
    line(", waking up", "1/s", seen.wakeupsPerSecond),
    line(", written to disk", "B/h", seen.bytesPerHour),
    line(", open descriptors", "", seen.descriptors),
  ];
}

async function look(bench: Bench, spanMs: number): Promise<Quiet> {
  const pid = bench.daemonPid;
  const before = { cpu: cpuMs(pid), woken: wakeups(pid), written: writtenBytes(pid) };
  await Bun.sleep(spanMs);
  return {
    percent: ((cpuMs(pid) - before.cpu) / spanMs) * 100,
    wakeupsPerSecond: ((wakeups(pid) - before.woken) / spanMs) * 1000,
    bytesPerHour: ((writtenBytes(pid) - before.written) / spanMs) * HOUR_MS,
    descriptors: openDescriptors(pid),
  };
}

/** While somebody is told once a second what all containers use. */
async function meteredPercent(bench: Bench, spanMs: number): Promise<number> {
  const connection = new DaemonConnection({ unix: bench.device.socket });
  const stop = new AbortController();
  const from = cpuMs(bench.daemonPid);
  let looks = 0;
  try {
    const enough = Math.round(spanMs / METRICS_EVERY_MS);
    for await (const _ of new SupercargoClient(connection).stats([], METRICS_EVERY_MS, stop.signal)) {
      if (++looks >= enough) break;
    }
    return ((cpuMs(bench.daemonPid) - from) / spanMs) * 100;
  } finally {
    stop.abort();
    await connection.close();
  }
}

async function execTimes(bench: Bench, id: string): Promise<{ ours: number[]; yard: number[] }> {
  const ours: number[] = [];
  const yard: number[] = [];
  const wish = plainExec(["true"]);
  await bench.pace.rounds(10, 4, async () => {
    ours.push(
      await timed(async () => {
        const running = await bench.device.client.exec(id, wish, undefined, stepSignal());
        for await (const _ of running.output);
        await running.exitCode;
      }),
    );
    const task = ["task", "exec", "--exec-id", bench.newName(), id, "true"];
    yard.push(await timed(() => bench.ctr.runIn(bench.device.namespace, ...task)));
  });
  return { ours, yard };
}
