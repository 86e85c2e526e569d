/** A broker in memory for tests: makes links, keeps what was published, can go away and come back. */

import { SupercargoError } from "../../../src/errors/error.ts";
import type { Dial, LinkEvents } from "../../../src/mqtt/link.ts";
import { matchesFilter } from "../../../src/mqtt/topic-filter.ts";

export interface Published {
  readonly topic: string;
  readonly payload: string;
  readonly isRetained: boolean;
}

interface Client {
  readonly events: LinkEvents;
  readonly filters: Set<string>;
}

export class MemoryBroker {
  readonly published: Published[] = [];
  readonly #clients = new Set<Client>();
  #isUp = true;
  /** Connections that were ever made. */
  connects = 0;
  /** While true publications are taken and not acknowledged. */
  holdsAcknowledgements = false;
  /** While true subscriptions are not answered. */
  isDeafToSubscriptions = false;
  /** Filters that are refused. */
  readonly refused = new Set<string>();
  #held: (() => void)[] = [];

  readonly dial: Dial = (events, signal) => {
    signal.throwIfAborted();
    if (!this.#isUp) return Promise.reject(new SupercargoError("SC_BROKER_UNAVAILABLE", "refused"));
    this.connects++;
    const client: Client = { events, filters: new Set() };
    this.#clients.add(client);
    return Promise.resolve({
      publish: (topic, payload, isRetained) => this.#take(client, { topic, payload, isRetained }),
      subscribe: (filters) => this.#subscribe(client, filters),
      unsubscribe: async (filters) => {
        for (const filter of filters) client.filters.delete(filter);
      },
      end: () => {
        this.#clients.delete(client);
      },
    });
  };

  /** All filters that somebody is subscribed to. */
  get filters(): readonly string[] {
    return [...this.#clients].flatMap(({ filters }) => [...filters]);
  }

  /** Sends a message to whoever is subscribed. */
  send(topic: string, payload: string | Uint8Array, isRetained = false): void {
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    for (const { events, filters } of this.#clients) {
      if (![...filters].some((filter) => matchesFilter(filter, topic))) continue;
      events.onMessage({ topic, payload: bytes, isRetained });
    }
  }

  /** As the broker sends what it keeps to a new subscription. */
  sendRetained(topic: string, payload: string): void {
    this.send(topic, payload, true);
  }

  /** Every connection ends, new ones are refused. */
  stop(): void {
    this.#isUp = false;
    const clients = [...this.#clients];
    this.#clients.clear();
    this.#held = [];
    for (const { events } of clients) events.onGone("stopped");
  }

  start(): void {
    this.#isUp = true;
  }

  /** Acknowledges what was held. */
  acknowledge(): void {
    this.holdsAcknowledgements = false;
    for (const resolve of this.#held.splice(0)) resolve();
  }

  #take(client: Client, message: Published): Promise<void> {
    if (!this.#clients.has(client)) return new Promise(() => {});
    this.published.push(message);
    if (!this.holdsAcknowledgements) return Promise.resolve();
    return new Promise((resolve) => this.#held.push(resolve));
  }

  #subscribe(client: Client, filters: readonly string[]): Promise<void> {
    if (this.isDeafToSubscriptions) return new Promise(() => {});
    const refused = filters.find((filter) => this.refused.has(filter));
    if (refused !== undefined) return Promise.reject(new SupercargoError("SC_BROKER_REFUSED", refused));
    for (const filter of filters) client.filters.add(filter);
    return Promise.resolve();
  }
}
