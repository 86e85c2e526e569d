/** `kanto-cm attach`: shows what a container writes from now on and passes input on. */

import { selectContainer } from "../../select-container.ts";
import { type Command, NAME_FLAG } from "../command.ts";

export const attachCommand: Command = {
  name: "attach",
  isOurs: true,
  usage: "attach <container>",
  short: "Show the output of a container and pass input on.",
  long: "Show what a container writes from now on until it ends. With a terminal, Ctrl-P Ctrl-Q leaves it running.",
  examples: ["attach <container>", "attach --i <container>"],
  interspersed: true,
  maxArgs: 1,
  completes: "container",
  flags: [
    {
      name: "i",
      kind: "bool",
      fallback: "false",
      usage: "Passes input on; the container must have been created with --i.",
    },
    NAME_FLAG,
  ],
  async run({ values, args, client, connection, terminal, signal }) {
    const container = await selectContainer(client, args[0], values.text("name"), signal);
    const { runAttached } = await import("../attached-terminal.ts");
    const wish = { container, withInput: values.bool("i"), canDetach: true };
    const outcome = await runAttached(connection, terminal, wish, async () => {}, signal);
    if (outcome === "detached") terminal.err("\r\n");
  },
};
