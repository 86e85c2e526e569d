/** `kanto-cm sysinfo`: versions of the daemon and of this client. */

import type { BuildInfo } from "../../../api/sysinfo-service.ts";
import { BUILD_INFO } from "../../build-info.ts";
import { type Command, JSON_FLAG } from "../command.ts";

function line(what: string, info: BuildInfo): string {
  return `${what} v${info.projectVersion}, API v${info.apiVersion}, (build ${info.gitCommit} ${info.buildTime}) \n`;
}

function json({ projectVersion, apiVersion, gitCommit, buildTime }: BuildInfo) {
  return { version: projectVersion, api_version: apiVersion, git_commit: gitCommit, build_time: buildTime };
}

export const sysinfoCommand: Command = {
  name: "sysinfo",
  usage: "sysinfo",
  short: "Show information about the container management runtime and its environment.",
  long: "Show information about the container management runtime and its environment.",
  examples: ["sysinfo"],
  interspersed: true,
  maxArgs: 0,
  flags: [JSON_FLAG],
  async run({ values, client, signal, out }) {
    const engine = await client.projectInfo(signal);
    if (values.bool("json"))
      return out(`${JSON.stringify({ engine: json(engine), cli: json(BUILD_INFO) })}\n`);
    out(line("Engine", engine) + line("CLI", BUILD_INFO));
  },
};
