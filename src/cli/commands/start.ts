/** `kanto-cm start`: starts a container that was made or has ended. */

import { type Command, CommandError, NAME_FLAG } from "../command.ts";
import { selectContainer } from "../select-container.ts";

export const startCommand: Command = {
  name: "start",
  usage: "start <container-id>",
  short: "Start a container.",
  long: "Start a container.",
  examples: ["start <container-id>", " start --name <container-name>"],
  interspersed: true,
  maxArgs: 1,
  flags: [NAME_FLAG],
  async run({ values, args, client, signal }) {
    const { id, state } = await selectContainer(client, args[0], values.text("name"), signal);
    const subject = `the container with ID = ${id} is`;
    if (state.status === "Dead")
      throw new CommandError(`${subject} dead and to be removed - cannot start it`);
    if (state.status === "Running")
      throw new CommandError(`${subject} already running - cannot start it again`);
    if (state.status === "Paused") {
      throw new CommandError(`${subject} paused - cannot start it - use unpause instead`);
    }
    await client.start(id, signal);
  },
};
