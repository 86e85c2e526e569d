/** `kanto-cm images prune`: takes away the images that no container needs. */

import { ImagesClient } from "../../../api/images-client.ts";
import { sizeText } from "../../human-text.ts";
import { type Command, JSON_FLAG } from "../command.ts";
import { onlyOurs } from "../only-ours.ts";
import { durationMs } from "../since-flag.ts";

export const imagesPruneCommand: Command = {
  name: "images prune",
  isOurs: true,
  usage: "images prune",
  short: "Take away the images that no container needs.",
  long: "Take away the images that no container needs, or of them those that nobody has needed for a time.",
  examples: ["images prune --dry-run", "images prune --unused-for 720h"],
  interspersed: true,
  maxArgs: 0,
  flags: [
    {
      name: "unused-for",
      kind: "string",
      fallback: "",
      usage: "Only what was not needed for so long while the device ran, such as 72h.",
    },
    { name: "dry-run", kind: "bool", fallback: "false", usage: "Only tells what would be taken away." },
    JSON_FLAG,
  ],
  async run({ values, connection, signal, out }) {
    const isDryRun = values.bool("dry-run");
    const options = { unusedForMs: durationMs(values.text("unused-for")) ?? 0, isDryRun };
    const { names, freedBytes } = await onlyOurs("pruning images", () =>
      new ImagesClient(connection).prune(options, signal),
    );
    if (values.bool("json")) {
      return out(`${JSON.stringify({ dry_run: isDryRun, removed: names, freed_bytes: freedBytes })}\n`);
    }
    const list = names.map((name) => `${name}\n`).join("");
    out(`${list}${sizeText(freedBytes)} ${isDryRun ? "would be" : "are"} free again\n`);
  },
};
