/** `kanto-cm logs`: the stored lines as the daemon sends them, one JSON object a line. */

import { type Command, NAME_FLAG } from "../command.ts";
import { selectContainer } from "../select-container.ts";

export const logsCommand: Command = {
  name: "logs",
  usage: "logs <container-id>",
  short: "Print the logs for a container.",
  long: "Print the logs for a container.",
  examples: ["logs <container-id>", " logs --name <container-name>"],
  interspersed: true,
  maxArgs: 1,
  flags: [
    NAME_FLAG,
    {
      name: "tail",
      shorthand: "t",
      kind: "int32",
      fallback: "100",
      usage: "Lines of recent logs to show; a negative number shows all of them.",
    },
  ],
  async run({ values, args, client, signal, out }) {
    const container = await selectContainer(client, args[0], values.text("name"), signal);
    for await (const { log } of client.logs(container.id, values.number("tail"), signal)) {
      // Messages end with or without a line end (spec/grpc-api.md §10); an empty one is the end of an empty file.
      if (log !== "") out(log.endsWith("\n") ? log : `${log}\n`);
    }
  },
};
