/** `kanto-cm list` where rows are not enough: as JSON, wide, or with a filter by what only our daemon knows. */

import { ContainersClient } from "../../api/containers-client.ts";
import type { DaemonConnection } from "../../api/daemon-connection.ts";
import { paintFor } from "../colour.ts";
import type { Terminal } from "../terminal.ts";
import { containerJson } from "./container-json.ts";
import { containerTable, idLine, NONE_FOUND } from "./container-table.ts";
import { detailsById } from "./details.ts";
import type { Choose, ListFilter } from "./list-filters.ts";
import { refuseKantos } from "./only-ours.ts";
import { wideTable } from "./wide-table.ts";

export interface FullListParts {
  readonly connection: DaemonConnection;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly choose: Choose;
  readonly filter: ListFilter;
}

/** The text to print. */
export async function listInFull(
  form: "json" | "ids" | "wide" | "table",
  { connection, terminal, signal, choose, filter }: FullListParts,
): Promise<string> {
  const containers = await new ContainersClient(connection, "cli").list(signal);
  const details = await detailsById(connection, [], signal);
  if (details === undefined && filter.needsDetails) refuseKantos("a filter by health, origin or label");
  const listed = choose(containers, details);
  if (form === "json") {
    const all = listed.map((one) => containerJson(one.container, one.details));
    return `${JSON.stringify(all, undefined, 2)}\n`;
  }
  const shown = listed.map(({ container }) => container);
  if (form === "ids") return idLine(shown);
  if (shown.length === 0) return NONE_FOUND;
  return form === "wide" ? wideTable(listed, paintFor(terminal)) : containerTable(shown);
}
