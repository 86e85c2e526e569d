/**
 * Remembers requests for as long as their senders wait, so that one that comes twice is worked on once. Who says something
 * else under the same correlation id (a person who sends the lines of the documents) has made another request.
 */

import type { Clock } from "../base/clock.ts";
import { sha256Hex } from "../base/hash.ts";

/** The oldest goes when more are remembered. */
const LIMIT = 4_000;

/** Longer ones, which only a hostile sender makes, are remembered by their digests. */
const LONGEST_IDENTITY = 300;

interface Seen {
  readonly content: string;
  readonly endMs: number;
}

export class SeenRequests {
  /** By identity, in the order of arrival. */
  readonly #seen = new Map<string, Seen>();

  constructor(private readonly clock: Clock) {}

  /**
   * Whether the last request of this identity was the same and its time-out is not over; from now on this one is the last.
   * @param content a fingerprint
   */
  isRepeated(identity: string, content: string, timeoutMs: number): boolean {
    const now = this.clock.nowMs();
    const key = identity.length <= LONGEST_IDENTITY ? identity : sha256Hex(identity);
    const last = this.#seen.get(key);
    if (last !== undefined && last.content === content && last.endMs > now) return true;
    this.#seen.delete(key);
    this.#seen.set(key, { content, endMs: now + timeoutMs });
    this.#forget(now);
    return false;
  }

  #forget(now: number): void {
    for (const [identity, { endMs }] of this.#seen) {
      if (endMs > now && this.#seen.size <= LIMIT) break;
      this.#seen.delete(identity);
    }
  }
}
