/** `kanto-cm list`: all containers as a table, or their ids, or JSON. */

import { listRows } from "../../../api/container-rows.ts";
import { JSON_FLAG, type LeanCommand, NAME_FLAG } from "../command.ts";
import { containerTable, idLine, NONE_FOUND } from "../container-table.ts";
import { type Choose, readFilters, SORT_WORDS, sorter } from "../list-filters.ts";

export const listCommand: LeanCommand = {
  name: "list",
  usage: "list",
  short: "List all containers.",
  long: "List all containers. The list can be narrowed by name and by filters.",
  examples: [
    " list",
    " list --name <container-name>",
    " list --quiet",
    " list --filter status=running",
    " list --wide --sort name --filter health=unhealthy",
  ],
  interspersed: true,
  maxArgs: 0,
  flags: [
    { ...NAME_FLAG, usage: "List all containers with a specific name." },
    { name: "quiet", shorthand: "q", kind: "bool", fallback: "false", usage: "List only container IDs." },
    {
      name: "filter",
      kind: "strings",
      fallback: "[]",
      usage:
        "Lists only containers with a specified filter: status, image, exitcode, name, id, health, origin, label.",
    },
    JSON_FLAG,
    {
      name: "wide",
      shorthand: "w",
      kind: "bool",
      fallback: "false",
      usage: "Ports, health, restarts, age and origin, too.",
      isOurs: true,
    },
    {
      name: "sort",
      kind: "string",
      fallback: "created",
      usage: "Order: created, started, finished, name, id, image, status or restarts.",
      choices: SORT_WORDS,
      isOurs: true,
    },
    { name: "reverse", kind: "bool", fallback: "false", usage: "The other way round.", isOurs: true },
  ],
  withoutClient: true,
  async run({ values, connection, terminal, signal, out }) {
    const filter = await readFilters(values.list("filter"));
    const compare = sorter(values.text("sort"));
    const name = values.text("name");
    const choose: Choose = (containers, details) => {
      const chosen = containers
        .map((container) => ({ container, details: details?.get(container.id) }))
        .filter((one) => (name === "" || one.container.name === name) && filter.test(one))
        .sort(compare);
      return values.bool("reverse") ? chosen.reverse() : chosen;
    };
    const isQuiet = values.bool("quiet");
    const isJson = values.bool("json");
    if (isJson || filter.needsDetails || (values.bool("wide") && !isQuiet)) {
      const { listInFull } = await import("../full-list.ts");
      const form = isJson ? "json" : isQuiet ? "ids" : values.bool("wide") ? "wide" : "table";
      return out(await listInFull(form, { connection, terminal, signal, choose, filter }));
    }
    const rows = choose(await listRows(connection, signal)).map(({ container }) => container);
    out(isQuiet ? idLine(rows) : rows.length === 0 ? NONE_FOUND : containerTable(rows));
  },
};
