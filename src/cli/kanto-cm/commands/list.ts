/** `kanto-cm list`: all containers as a table, or their ids, or JSON. */

import { type Command, JSON_FLAG, NAME_FLAG } from "../command.ts";
import { containerTable } from "../container-table.ts";
import { readFilters, SORT_WORDS, sorter } from "../list-filters.ts";

export const listCommand: Command = {
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
  async run({ values, client, connection, terminal, signal, out }) {
    const filter = await readFilters(values.list("filter"));
    const compare = sorter(values.text("sort"));
    const isJson = values.bool("json");
    const isWide = values.bool("wide");
    const name = values.text("name");
    const containers = await client.list(signal);
    const details =
      isJson || isWide || filter.needsDetails
        ? await (await import("../details.ts")).detailsById(connection, [], signal)
        : undefined;
    if (details === undefined && filter.needsDetails) {
      (await import("../only-ours.ts")).refuseKantos("a filter by health, origin or label");
    }
    const listed = containers
      .map((container) => ({ container, details: details?.get(container.id) }))
      .filter((one) => (name === "" || one.container.name === name) && filter.test(one))
      .sort(compare);
    if (values.bool("reverse")) listed.reverse();
    if (isJson) {
      const { containerJson } = await import("../container-json.ts");
      const all = listed.map((one) => containerJson(one.container, one.details));
      return out(`${JSON.stringify(all, undefined, 2)}\n`);
    }
    if (values.bool("quiet")) {
      if (listed.length > 0) out(`${listed.map(({ container }) => container.id).join(" ")}\n`);
      return;
    }
    if (listed.length === 0) return out("No containers found.\n");
    if (!isWide) return out(containerTable(listed.map(({ container }) => container)));
    const [{ wideTable }, { paintFor }] = await Promise.all([
      import("../wide-table.ts"),
      import("../../colour.ts"),
    ]);
    out(wideTable(listed, paintFor(terminal)));
  },
};
