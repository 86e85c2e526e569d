/** Waiting for a daemon that may just be starting: tries to connect until the limit, as the peer's blocking dial does. */

import type { DaemonConnection } from "../api/daemon-connection.ts";
import { systemClock } from "../base/clock.ts";
import { retry } from "../base/retry.ts";
import { hasCode } from "../errors/error.ts";

/** What no waiting mends: rights, a path that cannot be a socket's. */
const HOPELESS: ReadonlySet<unknown> = new Set(["EACCES", "EPERM", "ENAMETOOLONG", "ENOTDIR", "ELOOP"]);

/** Whether trying again cannot help. */
export function isHopeless(thrown: unknown): boolean {
  return hasCode(thrown, "SC_DAEMON_UNAVAILABLE") && HOPELESS.has(thrown.fields["errnoName"]);
}

/** @param limitMs time for all tries together; the last error is thrown after it. */
export async function waitForDaemon(
  connection: DaemonConnection,
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = systemClock.nowMs();
  await retry(() => connection.call(async () => {}, { signal }), {
    clock: systemClock,
    signal,
    attempts: Number.POSITIVE_INFINITY,
    firstMs: 20,
    capMs: 500,
    jitter: 0,
    shouldRetry: (thrown) =>
      hasCode(thrown, "SC_DAEMON_UNAVAILABLE") &&
      !isHopeless(thrown) &&
      systemClock.nowMs() - startedMs < limitMs,
  });
}
