/** How long the machine runs: the one measure of time that no setting of the clock changes and that outlives our process. */

import { readFileSync } from "node:fs";

export interface Uptime {
  /** Another one after every boot. */
  readonly bootId: string;
  /** Milliseconds since the boot, sleep included. */
  readonly upMs: number;
}

/** Throws when /proc is not there. */
export function readUptime(): Uptime {
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  const seconds = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  return { bootId, upMs: Math.round(seconds * 1000) };
}
