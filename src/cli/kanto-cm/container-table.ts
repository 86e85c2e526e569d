/**
 * The table of `kanto-cm list`, byte for byte as the peer prints it: tools split it at `|` (spec/cli.md, list).
 * A cell is padded with spaces to its column's least width, then with TABs to the column's width, a multiple of 8.
 */

import type { ContainerRow } from "../../api/container-rows.ts";

const COLUMNS = [
  { title: "ID", width: 37 },
  { title: "Name", width: 37 },
  { title: "Image", width: 60 },
  { title: "Status", width: 10 },
  { title: "Finished At", width: 32 },
  { title: "Exit Code", width: 10 },
] as const;
/** The peer's ruler below "Finished At" is two dashes short. */
const RULERS = [37, 37, 60, 10, 30, 10];
const TAB = 8;

export const NONE_FOUND = "No containers found.\n";

/** What `--quiet` prints. */
export function idLine(containers: readonly Pick<ContainerRow, "id">[]): string {
  return containers.length === 0 ? "" : `${containers.map(({ id }) => id).join(" ")}\n`;
}

function row(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, index) => {
      const padded = cell.padEnd(COLUMNS[index]?.width ?? 0);
      const tabs = Math.ceil(((widths[index] ?? 0) - padded.length) / TAB);
      return `${padded}${"\t".repeat(Math.max(0, tabs))}|`;
    })
    .join("");
}

export function containerTable(containers: readonly ContainerRow[]): string {
  const rows = [
    COLUMNS.map((column) => column.title),
    RULERS.map((length) => "-".repeat(length)),
    ...containers.map(({ id, name, image, state }) => [
      id,
      name,
      image.name,
      state.status,
      state.finishedAt,
      String(state.exitCode),
    ]),
  ];
  const widths = COLUMNS.map((column, index) => {
    const longest = Math.max(column.width, ...rows.map((cells) => (cells[index] ?? "").length));
    return Math.ceil(longest / TAB) * TAB;
  });
  return `\n${rows.map((cells) => row(cells, widths)).join("\n")}\n\n`;
}
