/** Wires the auto deployer to the daemon's API, the terminal and the signals. */

import { ContainersClient } from "../api/containers-client.ts";
import { DaemonConnection } from "../api/daemon-connection.ts";
import { openDeployerContainers } from "../api/deployer-containers.ts";
import { systemClock } from "../base/clock.ts";
import { letGoOfFilePages } from "../base/file-pages.ts";
import { notifySupervisor, type SupervisorNews } from "../base/sd-notify.ts";
import { isTerminal, writeToDescriptor } from "../base/standard-output.ts";
import { runAutoDeployer, type StopSignal } from "../cli/auto-deployer.ts";
import { VERSION } from "../cli/build-info.ts";
import { hasCode } from "../errors/error.ts";
import { letGoAfterStart } from "./after-start.ts";
import { ownCpuMs } from "./return-memory.ts";

const STOP_SIGNALS: readonly StopSignal[] = ["SIGTERM", "SIGINT"];

/** A supervisor that cannot be reached is its own trouble; containers are deployed all the same. */
function notify(news: SupervisorNews): void {
  try {
    notifySupervisor(news);
  } catch (thrown) {
    if (!hasCode(thrown, "SC_IO")) throw thrown;
    writeToDescriptor(2, `${thrown.message}\n`);
  }
}

export function runKantoAutoDeployer(args: readonly string[]): Promise<number> {
  letGoAfterStart({ clock: systemClock, cpuMs: ownCpuMs, letGo: letGoOfFilePages });
  return runAutoDeployer(args, {
    version: VERSION,
    openContainers: (socketPath, warn) =>
      openDeployerContainers(
        new ContainersClient(new DaemonConnection({ unix: socketPath }), "folder"),
        warn,
      ),
    // Who does not read the log any more does not stop the deployer.
    stdout: (text) => writeToDescriptor(1, text),
    stderr: (text) => writeToDescriptor(2, text),
    isTerminal: isTerminal(2),
    environment: process.env,
    workingDirectory: process.cwd(),
    clock: systemClock,
    notify,
    onStopSignal: (callback) => {
      const listeners = STOP_SIGNALS.map((name) => [name, () => callback(name)] as const);
      for (const [name, listener] of listeners) process.on(name, listener);
      return () => {
        for (const [name, listener] of listeners) process.off(name, listener);
      };
    },
  });
}
