/**
 * Answers a registry's challenges: basic, or bearer with tokens from the token service that the challenge names.
 * Tokens are kept per service and scope, so that the blobs of one image ask once; a token that is refused is asked anew.
 */

import type { Clock } from "../base/clock.ts";
import { type HttpLimits, type HttpResponse, sendRequest } from "../base/http.ts";
import type { Challenge } from "./challenge.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Asked, isRecord, protocolFailure, statusFailure, wrapFailure } from "./failure.ts";
import { REGISTRY_LIMITS } from "./limits.ts";

interface Token {
  readonly value: string;
  readonly expiresMs: number;
}

/** Tokens of one client, by who asked whom for what. Credentials are part of the key: new ones never get an old token. */
export class TokenCache {
  readonly #tokens = new Map<string, Token>();

  constructor(private readonly clock: Clock) {}

  get(key: string): string | undefined {
    const token = this.#tokens.get(key);
    return token !== undefined && token.expiresMs > this.clock.nowMs() ? token.value : undefined;
  }

  set(key: string, value: string, lifetimeMs: number): void {
    this.#tokens.delete(key);
    const oldest = this.#tokens.keys().next();
    if (this.#tokens.size >= REGISTRY_LIMITS.tokens && oldest.done !== true)
      this.#tokens.delete(oldest.value);
    const usableMs = Math.max(0, lifetimeMs - REGISTRY_LIMITS.tokenMarginMs);
    this.#tokens.set(key, { value, expiresMs: this.clock.nowMs() + usableMs });
  }

  drop(key: string): void {
    this.#tokens.delete(key);
  }
}

/** The authorisation of one repository at one endpoint. */
export class Authorizer {
  /** How requests are signed since the last challenge; undefined = not at all. */
  #current: { readonly header: string; readonly key: string } | undefined;
  #asking: Promise<void> | undefined;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly repository: string,
    private readonly tokens: TokenCache,
    private readonly limits: HttpLimits,
  ) {}

  /** Value of the Authorization header for the endpoint's own origin, if one is known. */
  get header(): string | undefined {
    return this.#current?.header;
  }

