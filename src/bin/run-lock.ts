/**
 * One daemon per exec root, as the peer has it, and one per home: two that share a home spoil each other's state. Locks that
 * the kernel gives back when the process ends, however it ends.
 */

import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { tryLock } from "../base/libc.ts";
import { SupercargoError, toError } from "../errors/error.ts";

const FOLDER_MODE = 0o711;

/** Held until disposed. Throws SC_ALREADY_RUNNING or SC_IO. */
export function takeRunLock(execRoot: string, home: string, address: string): Disposable {
  using locks = new DisposableStack();
  const lockFile = join(execRoot, "lock");
  locks.use(
    take(
      execRoot,
      lockFile,
      "w",
      `another instance of container-management is already running at ${address}`,
    ),
  );
  // The folder itself: nothing is written, so a disk that has become read-only does not matter.
  locks.use(take(home, home, "r", `another instance of container-management already uses the home ${home}`));
  return locks.move();
}

function take(folder: string, path: string, flags: "w" | "r", taken: string): Disposable {
  let descriptor: number;
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    descriptor = openSync(path, flags, 0o600);
  } catch (cause) {
    throw new SupercargoError("SC_IO", `unable to open ${path} for locking: ${toError(cause).message}`, {
      cause,
    });
  }
  if (!tryLock(descriptor)) {
    closeSync(descriptor);
    throw new SupercargoError("SC_ALREADY_RUNNING", taken, { hint: `stop it first; it holds ${path}` });
  }
  return { [Symbol.dispose]: () => closeSync(descriptor) };
}
