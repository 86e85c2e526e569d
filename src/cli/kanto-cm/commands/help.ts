/** `kanto-cm help`: help about any command. */

import type { Command } from "../command.ts";

export const helpCommand: Command = {
  name: "help",
  usage: "help [command]",
  short: "Help about any command",
  long: "Help provides help for any command in the application.",
  examples: ["help", "help list"],
  interspersed: true,
  maxArgs: Number.POSITIVE_INFINITY,
  isOffline: true,
  flags: [],
  async run({ args, out }) {
    const { commandPage, groupPage, rootPage } = await import("../help-pages.ts");
    if (args.length === 0) return out(await rootPage());
    const { findCommand } = await import("../find-command.ts");
    const isGroup = args.length === 1;
    const found = await findCommand(isGroup ? [...args, "--help"] : args);
    if (found.kind === "group") return out(await groupPage(found.group));
    out(found.kind === "command" ? commandPage(found.command) : await rootPage());
  },
};
