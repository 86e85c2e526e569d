/** One process at a time runs a private device; the kernel gives the lock back when that process ends in any way. */

import { closeSync, openSync } from "node:fs";
import { tryLock } from "../../src/base/libc.ts";

/** Answers the descriptor that holds the lock; throws with a sentence for the user when another process holds it. */
export function lockDevice(path: string): number {
  const descriptor = openSync(path, "w");
  if (tryLock(descriptor)) return descriptor;
  closeSync(descriptor);
  throw new Error(`it runs already in this folder (${path} is locked): end that one with Ctrl-C first`);
}
