/** Noticing from outside that the daemon has read settings of registries anew: asked for while somebody waits for a registry. */

import { delay, systemClock } from "../base/clock.ts";
import { isKind } from "../errors/error.ts";
import type { DaemonConnection } from "./daemon-connection.ts";
import { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";

const LOOK_EVERY_MS = 1_000;

/** Resolves when the daemon's count differs from what it is now. Throws the signal's reason. */
export async function settingsChange(
  connection: DaemonConnection,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const before = await count(connection, timeoutMs, signal);
  for (;;) {
    await delay(systemClock, LOOK_EVERY_MS, signal);
    const now = await count(connection, timeoutMs, signal);
    if (now !== undefined && before !== undefined && now !== before) return;
  }
}

/** undefined while the daemon does not answer. */
async function count(
  connection: DaemonConnection,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  try {
    const { settingsRead } = await connection.call(
      (client, options) => client.unary(SupercargoDefinition, "status", {}, options),
      { signal, timeoutMs },
    );
    return settingsRead;
  } catch (thrown) {
    signal.throwIfAborted();
    if (!isKind(thrown, "unavailable", "timeout")) throw thrown;
    return undefined;
  }
}
