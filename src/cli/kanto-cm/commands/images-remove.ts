/** `kanto-cm images remove`: takes images off the device. */

import { ImagesClient } from "../../../api/images-client.ts";
import { CommandError } from "../../command-error.ts";
import { errorHint, errorText } from "../../error-text.ts";
import { sizeText } from "../../human-text.ts";
import { type Command, JSON_FLAG } from "../command.ts";
import { onlyOurs } from "../only-ours.ts";

export const imagesRemoveCommand: Command = {
  name: "images remove",
  isOurs: true,
  usage: "images remove <image>...",
  short: "Take images off the device.",
  long: "Take images off the device. One that a container needs is refused, unless forced.",
  examples: ["images remove docker.io/library/redis:6"],
  interspersed: true,
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  completes: "image",
  flags: [
    {
      name: "force",
      shorthand: "f",
      kind: "bool",
      fallback: "false",
      usage: "Also when a container needs it.",
    },
    JSON_FLAG,
  ],
  async run({ values, args, connection, signal, out }) {
    const client = new ImagesClient(connection);
    const removed: string[] = [];
    const failures: string[] = [];
    let freedBytes = 0;
    for (const name of args) {
      try {
        const removal = await onlyOurs("removing images", () =>
          client.remove(name, values.bool("force"), signal),
        );
        removed.push(...removal.names);
        freedBytes += removal.freedBytes;
      } catch (thrown) {
        signal.throwIfAborted();
        const hint = errorHint(thrown);
        failures.push(`${name}: ${errorText(thrown)}${hint === "" ? "" : ` (${hint})`}`);
      }
    }
    if (values.bool("json")) out(`${JSON.stringify({ removed, freed_bytes: freedBytes, failures })}\n`);
    else if (removed.length > 0) out(`${removed.join("\n")}\n${sizeText(freedBytes)} are free again\n`);
    if (failures.length > 0) throw new CommandError(failures.join("\n"));
  },
};
