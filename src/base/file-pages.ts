/** Pages of the program's own file that the process holds: there only because they were read once. */

import { readFileSync } from "node:fs";
import { adviseMemory } from "./libc.ts";

interface OwnMapping {
  readonly start: bigint;
  readonly bytes: bigint;
  readonly isWritable: boolean;
  /** Some of its pages are not those of the file any more. */
  readonly isChanged: boolean;
}

/** Start, end, permissions, path at the head of an entry of /proc/self/smaps. */
const HEAD = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ +(\/.*)$/m;

function ownMappings(): readonly OwnMapping[] {
  const entries = readFileSync("/proc/self/smaps", "utf8").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  return entries.flatMap((entry) => {
    const [, start, end, permissions, path] = HEAD.exec(entry) ?? [];
    if (permissions === undefined || path !== process.execPath) return [];
    const from = BigInt(`0x${start}`);
    return [
      {
        start: from,
        bytes: BigInt(`0x${end}`) - from,
        isWritable: permissions.includes("w"),
        isChanged: !/^Anonymous: +0 kB$/m.test(entry),
      },
    ];
  });
}

/**
 * Gives them back to the system, whose cache forgets them too; what is needed later is read again. Pages that another
 * process uses stay with both, changed ones go to the swap or stay. Throws SC_IO with errnoName EINVAL on kernels before 5.4.
 */
export function returnFilePages(): void {
  for (const { start, bytes } of ownMappings()) adviseMemory(start, bytes, "take-back");
}

/**
 * Holds them no more; they stay in the system's cache, so what is needed later costs no reading. For what only the start of
 * a program needs, which is most of it.
 */
export function letGoOfFilePages(): void {
  for (const { start, bytes, isWritable, isChanged } of ownMappings()) {
    if (!isWritable && !isChanged) adviseMemory(start, bytes, "unmap");
  }
}
