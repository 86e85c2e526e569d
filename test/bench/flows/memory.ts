/** What the daemon holds, as it is and with `manager.return_memory`. */

import type { Bench } from "../bench-device.ts";
import { atMost, type Line } from "../line.ts";
import { memoryOf, memoryOfEmpty, SETTLE_MS } from "../process-usage.ts";

/** The daemon looks every five seconds whether it is idle. */
const RETURNED_MS = 13_000;

export interface MemoryLimits {
  readonly anonymousMiB: number;
  readonly rssMiB: number;
  /** RSS with `manager.return_memory`. */
  readonly returnedMiB: number;
}

/** Restarts the daemon, twice: each figure is that of one that has just begun. */
export async function daemonMemory(bench: Bench, what: string, limits: MemoryLimits): Promise<Line[]> {
  await bench.restartDaemon();
  await Bun.sleep(SETTLE_MS);
  const usual = memoryOf(bench.daemonPid);
  const empty = await memoryOfEmpty(bench.options.helloPath);
  await bench.restartDaemon({ return_memory: true });
  await Bun.sleep(RETURNED_MS);
  const returned = memoryOf(bench.daemonPid);
  await bench.restartDaemon({ return_memory: false });
  const line = (flow: string, ours: number, emptyMiB: number, limitMiB: number): Line => ({
    flow: `${what}, ${flow}`,
    unit: "MiB",
    ours: [ours],
    yardstick: { name: "empty program", values: [emptyMiB] },
    budget: atMost(limitMiB),
  });
  return [
    line("anonymous memory", usual.anonymousMiB, empty.anonymousMiB, limits.anonymousMiB),
    line("RSS", usual.rssMiB, empty.rssMiB, limits.rssMiB),
    line("RSS with return_memory", returned.rssMiB, empty.rssMiB, limits.returnedMiB),
  ];
}
