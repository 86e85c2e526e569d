/** Waiting for a daemon that may just be starting: tries to connect until the limit, as the peer's blocking dial does. */

import type { DaemonConnection } from "../../api/daemon-connection.ts";
import { systemClock } from "../../base/clock.ts";
import { retry } from "../../base/retry.ts";
import { hasCode } from "../../errors/error.ts";
import { isLively, type Terminal } from "../terminal.ts";

/** What no waiting mends: rights, a path that cannot be a socket's. */
const HOPELESS: ReadonlySet<unknown> = new Set(["EACCES", "EPERM", "ENAMETOOLONG", "ENOTDIR", "ELOOP"]);

/** Whether trying again cannot help. */
export function isHopeless(thrown: unknown): boolean {
  return hasCode(thrown, "SC_DAEMON_UNAVAILABLE") && HOPELESS.has(thrown.fields["errnoName"]);
}

/** A person at a terminal is told after this time what is waited for. */
const NOTICE_AFTER_MS = 1000;

/**
 * @param limitMs time for all tries together; the last error is thrown after it.
 * @param ask what is asked of the daemon; asked again while none answers
 */
export async function waitForDaemon(
  connection: DaemonConnection,
  limitMs: number,
  signal: AbortSignal,
  terminal: Terminal,
  ask = () => connection.call(async () => {}, { signal }),
): Promise<void> {
  const startedMs = systemClock.nowMs();
  let isTold = false;
  const tell = () => {
    if (isTold || systemClock.nowMs() - startedMs < NOTICE_AFTER_MS || !isLively(terminal, "stderr")) return;
    isTold = true;
    const seconds = Math.round(limitMs / 1000);
    terminal.err(`no daemon at ${connection.addressText} yet; waiting up to ${seconds} s, Ctrl-C ends it\n`);
  };
  await retry(ask, {
    clock: systemClock,
    signal,
    attempts: Number.POSITIVE_INFINITY,
    firstMs: 20,
    capMs: 500,
    jitter: 0,
    onRetry: tell,
    shouldRetry: (thrown) =>
      hasCode(thrown, "SC_DAEMON_UNAVAILABLE") &&
      // One that answered and went away again has got the question.
      thrown.fields["grpcStatus"] === undefined &&
      !isHopeless(thrown) &&
      systemClock.nowMs() - startedMs < limitMs,
  });
}
