/** Pages of the program's own file that the process holds: clean, and there only because they were read once. */

import { readFileSync } from "node:fs";
import { pageOut } from "./libc.ts";

/** Start, end, permissions, path of a line of /proc/self/maps. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ +(\/.*)$/gm;

/**
 * Gives them back to the system; what is needed later is read again. Pages that another process uses too stay with both.
 * Throws SC_IO with errnoName EINVAL on kernels before 5.4.
 */
export function returnFilePages(): void {
  for (const [, start, end, permissions, path] of readFileSync("/proc/self/maps", "utf8").matchAll(MAPPING)) {
    if (path !== process.execPath || permissions === undefined || permissions.includes("w")) continue;
    const from = BigInt(`0x${start}`);
    pageOut(from, BigInt(`0x${end}`) - from);
  }
}
