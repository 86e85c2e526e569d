/** The feature `Metrics` (spec/digital-twin.md §5.4): reports what running containers use, as long as somebody asked for it. */

import type { Clock, Timer } from "../base/clock.ts";
import type { ContainerMetrics, MeteredContainer } from "../metrics/counters.ts";
import { Meter } from "../metrics/meter.ts";
import { featureIdOf } from "./container-feature.ts";
import type { TwinContainers } from "./containers.ts";
import { type Feature, type Operation, unsupportedOperation } from "./feature.ts";
import { type MetricsFilter, readMetricsRequest, wants } from "./metrics-request.ts";

export const METRICS = "Metrics";
export const METRICS_VALUE = { definition: ["com.bosch.iot.suite.edge.metric:Metrics:1.0.0"] };

interface Measurement {
  readonly id: string;
  readonly value: number;
}

function measurementsOf({ cpuPercent, memory, io, network, pids }: ContainerMetrics): readonly Measurement[] {
  const all: readonly (readonly [string, number | undefined])[] = [
    ["cpu.utilization", cpuPercent],
    ["memory.total", memory?.totalBytes],
    ["memory.used", memory?.usedBytes],
    ["memory.utilization", memory?.percent],
    ["io.readBytes", io?.readBytes],
    ["io.writeBytes", io?.writeBytes],
    ["net.readBytes", network?.readBytes],
    ["net.writeBytes", network?.writeBytes],
    ["pids", pids],
  ];
  return all.flatMap(([id, value]) =>
    value === undefined || !Number.isFinite(value) ? [] : [{ id, value }],
  );
}

export interface MetricsParts {
  readonly containers: Pick<TwinContainers, "list">;
  readonly tell: (value: unknown) => void;
  readonly clock: Clock;
  readonly makeMeter?: () => Pick<Meter, "measure">;
}

export class Metrics implements Feature {
  readonly id = METRICS;
  #meter: Pick<Meter, "measure"> | undefined;
  #timer: Timer | undefined;

  constructor(private readonly parts: MetricsParts) {}

  unsupported(name: string): string {
    return unsupportedOperation(name);
  }

  operation(name: string): Operation | undefined {
    if (name !== "request") return undefined;
    return async (value) => {
      const { periodMs, filters } = readMetricsRequest(value);
      this.stop();
      if (periodMs === 0) return;
      this.#meter = this.parts.makeMeter?.() ?? new Meter();
      this.#meter.measure(this.#running());
      this.#plan(periodMs, filters);
    };
  }

  /** A container that has just been started is looked at, so that its next report has a rate. */
  onStarted(): void {
    this.#meter?.measure(this.#running());
  }

  /** Ends the reports. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#meter = undefined;
  }

  #plan(periodMs: number, filters: readonly MetricsFilter[]): void {
    this.#timer = this.parts.clock.after(periodMs, () => {
      this.#plan(periodMs, filters);
      this.#report(filters);
    });
  }

  #report(filters: readonly MetricsFilter[]): void {
    const looked = this.#meter?.measure(this.#running()) ?? [];
    const snapshot = looked.flatMap((metrics) => {
      const measurements = measurementsOf(metrics).filter(({ id }) => wants(filters, metrics.id, id));
      return measurements.length === 0 ? [] : [{ originator: featureIdOf(metrics.id), measurements }];
    });
    if (snapshot.length === 0) return;
    const timestamp = Math.floor(Date.parse(this.parts.clock.stamp()) / 1000);
    this.parts.tell({ snapshot, timestamp });
  }

  #running(): readonly MeteredContainer[] {
    return this.parts.containers
      .list()
      .filter(({ state }) => state.pid > 0)
      .map(({ id, state, hostConfig }) => ({
        id,
        pid: state.pid,
        isHostNetwork: hostConfig.networkMode === "host",
      }));
  }
}
