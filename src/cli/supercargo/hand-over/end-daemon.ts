/** Ends the daemon so that it stops all containers in order and takes bridge, rules and namespaces back. */

import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { delay, systemClock } from "../../../base/clock.ts";
import { tryLock } from "../../../base/libc.ts";
import { lockHolder } from "../../../base/lock-holder.ts";
import { runCommand } from "../../../base/process.ts";
import { stoppingMarker } from "../../../base/system-stopping.ts";
import { SupercargoError } from "../../../errors/error.ts";

const UNITS = ["kanto-auto-deployer.service", "container-management.service"];
/** Above the daemon's own limit for stopping containers, 280 s. */
const END_LIMIT_MS = 300_000;
const LOOK_EVERY_MS = 100;

/** Pid of the daemon with this run-time folder; undefined when none runs. */
export function runningDaemon(execRoot: string): number | undefined {
  return lockHolder(join(execRoot, "lock"));
}

/**
 * Resolves when no daemon runs, with its lock, so that none can be started until it is disposed.
 * @throws SC_TIMEOUT, SC_IO
 */
export async function endDaemon(execRoot: string, signal: AbortSignal): Promise<Disposable> {
  const pid = runningDaemon(execRoot);
  if (pid !== undefined) {
    const marker = stoppingMarker(execRoot);
    mkdirSync(dirname(marker), { recursive: true });
    writeFileSync(marker, "");
    try {
      if (await isUnitRunning(pid)) await stopUnits(signal);
      else process.kill(pid, "SIGTERM");
      return await whenFree(execRoot, signal);
    } finally {
      rmSync(marker, { force: true });
    }
  }
  return await whenFree(execRoot, signal);
}

/** A daemon that systemd has started must be ended by it, else it is started again at once. */
async function isUnitRunning(pid: number): Promise<boolean> {
  if (!existsSync("/run/systemd/system")) return false;
  const command = ["systemctl", "show", "--property=MainPID", "--value", UNITS[1] ?? ""];
  const { stdout } = await runCommand(command, { timeoutMs: 10_000 });
  return Number(stdout.trim()) === pid;
}

async function stopUnits(signal: AbortSignal): Promise<void> {
  const { exitCode, stderr } = await runCommand(["systemctl", "stop", ...UNITS], {
    timeoutMs: END_LIMIT_MS,
    signal,
  });
  // The deployer may not be installed; whether the daemon has ended the lock tells.
  if (exitCode !== 0 && !/not loaded/.test(stderr)) {
    throw new SupercargoError("SC_IO", `systemctl stop ${UNITS.join(" ")} failed: ${stderr.trim()}`);
  }
}

async function whenFree(execRoot: string, signal: AbortSignal): Promise<Disposable> {
  const path = join(execRoot, "lock");
  if (!existsSync(path)) return { [Symbol.dispose]: () => undefined };
  const descriptor = openSync(path, "r");
  try {
    const endMs = systemClock.nowMs() + END_LIMIT_MS;
    while (!tryLock(descriptor)) {
      if (systemClock.nowMs() > endMs) {
        throw new SupercargoError("SC_TIMEOUT", `the daemon has not ended within ${END_LIMIT_MS / 1000} s`, {
          hint: "its log says what it waits for; run this again when it has ended",
        });
      }
      await delay(systemClock, LOOK_EVERY_MS, signal);
    }
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
  return { [Symbol.dispose]: () => closeSync(descriptor) };
}
