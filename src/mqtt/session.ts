/** One life of the connection: subscriptions hold as long as it does and are made anew in the next one. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import type { Link, Message } from "./link.ts";
import { matchesFilter } from "./topic-filter.ts";

export type MessageListener = (message: Message) => void;

export interface SubscriptionLimits {
  readonly subscribeTimeoutMs: number;
  readonly unsubscribeTimeoutMs: number;
}

interface Listening {
  readonly filters: readonly string[];
  readonly listener: MessageListener;
}

/** Waits for `promise` at most `limitMs`, and no longer than the connection lasts. */
async function within<T>(
  promise: Promise<T>,
  what: string,
  limitMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = clock.after(limitMs, () =>
    reject(
      new SupercargoError("SC_BROKER_UNAVAILABLE", `no answer from the broker within ${limitMs} ms: ${what}`),
    ),
  );
  try {
    return await Promise.race([promise, ended]);
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", onAbort);
  }
}

export class Session {
  readonly #listening = new Set<Listening>();

  /** @param signal aborts when this connection is gone; nothing that came of the session means anything afterwards. */
  constructor(
    private readonly link: Link,
    readonly signal: AbortSignal,
    private readonly limits: SubscriptionLimits,
    private readonly clock: Clock,
    private readonly log: Log,
    /** Ends the connection, which is then made anew: for those to whom the broker does not answer. */
    readonly giveUp: (reason: string) => void,
  ) {}

  /**
   * Hears messages of these filters; resolves when the broker has granted them. The listener may be called before. Answers
   * a function that ends it: without waiting for the broker, whose refusal is only logged.
   * SC_BROKER_REFUSED, SC_BROKER_UNAVAILABLE (no answer in time), or the signal's reason.
   */
  async subscribe(filters: readonly string[], listener: MessageListener): Promise<() => void> {
    const entry: Listening = { filters, listener };
    this.#listening.add(entry);
    try {
      const { subscribeTimeoutMs } = this.limits;
      const what = `subscribe ${filters.join(", ")}`;
      await within(this.link.subscribe(filters), what, subscribeTimeoutMs, this.clock, this.signal);
    } catch (thrown) {
      this.#listening.delete(entry);
      throw thrown;
    }
    return () => this.#unsubscribe(entry);
  }

  /** For the connection: hands a message to everyone who asked for its topic. */
  deliver(message: Message): void {
    for (const { filters, listener } of [...this.#listening]) {
      if (!filters.some((filter) => matchesFilter(filter, message.topic))) continue;
      try {
        listener(message);
      } catch (thrown) {
        const { message: reason } = toError(thrown);
        this.log.error("a message could not be dealt with", { topic: message.topic, reason });
      }
    }
  }

  #unsubscribe(entry: Listening): void {
    if (!this.#listening.delete(entry) || this.signal.aborted) return;
    const still = new Set([...this.#listening].flatMap(({ filters }) => filters));
    const gone = entry.filters.filter((filter) => !still.has(filter));
    if (gone.length === 0) return;
    const what = `unsubscribe ${gone.join(", ")}`;
    const { unsubscribeTimeoutMs } = this.limits;
    within(this.link.unsubscribe(gone), what, unsubscribeTimeoutMs, this.clock, this.signal).catch(
      (thrown) => {
        if (!this.signal.aborted)
          this.log.warn("a subscription did not end", { reason: toError(thrown).message });
      },
    );
  }
}
