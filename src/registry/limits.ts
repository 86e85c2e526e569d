/** Every bound of the conversation with a registry, in one place: each is tested. */

import type { HttpLimits } from "../base/http.ts";

export const REGISTRY_LIMITS = {
  /** Longest reference text; the distribution specification bounds its parts only. */
  referenceChars: 1024,
  /** Longest repository path (distribution specification). */
  repositoryChars: 255,
  /** A manifest or index; the specification asks registries to take up to 4 MiB. */
  manifestBytes: 4 * 1024 * 1024,
  /** The answer of a token service. */
  tokenBytes: 64 * 1024,
  /** What is read of an error's body. */
  errorBytes: 16 * 1024,
  /** Characters of a registry's own words that we repeat. */
  errorTextChars: 200,
  /** Redirects followed for one request (the peer's HTTP client: 10). */
  redirects: 5,
  /** A header with challenges that is longer is not read. */
  challengeChars: 8 * 1024,
  /** A token without a lifetime lives this long (token specification). */
  tokenLifetimeMs: 60_000,
  /** A token is not used in the last part of its life. */
  tokenMarginMs: 5_000,
  /** Tokens kept; the oldest goes. */
  tokens: 64,
  /** Longest pause that a registry's Retry-After can ask for. */
  retryAfterMs: 15_000,
} as const;

/** Time limits of one request; there is no limit on a whole transfer besides the caller's signal. */
export const REGISTRY_PACE: HttpLimits = {
  headMs: 30_000,
  paceMs: 60_000,
  paceBytes: 4096,
};
