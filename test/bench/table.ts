/** The lines as a table in Markdown, which a terminal shows as well. */

import { type Line, median, ratioOf, smallest, type Unit, verdictOf } from "./line.ts";

const HEAD = ["flow", "unit", "ours", "median", "n", "yardstick", "it", "median", "ratio", "budget", ""];
/** Columns of text; the others are figures. */
const TEXT_COLUMNS = new Set([0, 1, 5, 10]);

function figure(value: number, unit: Unit): string {
  if (unit === "" || unit === "B/h") return value.toFixed(0);
  if (unit === "MiB" || unit === "% CPU") return value.toFixed(value < 10 ? 2 : 1);
  if (value < 1) return value.toFixed(3);
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function budgetText({ budget, unit }: Line): string {
  if (budget.kind === "none") return "";
  return budget.kind === "ratio" ? `≤ ${budget.limit} ×` : `≤ ${budget.limit} ${unit}`;
}

function cells(line: Line): string[] {
  const { flow, unit, ours, yardstick, fault } = line;
  const pair = (values: readonly number[]) => [figure(smallest(values), unit), figure(median(values), unit)];
  return [
    flow,
    unit,
    ...pair(ours),
    String(ours.length),
    ...(yardstick === undefined ? ["", "", ""] : [yardstick.name, ...pair(yardstick.values)]),
    ratioOf(line)?.toFixed(2) ?? "",
    budgetText(line),
    `${verdictOf(line)}${fault === undefined ? "" : `: ${fault}`}`,
  ];
}

export function tableOf(lines: readonly Line[]): string {
  const rows = [HEAD, ...lines.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(2, ...rows.map((row) => (row[column] ?? "").length)));
  const show = (row: readonly string[]) => {
    const padded = row.map((cell, column) =>
      TEXT_COLUMNS.has(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `| ${padded.join(" | ")} |`;
  };
  const ruler = widths.map((width, column) =>
    TEXT_COLUMNS.has(column) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  const [head = [], ...body] = rows;
  return [show(head), `| ${ruler.join(" | ")} |`, ...body.map(show)].join("\n");
}
