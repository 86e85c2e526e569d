/**
 * One daemon per exec root, as the peer has it, and one per home: two that share a home spoil each other's state. Locks that
 * the kernel gives back when the process ends, however it ends.
 */

import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { delay, systemClock } from "../base/clock.ts";
import { tryLock } from "../base/libc.ts";
import { SupercargoError, toError } from "../errors/error.ts";

const FOLDER_MODE = 0o711;
/** A program that a killed daemon was just starting holds its locks for a moment longer. */
const PATIENCE_MS = 3_000;
const LOOK_EVERY_MS = 50;

/** Held until disposed. Throws SC_ALREADY_RUNNING, SC_IO or the signal's reason. */
export async function takeRunLock(
  execRoot: string,
  home: string,
  address: string,
  signal: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<Disposable> {
  using locks = new DisposableStack();
  const lockFile = join(execRoot, "lock");
  locks.use(
    await take(
      execRoot,
      lockFile,
      "w",
      `another instance of container-management is already running at ${address}`,
      signal,
      patienceMs,
    ),
  );
  // The folder itself: nothing is written, so a disk that has become read-only does not matter.
  const taken = `another instance of container-management already uses the home ${home}`;
  locks.use(await take(home, home, "r", taken, signal, patienceMs));
  return locks.move();
}

async function take(
  folder: string,
  path: string,
  flags: "w" | "r",
  taken: string,
  signal: AbortSignal,
  patienceMs: number,
): Promise<Disposable> {
  let descriptor: number;
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    descriptor = openSync(path, flags, 0o600);
  } catch (cause) {
    throw new SupercargoError("SC_IO", `unable to open ${path} for locking: ${toError(cause).message}`, {
      cause,
    });
  }
  try {
    const endMs = systemClock.nowMs() + patienceMs;
    while (!tryLock(descriptor)) {
      if (systemClock.nowMs() >= endMs) {
        throw new SupercargoError("SC_ALREADY_RUNNING", taken, { hint: `stop it first; it holds ${path}` });
      }
      await delay(systemClock, LOOK_EVERY_MS, signal);
    }
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
  return { [Symbol.dispose]: () => closeSync(descriptor) };
}
