/** `kanto-cm sysinfo`: versions of the daemon and of this client. */

import type { BuildInfo } from "../../api/sysinfo-service.ts";
import { BUILD_INFO } from "../build-info.ts";
import type { Command } from "../command.ts";

function line(what: string, info: BuildInfo): string {
  return `${what} v${info.projectVersion}, API v${info.apiVersion}, (build ${info.gitCommit} ${info.buildTime}) \n`;
}

export const sysinfoCommand: Command = {
  name: "sysinfo",
  usage: "sysinfo",
  short: "Show information about the container management runtime and its environment.",
  long: "Show information about the container management runtime and its environment.",
  examples: ["sysinfo"],
  interspersed: true,
  maxArgs: 0,
  flags: [],
  async run({ client, signal, out }) {
    out(line("Engine", await client.projectInfo(signal)) + line("CLI", BUILD_INFO));
  },
};
