/** The Stats rpc: what running containers use, once or again and again. */

import { delay, systemClock } from "../base/clock.ts";
import { SupercargoError } from "../errors/error.ts";
import type { HandlersOf } from "../grpc/handlers.ts";
import type { ContainerMetrics, MeteredContainer } from "../metrics/counters.ts";
import { Meter } from "../metrics/meter.ts";
import type { ContainerStats, StatsResponse } from "./gen/supercargo/v1/stats.ts";
import type { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";
import type { ContainerKeeper } from "./keeper.ts";
import type { ServiceParts } from "./service-parts.ts";
import { ownStatus } from "./status.ts";

const LEAST_INTERVAL_MS = 100;
/** Between the two looks that one answer needs for its rates. */
const ONCE_MS = 500;

function runningOnes(keeper: ContainerKeeper, ids: readonly string[]): readonly MeteredContainer[] {
  return keeper
    .list()
    .filter(({ id, state }) => (ids.length === 0 || ids.includes(id)) && state.pid > 0)
    .map(({ id, state, hostConfig }) => ({
      id,
      pid: state.pid,
      isHostNetwork: hostConfig.networkMode === "host",
    }));
}

function toWire(metrics: ContainerMetrics): ContainerStats {
  const { id, cpuPercent, memory, io, network, pids, warnings } = metrics;
  const bytes = (value: number | undefined) => (value === undefined ? undefined : BigInt(Math.round(value)));
  return {
    id,
    cpuPercent,
    memoryUsedBytes: bytes(memory?.usedBytes),
    memoryTotalBytes: bytes(memory?.totalBytes),
    memoryPercent: memory?.percent,
    ioReadBytes: bytes(io?.readBytes),
    ioWriteBytes: bytes(io?.writeBytes),
    networkReadBytes: bytes(network?.readBytes),
    networkWriteBytes: bytes(network?.writeBytes),
    pids: bytes(pids),
    warnings: [...warnings],
  };
}

async function* stats(
  keeper: ContainerKeeper,
  ids: readonly string[],
  intervalMs: number,
  signal: AbortSignal,
): AsyncIterable<StatsResponse> {
  for (const id of ids) {
    if (keeper.get(id) === undefined)
      throw new SupercargoError("SC_CONTAINER_NOT_FOUND", `no such container with id = ${id} exists`);
  }
  const meter = new Meter();
  const everyMs = intervalMs === 0 ? ONCE_MS : Math.max(LEAST_INTERVAL_MS, intervalMs);
  meter.measure(runningOnes(keeper, ids));
  do {
    await delay(systemClock, everyMs, signal);
    const containers = meter.measure(runningOnes(keeper, ids)).map(toWire);
    yield { time: systemClock.stamp(), containers };
  } while (intervalMs > 0);
}

export function statsHandlers({
  keeper,
  whenReady,
}: ServiceParts): Pick<HandlersOf<typeof SupercargoDefinition>, "stats"> {
  return {
    stats: async function* ({ ids, intervalMs }, { signal }) {
      try {
        await whenReady(signal);
        yield* stats(keeper, ids, intervalMs, signal);
      } catch (thrown) {
        throw ownStatus(thrown);
      }
    },
  };
}
