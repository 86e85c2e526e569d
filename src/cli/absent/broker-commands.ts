/** Stands in for the commands that need a broker in a build without MQTT. */

import { SupercargoError } from "../../errors/error.ts";
import type { ToolCommand } from "../supercargo/command.ts";

function absent(name: string, short: string): ToolCommand {
  return {
    name,
    usage: `${name} [word]...`,
    short,
    long: "This build has no MQTT.",
    examples: [name],
    flags: [],
    leastArgs: 0,
    mostArgs: Number.POSITIVE_INFINITY,
    exitCodes: { 1: "always" },
    async run() {
      throw new SupercargoError("SC_UNSUPPORTED", `this build has no MQTT, and ${name} needs a broker`, {
        hint: "install a build with MQTT",
      });
    },
  };
}

export const updateCommand = absent("update", "Leads an update: needs a build with MQTT");
export const currentStateCommand = absent("current-state", "Prints the inventory: needs a build with MQTT");
