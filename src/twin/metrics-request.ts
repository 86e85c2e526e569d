/** What is asked of the feature Metrics: how often, and what of whom (spec/digital-twin.md §5.4). */

import { parseGoDurationMs } from "../base/go-duration.ts";
import { Arguments, textOf } from "./arguments.ts";
import { featureIdOf } from "./container-feature.ts";
import { invalid } from "./refusal.ts";

const LEAST_PERIOD_MS = 1_000;

export interface MetricsFilter {
  /** Beginnings of measurement ids; empty: all. */
  readonly ids: readonly string[];
  /** Empty: every container. */
  readonly originator: string;
}

export interface MetricsRequest {
  /** 0: no reports. */
  readonly periodMs: number;
  /** Empty: everything. */
  readonly filters: readonly MetricsFilter[];
}

/** Throws a refusal (400). */
export function readMetricsRequest(value: unknown): MetricsRequest {
  const request = Arguments.of(value);
  const periodMs = periodOf(request.raw("frequency"));
  const filters = request.objectsOrNull("filter").map((filter) => ({
    ids: (filter?.texts("id") ?? []).map((id) => id.replace(/^\*+|\*+$/g, "")),
    originator: filter?.text("originator") ?? "",
  }));
  return { periodMs: periodMs <= 0 ? 0 : Math.max(periodMs, LEAST_PERIOD_MS), filters };
}

function periodOf(frequency: unknown): number {
  if (frequency === undefined) return 0;
  if (typeof frequency === "number") return Math.trunc(frequency) * 1000;
  if (typeof frequency !== "string") {
    throw invalid(`invalid duration: ${shownInGo(frequency)}`);
  }
  const period = parseGoDurationMs(textOf(frequency, "frequency"));
  if (typeof period !== "number") throw invalid(period.fault);
  return period;
}

/** As Go prints it; what is in it does not count. */
function shownInGo(value: unknown): string {
  if (value === null) return "<nil>";
  if (typeof value !== "object") return String(value);
  return Array.isArray(value) ? "[...]" : "map[...]";
}

export function wants(filters: readonly MetricsFilter[], containerId: string, measurement: string): boolean {
  if (filters.length === 0) return true;
  return filters.some(
    ({ ids, originator }) =>
      (originator === "" || originator === featureIdOf(containerId)) &&
      (ids.length === 0 || ids.some((id) => measurement.startsWith(id))),
  );
}
