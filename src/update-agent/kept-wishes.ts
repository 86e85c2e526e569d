/**
 * Desired states that the broker keeps and sends again with each connection. One that was taken before is passed over: since
 * then another one may have been published, and the device is to be where the last request wanted it.
 */

import { sha256Hex } from "../base/hash.ts";
import type { Log } from "../base/log.ts";
import { describeError } from "../errors/error.ts";
import type { Journal } from "../store/store.ts";

const KEY = "update-agent.taken";
/** A broker keeps one per topic; the others are those that were published since. */
const REMEMBERED = 50;

export class KeptWishes {
  #taken: readonly string[];

  constructor(
    private readonly journal: Journal,
    private readonly log: Log,
  ) {
    const noted = journal.entries().entries.get(KEY);
    this.#taken = Array.isArray(noted) ? noted.filter((hash) => typeof hash === "string") : [];
  }

  wasTaken(payload: Uint8Array): boolean {
    return this.#taken.includes(sha256Hex(payload));
  }

  taken(payload: Uint8Array): void {
    const hash = sha256Hex(payload);
    if (this.#taken.at(-1) === hash) return;
    this.#taken = [...this.#taken.filter((other) => other !== hash), hash].slice(-REMEMBERED);
    try {
      this.journal.write(KEY, this.#taken);
    } catch (thrown) {
      this.log.warn("a desired state may be taken again with the next connection", {
        reason: describeError(thrown),
      });
    }
  }
}
