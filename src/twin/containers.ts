/** What the twin needs of whoever keeps the containers, and how far it has followed their changes. */

import type { ContainerChange } from "../manager/event-hub.ts";
import type { Manager } from "../manager/manager.ts";

export type TwinContainers = Pick<
  Manager,
  | "list"
  | "get"
  | "create"
  | "start"
  | "stop"
  | "pause"
  | "unpause"
  | "rename"
  | "update"
  | "remove"
  | "subscribe"
  | "sequence"
>;

interface Waiting {
  readonly sequence: number;
  readonly resolve: () => void;
}

/** Follows the changes; lets operations wait until what they caused has been published. */
export class ChangeFeed {
  #seen: number;
  #waiting: Waiting[] = [];
  readonly #unsubscribe: () => void;

  /** @param onChange must not throw and not wait. */
  constructor(
    private readonly containers: TwinContainers,
    onChange: (change: ContainerChange | "overflowed") => void,
  ) {
    this.#seen = containers.sequence;
    this.#unsubscribe = containers.subscribe((change) => {
      onChange(change);
      this.#advance(change === "overflowed" ? containers.sequence : change.sequence);
    });
  }

  /** Resolves when everything that has happened until now was told to `onChange`. */
  caughtUp(): Promise<void> {
    const { sequence } = this.containers;
    if (sequence <= this.#seen) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ sequence, resolve }));
  }

  close(): void {
    this.#unsubscribe();
    this.#advance(Number.POSITIVE_INFINITY);
  }

  #advance(sequence: number): void {
    this.#seen = Math.max(this.#seen, sequence);
    const due = this.#waiting.filter((entry) => entry.sequence <= this.#seen);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((entry) => entry.sequence > this.#seen);
    for (const { resolve } of due) resolve();
  }
}
