/** What the conductor still has to deal with, in order, bounded. */

import { SupercargoError } from "../../errors/error.ts";
import type { DesiredStateWish } from "./wish.ts";
import type { Command } from "./words.ts";

export type Message =
  | { readonly kind: "wish"; readonly wish: DesiredStateWish }
  | { readonly kind: "command"; readonly id: string; readonly command: Command; readonly baseline?: string }
  /** Undoes first what is not finished, unless all is done but the last word. */
  | { readonly kind: "end"; readonly id: string; readonly status: "INCOMPLETE" | "SUPERSEDED" }
  | { readonly kind: "over"; readonly id: string; readonly status: "COMPLETED" | "INCOMPLETE" }
  | { readonly kind: "lead"; readonly id: string };

/** Wishes and commands that may wait. */
const WAITING_LIMIT = 100;

export class Inbox {
  readonly #waiting: Message[] = [];

  /** From outside. SC_DESIRED_STATE_INVALID when too many wait. */
  take(message: Message): void {
    if (this.#waiting.length >= WAITING_LIMIT) {
      throw new SupercargoError(
        "SC_DESIRED_STATE_INVALID",
        `more than ${WAITING_LIMIT} messages are waiting`,
      );
    }
    this.#waiting.push(message);
  }

  /** From ourselves: at most one per activity. */
  add(message: Message): void {
    this.#waiting.push(message);
  }

  next(): Message | undefined {
    return this.#waiting.shift();
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whether a newer desired state waits. */
  get hasWish(): boolean {
    return this.#waiting.some(({ kind }) => kind === "wish");
  }
}
