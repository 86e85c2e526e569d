/** One daemon per exec root: a lock that the kernel gives back when the process ends, however it ends. */

import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { tryLock } from "../base/libc.ts";
import { SupercargoError, toError } from "../errors/error.ts";

/** Held until disposed. Throws SC_ALREADY_RUNNING or SC_IO. */
export function takeRunLock(execRoot: string, address: string): Disposable {
  const path = join(execRoot, "lock");
  let descriptor: number;
  try {
    mkdirSync(execRoot, { recursive: true, mode: 0o711 });
    descriptor = openSync(path, "w", 0o600);
  } catch (cause) {
    throw new SupercargoError("SC_IO", `unable to create lock file ${path}: ${toError(cause).message}`, {
      cause,
    });
  }
  if (!tryLock(descriptor)) {
    closeSync(descriptor);
    throw new SupercargoError(
      "SC_ALREADY_RUNNING",
      `another instance of container-management is already running at ${address}`,
      { hint: `stop it first; it holds ${path}` },
    );
  }
  return { [Symbol.dispose]: () => closeSync(descriptor) };
}
