/** `kanto-cm get`: everything about one container, in the stored form's spelling. */

import { toStoredJson } from "../../manifest/stored.ts";
import { type Command, NAME_FLAG } from "../command.ts";
import { selectContainer } from "../select-container.ts";

const INDENT = "   ";

export const getCommand: Command = {
  name: "get",
  usage: "get <container-id>",
  short: "Get detailed information about a given container.",
  long: "Get detailed information about a given container.",
  examples: ["get <container-id>", " get --name <container-name>"],
  interspersed: true,
  maxArgs: 1,
  flags: [NAME_FLAG],
  async run({ values, args, client, signal, out }) {
    const container = await selectContainer(client, args[0], values.text("name"), signal);
    out(`${toStoredJson(container, INDENT)}\n`);
  },
};
