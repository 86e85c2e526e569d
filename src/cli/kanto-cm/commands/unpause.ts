/** `kanto-cm unpause`: lets the frozen processes of a container go on. */

import { selectContainer } from "../../select-container.ts";
import { type Command, NAME_FLAG } from "../command.ts";

export const unpauseCommand: Command = {
  name: "unpause",
  isOurs: true,
  usage: "unpause <container>",
  short: "Let the processes of a paused container go on.",
  long: "Let the processes of a paused container go on.",
  examples: ["unpause <container>"],
  interspersed: true,
  maxArgs: 1,
  completes: "container",
  flags: [NAME_FLAG],
  async run({ values, args, client, signal }) {
    await client.unpause((await selectContainer(client, args[0], values.text("name"), signal)).id, signal);
  },
};
