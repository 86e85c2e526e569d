/**
 * Calls of our extension service that the client of the peer's rpcs makes besides. A file of its own, loaded at the first of
 * them: a quick list needs none of its messages.
 */

import { hasCode } from "../errors/error.ts";
import type { Container, DesiredContainer } from "../model/container.ts";
import type { ReplaceOptions, ReplaceOutcome } from "../model/replace.ts";
import type { DaemonConnection } from "./daemon-connection.ts";
import { extrasToWire } from "./extras-wire.ts";
import { answeredContainer, containerFromWire } from "./from-wire.ts";
import { WatchEvent_Action as Action, SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";
import { outcomeFromWire } from "./replace-wire.ts";
import { desiredToWire, stopOptionsToWire } from "./to-wire.ts";

/** Whether the daemon offers the service at all. */
export async function offersExtension(
  connection: DaemonConnection,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await connection.call((client, options) => client.unary(SupercargoDefinition, "status", {}, options), {
      signal,
      timeoutMs,
    });
    return true;
  } catch (thrown) {
    if (hasCode(thrown, "SC_UNSUPPORTED")) return false;
    throw thrown;
  }
}

/** No limit but the signal: it may pull. */
export async function replaceRemotely(
  connection: DaemonConnection,
  id: string,
  desired: DesiredContainer,
  options: ReplaceOptions,
  originator: string,
  signal: AbortSignal,
): Promise<ReplaceOutcome> {
  const request = {
    id,
    desired: desiredToWire(desired),
    stopOptions: stopOptionsToWire(options.stop),
    probationMs: options.probationMs,
    originator,
    extras: desired.extras && extrasToWire(desired.extras),
  };
  const response = await connection.call(
    (client, callOptions) => client.unary(SupercargoDefinition, "replace", request, callOptions),
    { signal },
  );
  return outcomeFromWire(response, answeredContainer(response.container, connection.addressText));
}

/** Calls back for each container there is, then at each change, until the signal aborts. */
export async function watchRemotely(
  connection: DaemonConnection,
  onChange: (container: Container) => void,
  signal: AbortSignal,
): Promise<void> {
  const events = connection.stream(
    (client, options) =>
      client.serverStream(SupercargoDefinition, "watch", { ids: [], run: "", after: 0n }, options),
    { signal },
  );
  for await (const event of events) {
    if (event.container !== undefined && event.action !== Action.MARKER)
      onChange(containerFromWire(event.container));
  }
}

/** Imports an archive that lies on the device; answers the names of its images. */
export async function importRemotely(
  connection: DaemonConnection,
  path: string,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { images } = await connection.call(
    (client, options) => client.unary(SupercargoDefinition, "importImage", { path, name }, options),
    { signal },
  );
  return images.map((image) => image.name);
}
