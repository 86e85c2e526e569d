/** The calls of our extension service that carry extras, from a client's side. */

import type { Container, DesiredContainer, Resources, RestartPolicy } from "../model/container.ts";
import type { Extras } from "../model/extras.ts";
import type { LiveLimits } from "../model/extras-rules.ts";
import type { DaemonConnection } from "./daemon-connection.ts";
import { extrasFromWire, extrasToWire, limitsToWire, withExtras } from "./extras-wire.ts";
import { answeredContainer } from "./from-wire.ts";
import { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";
import { desiredToWire, resourcesToWire, restartPolicyToWire } from "./to-wire.ts";

/** No limit but the signal: it waits for the pull. */
export async function createWithExtras(
  connection: DaemonConnection,
  desired: DesiredContainer,
  originator: string,
  signal: AbortSignal,
): Promise<Container> {
  const request = {
    container: desiredToWire(desired),
    extras: desired.extras && extrasToWire(desired.extras),
    originator,
  };
  const { container, extras } = await connection.call(
    (client, options) => client.unary(SupercargoDefinition, "create", request, options),
    { signal },
  );
  return withExtras(answeredContainer(container, connection.addressText), extrasFromWire(extras));
}

/** By id, of the containers that have some. */
export async function listExtras(
  connection: DaemonConnection,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Extras>> {
  const { extras } = await connection.call(
    (client, options) => client.unary(SupercargoDefinition, "listExtras", {}, options),
    { signal, timeoutMs },
  );
  const all = new Map<string, Extras>();
  for (const [id, wire] of Object.entries(extras)) {
    const one = extrasFromWire(wire);
    if (one !== undefined) all.set(id, one);
  }
  return all;
}

/** Policy and limits at once; what is undefined stays. */
export async function updateWithLimits(
  connection: DaemonConnection,
  id: string,
  changes: {
    readonly policy: RestartPolicy | undefined;
    readonly resources: Resources | undefined;
    readonly limits: LiveLimits;
  },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const request = {
    id,
    restartPolicy: changes.policy && restartPolicyToWire(changes.policy),
    resources: changes.resources && resourcesToWire(changes.resources),
    limits: limitsToWire(changes.limits),
  };
  await connection.call((client, options) => client.unary(SupercargoDefinition, "update", request, options), {
    signal,
    timeoutMs,
  });
}
