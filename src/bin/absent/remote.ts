/** Stands in for `remote.ts` in a build without MQTT. */

import type { Log } from "../../base/log.ts";
import type { DaemonConfig } from "../../config/daemon-config.ts";
import type { Problem } from "../../model/problem.ts";
import type { RunningRemote } from "../remote.ts";
import type { AgentParts } from "../update-agent.ts";

function leftOut(what: string, key: string): Problem {
  return {
    code: "SC_UNSUPPORTED",
    message: `this build has no MQTT: ${what} is left out`,
    hint: `set ${key} to false, or install a build with MQTT`,
    subject: key,
  };
}

export async function startRemote(
  { things, updateAgent }: DaemonConfig,
  _parts: AgentParts,
  log: Log,
): Promise<RunningRemote> {
  const problems: Problem[] = [];
  if (things.enable) problems.push(leftOut("the digital twin", "things.enable"));
  if (updateAgent.enable) problems.push(leftOut("the update agent", "update_agent.enable"));
  for (const { message, hint } of problems) log.error(message, { hint });
  return { problems: () => problems, endRequests: async () => {}, end: async () => {} };
}
