/**
 * `kanto-cm logs`: of one container the stored lines as the daemon sends them, one JSON object a line, as the peer. With what
 * the peer does not have (several containers, following, since, text) the lines are written out for people.
 */

import type { Container } from "../../../model/container.ts";
import { selectContainer, selectContainers } from "../../select-container.ts";
import { type Command, type CommandContext, JSON_FLAG, NAME_FLAG } from "../command.ts";

/** Names for people: the id where two share a name. */
function titles(containers: readonly Container[]): readonly string[] {
  return containers.map(({ id, name }) =>
    containers.filter((other) => other.name === name).length > 1 ? id : name,
  );
}

async function printStored({ values, client, signal, out }: CommandContext, { id }: Container) {
  for await (const { log } of client.logs(id, values.number("tail"), signal)) {
    // Messages end with or without a line end (spec/grpc-api.md §10); an empty one is the end of an empty file.
    if (log !== "") out(log.endsWith("\n") ? log : `${log}\n`);
  }
}

async function printForPeople(context: CommandContext, containers: readonly Container[]): Promise<void> {
  const { values, client, connection, terminal, signal, out } = context;
  const [{ LinePrinter, logLinesOf, mergeByTime }, { paintFor }, { sinceStamp }] = await Promise.all([
    import("../log-lines.ts"),
    import("../../colour.ts"),
    import("../since-flag.ts"),
  ]);
  const follow = values.bool("follow");
  const since = sinceStamp(values.text("since"));
  if (follow || since !== "") {
    const [{ onlyOurs }, { SupercargoClient }] = await Promise.all([
      import("../only-ours.ts"),
      import("../../../api/supercargo-client.ts"),
    ]);
    // Kanto's daemon would pass over both and answer something else.
    await onlyOurs(follow ? "following logs" : "--since", () =>
      new SupercargoClient(connection).status(signal),
    );
  }
  // Everything since a moment, unless a number is given with it.
  const tail = since !== "" && !values.has("tail") ? -1 : values.number("tail");
  const names = titles(containers);
  const form = {
    withNames: containers.length > 1,
    withTimes: values.bool("timestamps"),
    isJson: values.bool("json"),
  };
  const printer = new LinePrinter(names, form, paintFor(terminal));
  const sources = containers.map(({ id }, index) => ({
    name: names[index] ?? id,
    lines: logLinesOf(client.logs(id, tail, signal, { follow, since })),
  }));
  if (!follow) {
    for await (const line of mergeByTime(sources)) out(printer.textOf(line));
    return;
  }
  await Promise.all(
    sources.map(async ({ name, lines }) => {
      for await (const line of lines) out(printer.textOf({ name, line }));
    }),
  );
}

export const logsCommand: Command = {
  name: "logs",
  usage: "logs <container-id>",
  short: "Print the logs for a container.",
  long: "Print the logs for a container.",
  examples: [
    "logs <container-id>",
    "logs --name <container-name>",
    "logs --follow --since 10m <container> <container>",
  ],
  interspersed: true,
  maxArgs: Number.POSITIVE_INFINITY,
  completes: "containers",
  flags: [
    NAME_FLAG,
    {
      name: "tail",
      shorthand: "t",
      kind: "int32",
      fallback: "100",
      usage: "Lines of recent logs to show; a negative number shows all of them.",
    },
    {
      name: "follow",
      shorthand: "f",
      kind: "bool",
      fallback: "false",
      usage: "Goes on with new lines until the container is removed or Ctrl-C.",
      isOurs: true,
    },
    {
      name: "since",
      kind: "string",
      fallback: "",
      usage: "Only lines since then: a time such as 2026-11-21T10:00:00Z, or how long ago, such as 10m.",
      isOurs: true,
    },
    {
      name: "text",
      kind: "bool",
      fallback: "false",
      usage: "Only what was written, no JSON; also with several containers, --follow and --since.",
      isOurs: true,
    },
    { name: "timestamps", kind: "bool", fallback: "false", usage: "Times in front of text.", isOurs: true },
    { ...JSON_FLAG, usage: "JSON with the name of the container in each line." },
  ],
  async run(context) {
    const { values, args, client, signal } = context;
    const name = values.text("name");
    const containers =
      args.length < 2 || name !== ""
        ? [await selectContainer(client, args[0], name, signal)]
        : await selectContainers(client, args, signal);
    const [only] = containers;
    const isPlain = !["follow", "since", "text", "timestamps", "json"].some((flag) => values.has(flag));
    if (only !== undefined && containers.length === 1 && isPlain) return printStored(context, only);
    await printForPeople(context, containers);
  },
};
