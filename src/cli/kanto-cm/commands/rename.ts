/** `kanto-cm rename`: gives a container another name. */

import { SupercargoError } from "../../../errors/error.ts";
import { isContainerName } from "../../../model/names.ts";
import { CommandError } from "../../command-error.ts";
import { selectContainer } from "../../select-container.ts";
import { type Command, NAME_FLAG } from "../command.ts";

export const renameCommand: Command = {
  name: "rename",
  usage: "rename <container-id> <container-new-name>",
  short: "Renames a given container.",
  long: "Renames a given container.",
  examples: ["rename <container-id> <new-name>", " rename --name <container-name> <new-name>"],
  interspersed: true,
  maxArgs: 2,
  completes: "container",
  flags: [NAME_FLAG],
  async run({ values, args, client, signal }) {
    const name = values.text("name");
    const [first, second] = args;
    const [id, newName] = second === undefined && name !== "" ? [undefined, first] : [first, second];
    if (newName !== undefined && newName !== "" && !isContainerName(newName)) {
      throw new SupercargoError("SC_CONTAINER_INVALID", `invalid container name format : ${newName}`);
    }
    const container = await selectContainer(client, id, name, signal);
    if (newName === undefined) throw new CommandError("You must provide a new name for the container");
    if (newName === container.name) throw new CommandError(`the new name = ${newName} shouldn't be the same`);
    await client.rename(container.id, newName, signal);
  },
};
