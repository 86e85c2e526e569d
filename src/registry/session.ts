/**
 * Requests to one repository at one endpoint: authorised, redirects followed by our own rules.
 * The Authorization header goes to the endpoint's origin and nowhere else; neither does the client certificate.
 */

import { type HttpLimits, type HttpResponse, type HttpTls, sendRequest } from "../base/http.ts";
import { Authorizer, type TokenCache } from "./authorizer.ts";
import { parseChallenges } from "./challenge.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Asked, protocolFailure, redact, wrapFailure } from "./failure.ts";
import { REGISTRY_LIMITS } from "./limits.ts";

export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly repository: string;
  readonly tokens: TokenCache;
  readonly limits: HttpLimits;
}

export interface Answer {
  readonly response: HttpResponse;
  /** Where the answer came from, after redirects. */
  readonly url: string;
}

export class Session {
  readonly #authorizer: Authorizer;
  readonly #origin: string;
  readonly #path: string;
  readonly #query: string;

  constructor(private readonly options: SessionOptions) {
    const { endpoint, repository, tokens, limits } = options;
    this.#path = `${endpoint.mirror?.prefix ?? ""}${repository}`;
    // A mirror that serves several registries learns by `ns` which one is meant, as containerd tells it.
    this.#query = endpoint.mirror === undefined ? "" : `?ns=${encodeURIComponent(endpoint.mirror.of)}`;
    this.#authorizer = new Authorizer(endpoint, this.#path, tokens, limits);
    this.#origin = new URL(endpoint.origin).origin;
  }

  get endpoint(): Endpoint {
    return this.options.endpoint;
  }

  /** Address of an object, such as `manifests/1.0`; without a repository the base of the registry. */
  address(object: string): string {
    const place = this.#path === "" ? object : `${this.#path}/${object}`;
    return `${this.options.endpoint.origin}/v2/${place}${this.#query}`;
  }

  /** Whether the registry has asked who we are, and we have said it. */
  get isSigned(): boolean {
    return this.#authorizer.header !== undefined;
  }

  /** The last answer after authorisation and redirects, whatever its status. The caller reads or discards the body. */
  async request(
    method: "GET" | "HEAD",
    object: string,
    headers: Readonly<Record<string, string>>,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<Answer> {
    let url = this.address(object);
    let challenged = false;
    for (let redirects = 0; ; ) {
      const isOwn = new URL(url).origin === this.#origin;
      const used = isOwn ? this.#authorizer.header : undefined;
      const response = await this.#send(method, url, headers, used, isOwn, asked, signal);
      if (response.status === 401 && isOwn && !challenged) {
        challenged = true;
        const challenges = parseChallenges(response.headers.get("www-authenticate") ?? "");
        if (await this.#authorizer.answer(challenges, used, asked, signal)) {
          await response.discard();
          continue;
        }
        return { response, url };
      }
      const target = redirectTarget(response, url);
      if (target === undefined) return { response, url };
      await response.discard();
      redirects++;
      if (redirects > REGISTRY_LIMITS.redirects) {
        throw protocolFailure(
          asked,
          `more than ${REGISTRY_LIMITS.redirects} redirects, the last to ${redact(target)}`,
        );
      }
      this.#checkTarget(target, asked);
      url = target;
    }
  }

  async #send(
    method: "GET" | "HEAD",
    url: string,
    headers: Readonly<Record<string, string>>,
    authorization: string | undefined,
    isOwn: boolean,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const { endpoint, limits } = this.options;
    const tls = url.startsWith("https:") ? tlsFor(endpoint.tls, isOwn) : undefined;
    try {
      return await sendRequest({
        method,
        url,
        headers: authorization === undefined ? headers : { ...headers, authorization },
        ...(tls === undefined ? {} : { tls }),
        direct: endpoint.direct && isOwn,
        limits,
        signal,
      });
    } catch (thrown) {
      throw wrapFailure(asked, method, url, thrown);
    }
  }

  #checkTarget(target: string, asked: Asked): void {
    const { protocol } = new URL(target);
    if (protocol === "https:" || (protocol === "http:" && this.options.endpoint.allowsPlain)) return;
    throw protocolFailure(asked, `it redirects to ${redact(target)}, which is not https`);
  }
}

function tlsFor(tls: HttpTls | undefined, isOwn: boolean): HttpTls | undefined {
  if (tls === undefined || isOwn) return tls;
  return { roots: tls.roots, verify: tls.verify };
}

function redirectTarget(response: HttpResponse, url: string): string | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get("location");
  if (location === null || !URL.canParse(location, url)) return undefined;
  return new URL(location, url).href;
}
