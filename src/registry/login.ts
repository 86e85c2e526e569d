/** Whether a registry takes the credentials that we have for it: its base address is asked, as `docker login` does. */

import { type Clock, systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { hasCode, SupercargoError } from "../errors/error.ts";
import { TokenCache } from "./authorizer.ts";
import { endpointsOf } from "./endpoint.ts";
import { type Asked, statusFailure } from "./failure.ts";
import { REGISTRY_PACE } from "./limits.ts";
import { Session } from "./session.ts";
import type { RegistrySettings } from "./settings.ts";

/** `anonymous`: it asked for nothing, so nothing was tried. */
export type LoginOutcome = "taken" | "anonymous";

/** Throws SC_REGISTRY_DENIED when they are refused, and what a pull throws for everything else. */
export async function tryLogin(
  host: string,
  settings: RegistrySettings,
  log: Log,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<LoginOutcome> {
  const asked: Asked = {
    intent: `failed to log in at ${host}`,
    image: "",
    registry: host,
    object: "the base of the registry",
  };
  let first: unknown;
  for (const endpoint of await endpointsOf(host, settings, log)) {
    const session = new Session({
      endpoint,
      repository: "",
      tokens: new TokenCache(clock),
      limits: REGISTRY_PACE,
    });
    try {
      const { response } = await session.request("GET", "", {}, asked, signal);
      if (response.status !== 200) throw await statusFailure(asked, response);
      await response.discard();
      return session.isSigned ? "taken" : "anonymous";
    } catch (thrown) {
      signal.throwIfAborted();
      first ??= thrown;
      // It has answered: the next way to it would say the same.
      if (!hasCode(thrown, "SC_REGISTRY_UNAVAILABLE", "SC_REGISTRY_PROTOCOL")) throw denied(host, thrown);
    }
  }
  throw denied(host, first);
}

function denied(host: string, thrown: unknown): unknown {
  if (!hasCode(thrown, "SC_REGISTRY_DENIED")) return thrown;
  return new SupercargoError(
    "SC_REGISTRY_DENIED",
    `registry ${host} does not take these credentials: ${thrown.message}`,
    {
      cause: thrown,
      hint: "check user name and password; a token can have expired or lack the right to read packages",
      fields: thrown.fields,
    },
  );
}
