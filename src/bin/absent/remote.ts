/** Stands in for `remote.ts` in a build without MQTT. */

import type { Log } from "../../base/log.ts";
import type { DaemonConfig } from "../../config/daemon-config.ts";
import type { Manager } from "../../manager/manager.ts";
import type { RunningRemote } from "../remote.ts";

const MESSAGE = "this build has no MQTT: the digital twin is left out";
const HINT = "set things.enable to false, or install a build with MQTT";

export function startRemote(_config: DaemonConfig, _manager: Manager, log: Log): RunningRemote {
  log.error(MESSAGE, { hint: HINT });
  return {
    problems: () => [{ code: "SC_UNSUPPORTED", message: MESSAGE, hint: HINT, subject: "things.enable" }],
    end: async () => {},
  };
}
