/** One line of the table: what was measured, beside what, and whether it keeps its budget (DESIGN §7). */

export type Unit = "ms" | "MiB" | "% CPU" | "1/s" | "B/h" | "";

export type Budget =
  /** So many times the yardstick. */
  | { readonly kind: "ratio"; readonly limit: number }
  /** In the line's unit. */
  | { readonly kind: "limit"; readonly limit: number }
  /** Shown for orientation. */
  | { readonly kind: "none" };

export interface Yardstick {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Line {
  readonly flow: string;
  readonly unit: Unit;
  readonly ours: readonly number[];
  readonly yardstick?: Yardstick;
  readonly budget: Budget;
  /** What is wrong beside the time: lines lost, containers stopped. Such a line is never ok. */
  readonly fault?: string;
}

export const NO_BUDGET: Budget = { kind: "none" };

export function times(limit: number): Budget {
  return { kind: "ratio", limit };
}

export function atMost(limit: number): Budget {
  return { kind: "limit", limit };
}

export function smallest(values: readonly number[]): number {
  return Math.min(...values);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.floor(sorted.length / 2);
  const upper = sorted[at] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[at - 1] ?? Number.NaN)) / 2;
}

/** Smallest beside smallest: other programs only ever lengthen a time. */
export function ratioOf({ ours, yardstick }: Line): number | undefined {
  return yardstick === undefined ? undefined : smallest(ours) / smallest(yardstick.values);
}

export type Verdict = "ok" | "over" | "";

export function verdictOf(line: Line): Verdict {
  const { budget, ours, fault } = line;
  if (fault !== undefined) return "over";
  switch (budget.kind) {
    case "none":
      return "";
    case "limit":
      return smallest(ours) <= budget.limit ? "ok" : "over";
    case "ratio":
      return (ratioOf(line) ?? Number.POSITIVE_INFINITY) <= budget.limit ? "ok" : "over";
  }
}
