/**
 * Whether old one and successor fit on the disk together. The successor is expected to write as much as the old one has
 * written; beside that a reserve stays free for everybody else, and one for states where these are kept: when the disk is
 * found full between the two, neither can be started.
 */

import { SupercargoError } from "../errors/error.ts";
import type { Context } from "./context.ts";
import { snapshotKey } from "./entry.ts";

/** SC_DISK_FULL with the numbers. */
export async function checkSpace(ctx: Context, oldId: string): Promise<void> {
  const { engine, disk, options } = ctx.parts;
  const used = await engine.snapshotUsage(snapshotKey(oldId), ctx.lifetime);
  const free = disk();
  const neededBytes = used.sizeBytes + options.reserveBytes;
  const neededInodes = used.inodes + options.reserveInodes;
  const missing: string[] = [];
  if (free.freeBytes < neededBytes) {
    missing.push(`${free.freeBytes} bytes free, ${neededBytes} needed`);
  }
  if (free.freeInodes < neededInodes) {
    missing.push(`${free.freeInodes} inodes free, ${neededInodes} needed`);
  }
  if (free.stateFreeBytes < options.stateReserveBytes) {
    missing.push(`${free.stateFreeBytes} bytes free for states, ${options.stateReserveBytes} needed`);
  }
  if (missing.length === 0) return;
  throw new SupercargoError(
    "SC_DISK_FULL",
    `the disk has no room for container ${oldId} and its successor together: ${missing.join("; ")}`,
    {
      hint: "free space or remove unused images, then try again; nothing was touched",
      fields: { container: oldId, freeBytes: free.freeBytes, neededBytes },
    },
  );
}
