/**
 * Whether the whole system goes down, or only this program (docs/decisions/0050-system-shutdown.md). Each kind of init is
 * asked in its own way; no answer counts as no.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "./file-system.ts";
import { runCommand } from "./process.ts";

/**
 * The marker of a program with this run-time folder. Inits that have no sign of their own make it before they end the
 * program, and so does who wants the containers to be stopped with it.
 */
export function stoppingMarker(execRootDir: string): string {
  return join(execRootDir, "supercargo", "system-stopping");
}

export interface StoppingSigns {
  /** A file by which an init without a sign of its own, or its script, tells it; taken away at the program's start. */
  readonly marker: string;
  /** There only while systemd is the init. */
  readonly systemdFolder: string;
  /** First one that exists is asked. */
  readonly systemctl: readonly string[];
  /** Where sysvinit notes the run level. */
  readonly utmp: readonly string[];
}

/** Where the signs are on a usual system. */
export function usualSigns(marker: string): StoppingSigns {
  return {
    marker,
    systemdFolder: "/run/systemd/system",
    systemctl: ["/usr/bin/systemctl", "/bin/systemctl"],
    utmp: ["/run/utmp", "/var/run/utmp"],
  };
}

/** systemd answers within milliseconds, also while it stops units. */
const ASK_LIMIT_MS = 5_000;

/** The sign by which it is known that the system is stopping, in words; undefined when it is not. */
export async function whySystemStops(signs: StoppingSigns): Promise<string | undefined> {
  if (existsSync(signs.marker)) return `${signs.marker} is there`;
  if (existsSync(signs.systemdFolder)) return await askSystemd(signs.systemctl);
  const level = signs.utmp.map(runLevelIn).find((found) => found !== undefined);
  return level === "0" || level === "6" ? `run level ${level}` : undefined;
}

/** systemd 215 and later say `stopping` from the moment at which shutdown.target is queued. */
async function askSystemd(programs: readonly string[]): Promise<string | undefined> {
  const program = programs.find((path) => existsSync(path));
  if (program === undefined) return undefined;
  const { stdout } = await runCommand([program, "is-system-running"], { timeoutMs: ASK_LIMIT_MS });
  return stdout.trim() === "stopping" ? "systemd is stopping the system" : undefined;
}

/** utmp(5): a record of type RUN_LVL has the user `runlevel`, and the level as a character in the low byte of its pid. */
const USER = Buffer.from("runlevel\0", "utf8");
const USER_OFFSET = 44;
const PID_OFFSET = 4;
const RUN_LVL = 1;

/** The present run level; undefined when the file has none. */
export function runLevelIn(path: string): string | undefined {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (thrown) {
    if (errorCode(thrown) === undefined) throw thrown;
    return undefined;
  }
  const record = content.indexOf(USER) - USER_OFFSET;
  if (record < 0 || content.readUInt16LE(record) !== RUN_LVL) return undefined;
  return String.fromCharCode(content.readUInt8(record + PID_OFFSET));
}
