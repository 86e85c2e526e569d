/**
 * What a killed daemon had just started may still be at work: a rule, an interface or a namespace made by it would come
 * behind our sweep. A mark in the run-time folder tells that the last daemon did not end in order; then we wait for it.
 */

import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { delay } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { findOrphanedCommands } from "../base/orphaned-commands.ts";
import type { NetworkOptions } from "./options.ts";

const LOOK_EVERY_MS = 10;
/** These programs end within milliseconds; one that hangs must not keep the daemon from starting. */
const PATIENCE_MS = 10_000;

type Place = Pick<NetworkOptions, "execDir" | "clock">;

function markOf({ execDir }: Place): string {
  return join(execDir, "network-at-work");
}

export async function beginWork(place: Place, log: Log, signal: AbortSignal): Promise<void> {
  const mark = markOf(place);
  if (existsSync(mark)) await waitForOrphans(place, log, signal);
  mkdirSync(place.execDir, { recursive: true, mode: 0o711 });
  writeFileSync(mark, "");
}

export function endWork(place: Place): void {
  rmSync(markOf(place), { force: true });
}

async function waitForOrphans({ clock }: Place, log: Log, signal: AbortSignal): Promise<void> {
  const endMs = clock.nowMs() + PATIENCE_MS;
  for (let orphans = findOrphanedCommands(); orphans.length > 0; orphans = findOrphanedCommands()) {
    if (clock.nowMs() >= endMs) {
      const still = orphans.map(({ pid, command }) => `${command} (${pid})`).join(", ");
      log.warn("programs of a daemon that was killed still run and are not waited for any longer", { still });
      return;
    }
    await delay(clock, LOOK_EVERY_MS, signal);
  }
}
