/** Whether the daemon ends because the system goes down; then containers are stopped although live_restore is on (DESIGN §4). */

import { rmSync } from "node:fs";
import type { Log } from "../base/log.ts";
import { stoppingMarker, usualSigns, whySystemStops } from "../base/system-stopping.ts";
import { describeError } from "../errors/error.ts";

/** A marker that is there when the daemon starts is of a shutdown that is over or was called off. */
export function forgetSystemEnd(execRootDir: string): void {
  rmSync(stoppingMarker(execRootDir), { force: true });
}

/** Never throws: a system that cannot be asked goes on. */
export async function isSystemEnding(execRootDir: string, log: Log): Promise<boolean> {
  try {
    const reason = await whySystemStops(usualSigns(stoppingMarker(execRootDir)));
    if (reason !== undefined) log.info("the system goes down; containers are stopped", { reason });
    return reason !== undefined;
  } catch (thrown) {
    log.warn("it cannot be told whether the system goes down", { reason: describeError(thrown) });
    return false;
  }
}
