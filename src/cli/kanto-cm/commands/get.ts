/** `kanto-cm get`: everything about one container, in the stored form's spelling. */

import { toStoredJson } from "../../../manifest/stored.ts";
import { selectContainer } from "../../select-container.ts";
import { type Command, JSON_FLAG, NAME_FLAG } from "../command.ts";

const INDENT = "   ";

export const getCommand: Command = {
  name: "get",
  usage: "get <container-id>",
  short: "Get detailed information about a given container.",
  long: "Get detailed information about a given container.",
  examples: ["get <container-id>", " get --name <container-name>"],
  interspersed: true,
  maxArgs: 1,
  completes: "container",
  flags: [
    NAME_FLAG,
    { ...JSON_FLAG, usage: "What only our daemon knows, too: origin, health, ports, next start." },
  ],
  async run({ values, args, client, connection, signal, out }) {
    const container = await selectContainer(client, args[0], values.text("name"), signal);
    if (!values.bool("json")) return out(`${toStoredJson(container, INDENT)}\n`);
    const [{ containerJson }, { detailsById }] = await Promise.all([
      import("../container-json.ts"),
      import("../details.ts"),
    ]);
    const details = (await detailsById(connection, [container.id], signal))?.get(container.id);
    const stored: unknown = JSON.parse(toStoredJson(container));
    out(`${JSON.stringify({ ...containerJson(container, details), stored }, undefined, 2)}\n`);
  },
};
