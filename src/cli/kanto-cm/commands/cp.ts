/** `kanto-cm cp`: files into a running container and out of it (docs/decisions/0060-command-line.md). */

import { CommandError } from "../../command-error.ts";
import { selectContainer } from "../../select-container.ts";
import type { Command } from "../command.ts";
import { copyPlace } from "../copy/place.ts";
import { onlyOurs } from "../only-ours.ts";

export const cpCommand: Command = {
  name: "cp",
  isOurs: true,
  usage: "cp <container>:<path> <path> | cp <path> <container>:<path>",
  short: "Copy files into a container and out of it.",
  long: [
    "Copy a file or folder into a running container or out of it. A place that is a folder gets the copy inside,",
    "another one becomes the copy. The container's image must have tar, and sh for copying into it.",
  ].join("\n"),
  examples: ["cp <container>:/etc/app.conf .", "cp app.conf <container>:/etc/app.conf"],
  interspersed: true,
  minArgs: 2,
  maxArgs: 2,
  flags: [],
  async run({ args, client, terminal, signal }) {
    const [source, target] = [copyPlace(args[0] ?? ""), copyPlace(args[1] ?? "")];
    if (source.kind === target.kind) {
      throw new CommandError("one of the two places must be in a container: <container>:<path>");
    }
    await onlyOurs("cp", async () => {
      if (source.kind === "container") {
        const { id } = await selectContainer(client, source.word, "", signal);
        const { copyOut } = await import("../copy/out.ts");
        const leftOut = await copyOut(client, id, source.path, target.path, signal);
        for (const path of leftOut) terminal.err(`left out, neither file nor folder nor link: ${path}\n`);
      } else if (target.kind === "container") {
        const { id } = await selectContainer(client, target.word, "", signal);
        const { copyIn } = await import("../copy/in.ts");
        await copyIn(client, id, source.path, target.path, signal);
      }
    });
  },
};
