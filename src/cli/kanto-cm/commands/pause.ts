/** `kanto-cm pause`: freezes the processes of a container. */

import { selectContainer } from "../../select-container.ts";
import { type Command, NAME_FLAG } from "../command.ts";

export const pauseCommand: Command = {
  name: "pause",
  isOurs: true,
  usage: "pause <container>",
  short: "Freeze the processes of a container.",
  long: "Freeze the processes of a running container until it is unpaused.",
  examples: ["pause <container>"],
  interspersed: true,
  maxArgs: 1,
  completes: "container",
  flags: [NAME_FLAG],
  async run({ values, args, client, signal }) {
    await client.pause((await selectContainer(client, args[0], values.text("name"), signal)).id, signal);
  },
};
