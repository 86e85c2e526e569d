/**
 * Tells listeners what became of containers.
 * Invariants: every listener gets the changes in the order of their sequence numbers, one at a time; a change is published
 * after it was saved; the container in it is frozen and never changes. Each listener has a queue of at most `limit`; when it
 * is full the whole queue is thrown away and "overflowed" takes its place: the listener then looks at everything anew.
 * The newest changes are kept for listeners that were away for a moment; their number is bounded.
 */

import { toError } from "../errors/error.ts";
import type { Container } from "../model/container.ts";

/** Names of spec/engine.md §21, and ours. `replaced`: the id has another configuration and image from now on; `health`: see the details. */
export type ChangeAction =
  | "created"
  | "running"
  | "paused"
  | "resumed"
  | "stopped"
  | "exited"
  | "removed"
  | "renamed"
  | "updated"
  | "replaced"
  | "health";

export interface ContainerChange {
  readonly action: ChangeAction;
  readonly container: Container;
  /** Grows by one with every change; begins anew with the daemon. */
  readonly sequence: number;
  /** RFC 3339, UTC. */
  readonly time: string;
}

/** Changes kept for those who come back; each holds one state of a container, a few kB. */
export const KEPT_CHANGES = 256;

export type ChangeListener = (change: ContainerChange | "overflowed") => void | Promise<void>;

class Subscription {
  #queue: (ContainerChange | "overflowed")[] = [];
  #isDelivering = false;
  #isOpen = true;

  constructor(
    private readonly listener: ChangeListener,
    private readonly limit: number,
    private readonly onFault: (fault: Error) => void,
  ) {}

  push(change: ContainerChange): void {
    if (!this.#isOpen) return;
    if (this.#queue.length >= this.limit) this.#queue = ["overflowed"];
    else this.#queue.push(change);
    if (!this.#isDelivering) void this.#deliver();
  }

  close(): void {
    this.#isOpen = false;
    this.#queue = [];
  }

  async #deliver(): Promise<void> {
    this.#isDelivering = true;
    // The publisher goes on first: a listener never runs inside the manager's own step.
    await Promise.resolve();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      try {
        await this.listener(next);
      } catch (thrown) {
        this.onFault(toError(thrown));
      }
    }
    this.#isDelivering = false;
  }
}

export class EventHub {
  readonly #subscriptions = new Set<Subscription>();
  readonly #kept: ContainerChange[] = [];
  #sequence = 0;
  /** Names this life of the hub: sequence numbers mean something only together with it. */
  readonly run: string = crypto.randomUUID();

  /** @param onFault told when a listener throws; the listener stays. */
  constructor(
    private readonly limit: number,
    private readonly onFault: (fault: Error) => void,
  ) {}

  /** Sequence number of the last change. */
  get sequence(): number {
    return this.#sequence;
  }

  publish(action: ChangeAction, container: Container, time: string): void {
    this.#sequence++;
    const change = Object.freeze({ action, container, sequence: this.#sequence, time });
    this.#kept.push(change);
    if (this.#kept.length > KEPT_CHANGES) this.#kept.shift();
    for (const subscription of this.#subscriptions) subscription.push(change);
  }

  /** All changes after that number, oldest first; undefined when some of them are not kept any more, or it was never given. */
  since(sequence: number): readonly ContainerChange[] | undefined {
    const missed = this.#sequence - sequence;
    if (missed < 0 || missed > this.#kept.length) return undefined;
    return missed === 0 ? [] : this.#kept.slice(-missed);
  }

  /** Calls `listener` at each change until the returned function is called. */
  subscribe(listener: ChangeListener): () => void {
    const subscription = new Subscription(listener, this.limit, this.onFault);
    this.#subscriptions.add(subscription);
    return () => {
      subscription.close();
      this.#subscriptions.delete(subscription);
    };
  }
}
