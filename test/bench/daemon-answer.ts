/** Waits for a daemon that is starting, at a closer look than the device's own. */

import { ContainersClient } from "../../src/api/containers-client.ts";
import { DaemonConnection } from "../../src/api/daemon-connection.ts";
import { hasCode } from "../../src/errors/error.ts";
import { type Bench, stepSignal } from "./bench-device.ts";

const PROBE_EVERY_MS = 1;

/** Resolves when a daemon lists the containers, and these ids are running. Nothing tells of a daemon's start: it is asked. */
export async function untilListed(bench: Bench, ids: ReadonlySet<string>): Promise<void> {
  const client = new ContainersClient(new DaemonConnection({ unix: bench.device.socket }), "bench");
  const signal = stepSignal();
  try {
    for (;;) {
      try {
        const containers = await client.list(signal);
        const isUp = (id: string) =>
          containers.some((container) => container.id === id && container.state.status === "Running");
        if ([...ids].every(isUp)) return;
      } catch (thrown) {
        if (!hasCode(thrown, "SC_DAEMON_UNAVAILABLE")) throw thrown;
      }
      await Bun.sleep(PROBE_EVERY_MS);
      signal.throwIfAborted();
    }
  } finally {
    await client.close();
  }
}
