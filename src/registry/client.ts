/** The registry client: finds the way to the repository of a reference, over its mirrors, and resolves the reference. */

import { type Clock, systemClock } from "../base/clock.ts";
import type { HttpLimits } from "../base/http.ts";
import type { Log } from "../base/log.ts";
import { hasCode, SupercargoError, toError } from "../errors/error.ts";
import { TokenCache } from "./authorizer.ts";
import { type Place, placesOf } from "./endpoint.ts";
import { type Asked, protocolFailure } from "./failure.ts";
import { REGISTRY_PACE } from "./limits.ts";
import { quote, type Reference } from "./reference.ts";
import { OpenRepository, objectOf, type Repository, type Resolved, resolve, type Way } from "./repository.ts";
import { Session } from "./session.ts";
import type { RegistrySettings } from "./settings.ts";

export interface RegistryClientOptions {
  /** Read at every open, so that a reload needs no restart. */
  readonly settings: () => RegistrySettings;
  readonly log: Log;
  readonly clock?: Clock;
  readonly limits?: HttpLimits;
}

export class RegistryClient {
  readonly #tokens: TokenCache;
  readonly #limits: HttpLimits;

  constructor(private readonly options: RegistryClientOptions) {
    this.#tokens = new TokenCache(options.clock ?? systemClock);
    this.#limits = options.limits ?? REGISTRY_PACE;
  }

  /**
   * Finds the way to the registry and resolves the reference. Errors open with the peer's words
   * `failed to resolve reference "…"`: SC_IMAGE_NOT_FOUND, SC_REGISTRY_*, SC_TIMEOUT.
   */
  async open(reference: Reference, signal: AbortSignal): Promise<Repository> {
    const asked: Asked = {
      intent: `failed to resolve reference ${quote(reference.text)}`,
      image: reference.text,
      registry: reference.host,
      object: `manifests ${objectOf(reference)}`,
    };
    const places = await placesOf(reference.host, this.options.settings(), this.options.log);
    const ways = places.map((place) => this.#way(place, reference, asked));
    for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
      try {
        const { session, found } = await way.resolve(signal);
        return new OpenRepository(reference, session, found, ways, this.options.log);
      } catch (thrown) {
        signal.throwIfAborted();
        if (!way.isMirror || !(thrown instanceof SupercargoError)) throw thrown;
        const fields = { image: reference.text, mirror: way.name, reason: thrown.message };
        if (hasCode(thrown, "SC_IMAGE_NOT_FOUND")) this.options.log.debug("a mirror lacks an image", fields);
        else this.options.log.warn("a mirror failed; the next place is asked", fields);
      }
    }
    throw protocolFailure(asked, "there is no place to ask");
  }

  #way(place: Place, reference: Reference, asked: Asked): ClientWay {
    const settle = (signal: AbortSignal) => this.#resolveAt(place, reference, asked, signal);
    return {
      name: place.name,
      isMirror: place.isMirror,
      resolve: settle,
      session: async (signal) => (await settle(signal)).session,
    };
  }

  /** The first of the place's endpoints that answers usefully. */
  async #resolveAt(
    { endpoints }: Place,
    reference: Reference,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<{ readonly session: Session; readonly found: Resolved }> {
    let first: unknown;
    for (const endpoint of endpoints) {
      const session = new Session({
        endpoint,
        repository: reference.repository,
        tokens: this.#tokens,
        limits: this.#limits,
      });
      try {
        return { session, found: await resolve(session, reference, asked, signal) };
      } catch (thrown) {
        signal.throwIfAborted();
        if (first !== undefined) throw bothFailed(first, thrown);
        first = thrown;
        if (hasCode(thrown, "SC_TIMEOUT")) break;
      }
    }
    throw first;
  }
}

interface ClientWay extends Way {
  readonly name: string;
  resolve(signal: AbortSignal): Promise<{ readonly session: Session; readonly found: Resolved }>;
}

/** What the first way answered is the news; the second try is told beside it. */
function bothFailed(first: unknown, second: unknown): unknown {
  if (!(first instanceof SupercargoError)) return first;
  // A registry that answered by plain http is a plain registry: that https fails on its port says nothing.
  if (first.fields["status"] !== undefined) return first;
  const tail = toError(second).message.replace(/^failed to resolve reference "(?:[^"\\]|\\.)*": /, "");
  return new SupercargoError(first.code, `${first.message}; then over https: ${tail}`, {
    hint: first.hint,
    fields: first.fields,
    cause: second,
  });
}