  /**
   * Takes in the challenges of a 401 that was answered to a request signed with `used`. True when there is something
   * new to try. Requests that run side by side share one question to the token service.
   */
  async answer(
    challenges: readonly Challenge[],
    used: string | undefined,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (this.#asking !== undefined) await Promise.allSettled([this.#asking]);
    signal.throwIfAborted();
    if (this.#current !== undefined && this.#current.header !== used) return true;
    const bearer = challenges.find((challenge) => challenge.scheme === "bearer");
    const { credentials } = this.endpoint;
    if (bearer !== undefined) {
      this.#asking = this.#useBearer(bearer, used, asked, signal);
      try {
        await this.#asking;
      } finally {
        this.#asking = undefined;
      }
      return this.#current?.header !== used;
    }
    const takesBasic = challenges.some((challenge) => challenge.scheme === "basic");
    if (!takesBasic || credentials === undefined || credentials.identityToken !== undefined) return false;
    this.#current = { header: basic(credentials.userId, credentials.password), key: "" };
    return this.#current.header !== used;
  }

  async #useBearer(
    challenge: Challenge,
    used: string | undefined,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<void> {
    const realm = this.#realm(challenge, asked);
    const key = JSON.stringify([realm.href, this.endpoint.host, this.endpoint.credentials ?? null]);
    const kept = this.tokens.get(key);
    if (kept !== undefined && `Bearer ${kept}` !== used) {
      this.#current = { header: `Bearer ${kept}`, key };
      return;
    }
    this.tokens.drop(key);
    const { value, lifetimeMs } = await this.#fetchToken(realm, asked, signal);
    this.tokens.set(key, value, lifetimeMs);
    this.#current = { header: `Bearer ${value}`, key };
  }

  #realm(challenge: Challenge, asked: Asked): URL {
    const text = challenge.parameters.get("realm") ?? "";
    if (!URL.canParse(text)) throw protocolFailure(asked, "its challenge names no token service");
    const realm = new URL(text);
    const isPlain = realm.protocol === "http:";
    if (realm.protocol !== "https:" && !(isPlain && this.endpoint.allowsPlain)) {
      throw protocolFailure(
        asked,
        `its token service is not reached by https (${realm.protocol}//${realm.host})`,
      );
    }
    const service = challenge.parameters.get("service");
    if (service !== undefined) realm.searchParams.set("service", service);
    const own = this.repository === "" ? undefined : `repository:${this.repository}:pull`;
    const scope = challenge.parameters.get("scope") ?? own;
    if (scope !== undefined) realm.searchParams.set("scope", scope);
    return realm;
  }

  /** GET first, as all services know it; those that only know the OAuth form answer 404 or 405. */
  async #fetchToken(
    realm: URL,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<{ value: string; lifetimeMs: number }> {
    const intent = { ...asked, intent: `${asked.intent}: failed to fetch a token`, object: "token service" };
    const { credentials } = this.endpoint;
    const byForm = () =>
      this.#ask(new URL(realm.origin + realm.pathname), this.#form(realm).toString(), intent, signal);
    // A refresh token is taken by the OAuth form only.
    const isToken = credentials?.identityToken !== undefined;
    let response = await (isToken ? byForm() : this.#ask(realm, undefined, intent, signal));
    if (!isToken && credentials !== undefined && (response.status === 404 || response.status === 405)) {
      await response.discard();
      response = await byForm();
    }
    if (response.status !== 200) throw await statusFailure(intent, response);
    return this.#readToken(response, realm, intent);
  }

  #form(realm: URL): URLSearchParams {
    const { userId = "", password = "", identityToken } = this.endpoint.credentials ?? {};
    return new URLSearchParams({
      client_id: "supercargo",
      service: realm.searchParams.get("service") ?? "",
      scope: realm.searchParams.get("scope") ?? "",
      ...(identityToken === undefined
        ? { grant_type: "password", username: userId, password }
        : { grant_type: "refresh_token", refresh_token: identityToken }),
    });
  }

  async #ask(url: URL, form: string | undefined, asked: Asked, signal: AbortSignal): Promise<HttpResponse> {
    const { credentials, tls, direct } = this.endpoint;
    const method = form === undefined ? "GET" : "POST";
    const signed = form === undefined && credentials !== undefined;
    try {
      return await sendRequest({
        method,
        url: url.href,
        headers: {
          accept: "application/json",
          ...(signed ? { authorization: basic(credentials.userId, credentials.password) } : {}),
          ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        },
        ...(form === undefined ? {} : { body: form }),
        ...(tls === undefined ? {} : { tls }),
        direct,
        limits: this.limits,
        signal,
      });
    } catch (thrown) {
      throw wrapFailure(asked, method, url.href, thrown);
    }
  }

  async #readToken(
    response: HttpResponse,
    realm: URL,
    asked: Asked,
  ): Promise<{ value: string; lifetimeMs: number }> {
    let body: Uint8Array | undefined;
    try {
      body = await response.readAll(REGISTRY_LIMITS.tokenBytes);
    } catch (thrown) {
      throw wrapFailure(asked, "GET", realm.href, thrown);
    }
    const answer = body === undefined ? undefined : parseJson(Buffer.from(body).toString("utf8"));
    const value = isRecord(answer) ? (answer["token"] ?? answer["access_token"]) : undefined;
    if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
      throw protocolFailure(asked, `the token service ${realm.host} answered without a token`);
    }
    const seconds = isRecord(answer) ? answer["expires_in"] : undefined;
    const lifetimeMs =
      typeof seconds === "number" && seconds > 0 ? seconds * 1000 : REGISTRY_LIMITS.tokenLifetimeMs;
    return { value, lifetimeMs };
  }
}

function basic(userId: string, password: string): string {
  return `Basic ${Buffer.from(`${userId}:${password}`, "utf8").toString("base64")}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
