/** The update agent inside the daemon; loaded when it is on. */

import { systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { VERSION } from "../cli/build-info.ts";
import type { DaemonConfig } from "../config/daemon-config.ts";
import type { Device } from "../deploy/desired-state/device.ts";
import type { Images } from "../images/images.ts";
import type { Manager } from "../manager/manager.ts";
import type { MqttConnection } from "../mqtt/connection.ts";
import type { Journal } from "../store/store.ts";
import { UpdateAgent } from "../update-agent/agent.ts";
import { PullPercent } from "../update-agent/pull-percent.ts";
import { containersOf } from "./manager-containers.ts";

const ORIGIN = "desired-state";
/** After a start the orchestrator may have been away as well: it begins anew soon, or not at all. */
const SILENCE_AFTER_START_MS = 300_000;

export interface AgentParts {
  readonly manager: Manager;
  readonly images: Images;
  readonly journal: Journal;
}

function deviceOf({ manager, images }: AgentParts): Device {
  return {
    ...containersOf(manager, ORIGIN),
    fetch: async (image, onPercent, signal) => {
      const percent = new PullPercent();
      const onProgress = (progress: Parameters<PullPercent["after"]>[0]) =>
        onPercent(percent.after(progress));
      await images.ensure(image, signal, { onProgress });
    },
    originOf: (id) => (manager.get(id) === undefined ? undefined : manager.details(id).origin),
    healthOf: (id) => (manager.get(id) === undefined ? undefined : manager.details(id).health?.status),
  };
}

/** Not opened. */
export function makeUpdateAgent(
  { updateAgent, manager: { defaultStopTimeoutMs } }: DaemonConfig,
  parts: AgentParts,
  connection: MqttConnection,
  log: Log,
): UpdateAgent {
  const { domain, drive, systemContainers, protect } = updateAgent;
  const device = deviceOf(parts);
  return new UpdateAgent({
    connection,
    containers: parts.manager,
    device,
    journal: parts.journal,
    clock: systemClock,
    log,
    version: VERSION,
    drive,
    patienceMs: updateAgent.commandWaitMs,
    isVerbose: updateAgent.verboseInventoryReport,
    currentStateDelayMs: updateAgent.currentStateDelayMs,
    options: {
      domain,
      systemContainers,
      isProtected: ({ id }) => protect.includes(device.originOf?.(id) ?? ""),
      newId: () => crypto.randomUUID(),
      stop: { timeoutSeconds: Math.ceil(defaultStopTimeoutMs / 1000), force: true, signal: "" },
      probationMs: updateAgent.probationMs,
      silenceMs: updateAgent.silenceMs,
      silenceAfterStartMs: Math.min(SILENCE_AFTER_START_MS, updateAgent.silenceMs),
    },
  });
}
