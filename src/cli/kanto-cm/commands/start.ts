/** `kanto-cm start`: starts a container that was made or has ended; attached to it when asked. */

import { CommandError } from "../../command-error.ts";
import { selectContainer } from "../../select-container.ts";
import { type Command, NAME_FLAG } from "../command.ts";

export const startCommand: Command = {
  name: "start",
  usage: "start <container-id>",
  short: "Start a container.",
  long: "Start a container.",
  examples: ["start <container-id>", " start --name <container-name>", " start --a --i <container-id>"],
  interspersed: true,
  maxArgs: 1,
  completes: "container",
  flags: [
    { name: "a", kind: "bool", fallback: "false", usage: "Shows the container's output until it ends." },
    {
      name: "i",
      kind: "bool",
      fallback: "false",
      usage: "Shows the output and passes input on; the container must have been created with --i.",
    },
    NAME_FLAG,
  ],
  async run({ values, args, client, connection, terminal, signal }) {
    const container = await selectContainer(client, args[0], values.text("name"), signal);
    const { id, state, ioConfig } = container;
    const subject = `the container with ID = ${id} is`;
    if (state.status === "Dead")
      throw new CommandError(`${subject} dead and to be removed - cannot start it`);
    if (state.status === "Running")
      throw new CommandError(`${subject} already running - cannot start it again`);
    if (state.status === "Paused") {
      throw new CommandError(`${subject} paused - cannot start it - use unpause instead`);
    }
    const withInput = values.bool("i");
    if (!values.bool("a") && !withInput) {
      await client.start(id, signal);
      return;
    }
    if (ioConfig.tty && values.bool("a") && !terminal.isTerminal("stdout")) {
      throw new CommandError("the input device is not a TTY");
    }
    const { runAttached } = await import("../attached-terminal.ts");
    const wish = { container, withInput, canDetach: false };
    await runAttached(connection, terminal, wish, () => client.start(id, signal), signal);
  },
};
