/** Runs the daemon's deployment folder beside everything else; loaded when it is enabled. */

import { systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { DaemonConfig } from "../config/daemon-config.ts";
import { DeploymentFolder } from "../deploy/folder/deployment-folder.ts";
import type { Manager } from "../manager/manager.ts";
import type { Problem } from "../model/problem.ts";
import { containersOf } from "./manager-containers.ts";

export interface RunningDeployment {
  readonly problems: () => readonly Problem[];
  /** Finishes what is in hand; bounded. */
  end(): Promise<void>;
}

export function startDeployment(
  { mode, ctrDir, homeDir, stateDir }: DaemonConfig["deployment"],
  manager: Manager,
  log: Log,
  settingsRead: () => Promise<void>,
): RunningDeployment {
  const stop = new AbortController();
  const deployment = new DeploymentFolder({
    mode,
    folder: ctrDir,
    home: homeDir,
    stateDir,
    containers: containersOf(manager, mode === "watch" ? "folder" : "init-dir", settingsRead),
    clock: systemClock,
    log: log.module("deployment"),
  });
  const running = deployment.run(stop.signal);
  return {
    problems: () => deployment.problems,
    end: () => {
      stop.abort(new Error("the daemon ends"));
      return running;
    },
  };
}
