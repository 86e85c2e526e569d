/**
 * One connection to the broker, kept for ever.
 * Invariants: at most one link at a time; the first connect and every later one is tried again until `close`, with growing
 * pauses; messages are sent in the order in which they were published, whatever waited goes first in a new connection; what
 * was sent and not acknowledged when a connection ended is sent again (at least once, as QoS 1 promises). A listener of
 * connections runs after everything that waited has been handed over.
 */

import { type Clock, delay } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { backoffMs } from "../base/retry.ts";
import { describeError, isKind, SupercargoError } from "../errors/error.ts";
import type { Problem } from "../model/problem.ts";
import type { Dial, Link, Message } from "./link.ts";
import {
  type Fate,
  type Outgoing,
  OutQueue,
  QUEUE_BOUNDS,
  type QueueBounds,
  type Waiting,
} from "./out-queue.ts";
import { Session, type SubscriptionLimits } from "./session.ts";
import { isTopic } from "./topic-filter.ts";

/** The cap keeps what reliability R12 asks for: the twin is true five seconds after a broker came back, however long it was away. */
const BACKOFF = { firstMs: 500, capMs: 3_000, jitter: 0.3 } as const;
/** Messages sent and not yet acknowledged; the others wait in the queue, where states are still merged. */
const MAX_IN_FLIGHT = 32;
/** A connection that lasted so long was a good one: the next try comes soon. */
const LASTED_MS = 2_000;

export interface ConnectionOptions extends SubscriptionLimits {
  /** Address without credentials, for messages. */
  readonly broker: string;
  readonly connectTimeoutMs: number;
  readonly acknowledgeTimeoutMs: number;
  /** How long `close` waits for what is still to be sent. */
  readonly disconnectTimeoutMs: number;
  readonly bounds?: QueueBounds;
}

export type SessionListener = (session: Session) => void | Promise<void>;

export class MqttConnection {
  readonly #queue: OutQueue;
  readonly #inFlight = new Set<Waiting>();
  readonly #listeners = new Set<SessionListener>();
  readonly #lifetime = new AbortController();
  #link: Link | undefined;
  #session: Session | undefined;
  #trouble: string | undefined;
  #dropped = 0;
  #supervised: Promise<void> | undefined;
  #whenEmpty: () => void = () => {};

  constructor(
    private readonly dial: Dial,
    private readonly options: ConnectionOptions,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.#queue = new OutQueue(options.bounds ?? QUEUE_BOUNDS, (message) => this.#onDropped(message));
  }

  /** Begins to connect; returns at once. */
  open(): void {
    this.#supervised ??= this.#supervise();
  }

  get isConnected(): boolean {
    return this.#session !== undefined;
  }

  /** Messages that wait or are not acknowledged. */
  get waiting(): number {
    return this.#queue.size + this.#inFlight.size;
  }

  /** Takes a message whether there is a connection or not; the answer tells what became of it and never rejects. */
  publish(message: Outgoing): Promise<Fate> {
    const { promise, resolve } = Promise.withResolvers<Fate>();
    if (this.#lifetime.signal.aborted) resolve("dropped");
    else if (!isTopic(message.topic)) {
      this.log.error("this cannot be a topic; the message is dropped", {
        topic: message.topic.slice(0, 200),
      });
      resolve("dropped");
    } else {
      this.#queue.push({ message, settle: resolve });
      this.#pump();
    }
    return promise;
  }

  /**
   * Calls `listener` with each new connection, and at once with the present one. One that fails because the broker does not
   * answer ends the connection, which is then made anew; any other failure is logged.
   */
  onSession(listener: SessionListener): () => void {
    this.#listeners.add(listener);
    if (this.#session !== undefined) void this.#tell(listener, this.#session);
    return () => this.#listeners.delete(listener);
  }

  problems(): readonly Problem[] {
    if (this.#trouble === undefined) return [];
    return [
      {
        code: "SC_BROKER_UNAVAILABLE",
        message: `no connection to the broker: ${this.#trouble}`,
        hint: "it is tried again for ever; containers go on without it",
        subject: this.options.broker,
      },
    ];
  }

  /** Sends what it can within `disconnectTimeoutMs` and ends. */
  async close(): Promise<void> {
    if (this.#lifetime.signal.aborted) return;
    if (this.#link !== undefined && this.waiting > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#whenEmpty = resolve;
      const timer = this.clock.after(this.options.disconnectTimeoutMs, resolve);
      await promise;
      timer.cancel();
    }
    this.#lifetime.abort(new SupercargoError("SC_CANCELLED", "the connection to the broker was closed"));
    await this.#supervised;
    this.#queue.close();
  }

  async #supervise(): Promise<void> {
    const { signal } = this.#lifetime;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const hasLasted = await this.#live(signal);
      if (signal.aborted) return;
      if (hasLasted) attempt = 1;
      await delay(this.clock, backoffMs(BACKOFF, attempt), signal).catch((thrown) => {
        if (!signal.aborted) throw thrown;
      });
    }
  }

  /** From connecting to the end of the link; answers whether there was one that lasted. */
  async #live(signal: AbortSignal): Promise<boolean> {
    const life = new AbortController();
    const gone = Promise.withResolvers<string>();
    let early: Message[] | undefined = [];
    const events = {
      onMessage: (message: Message) => {
        if (early === undefined) this.#session?.deliver(message);
        else if (early.length < MAX_IN_FLIGHT) early.push(message);
      },
      onGone: gone.resolve,
    };
    let link: Link;
    try {
      link = await this.#connect(events, signal);
    } catch (thrown) {
      if (!signal.aborted) this.#note(describeError(thrown));
      return false;
    }
    const session = new Session(link, life.signal, this.options, this.clock, this.log, (reason) =>
      life.abort(reason),
    );
    this.#begin(link, session);
    for (const message of early) session.deliver(message);
    early = undefined;
    const begunMs = this.clock.nowMs();
    const onAbort = () => gone.resolve("closed");
    signal.addEventListener("abort", onAbort, { once: true });
    life.signal.addEventListener("abort", () => gone.resolve(String(life.signal.reason)), { once: true });
    for (const listener of [...this.#listeners]) void this.#tell(listener, session);
    const reason = await gone.promise;
    signal.removeEventListener("abort", onAbort);
    this.#end(link, life, reason);
    return this.clock.nowMs() - begunMs >= LASTED_MS;
  }

  async #connect(events: Parameters<Dial>[0], signal: AbortSignal): Promise<Link> {
    const limit = new AbortController();
    const { connectTimeoutMs } = this.options;
    const timer = this.clock.after(connectTimeoutMs, () =>
      limit.abort(
        new SupercargoError(
          "SC_BROKER_UNAVAILABLE",
          `the broker did not answer within ${connectTimeoutMs} ms`,
        ),
      ),
    );
    try {
      return await this.dial(events, AbortSignal.any([signal, limit.signal]));
    } finally {
      timer.cancel();
    }
  }

  #begin(link: Link, session: Session): void {
    this.log.info("connected to the broker", { broker: this.options.broker, waiting: this.#queue.size });
    if (this.#dropped > 0)
      this.log.warn("messages were lost while the broker was away", { count: this.#dropped });
    this.#trouble = undefined;
    this.#dropped = 0;
    this.#link = link;
    this.#session = session;
    this.#pump();
  }

  #end(link: Link, life: AbortController, reason: string): void {
    this.#link = undefined;
    this.#session = undefined;
    life.abort(new SupercargoError("SC_BROKER_UNAVAILABLE", `the connection to the broker ended: ${reason}`));
    link.end(this.#lifetime.signal.aborted);
    const unsure = [...this.#inFlight];
    this.#inFlight.clear();
    this.#queue.putBack(unsure);
    if (!this.#lifetime.signal.aborted) this.#note(`the connection ended: ${reason}`);
  }

  /** Once per kind of trouble, so that a broker that is away for days fills no log. */
  #note(trouble: string): void {
    const fields = { broker: this.options.broker, reason: trouble };
    if (this.#trouble === trouble) this.log.debug("no connection to the broker", fields);
    else this.log.warn("no connection to the broker; it is tried again until there is one", fields);
    this.#trouble = trouble;
  }

  async #tell(listener: SessionListener, session: Session): Promise<void> {
    try {
      await listener(session);
    } catch (thrown) {
      if (session.signal.aborted) return;
      this.log.error("the broker did not take what was asked", { reason: describeError(thrown) });
      if (isKind(thrown, "unavailable")) session.giveUp(describeError(thrown));
    }
  }

  #onDropped(message: Outgoing): void {
    this.#dropped++;
    this.log.debug("a message for the broker was dropped", { topic: message.topic, kind: message.kind });
  }

  #pump(): void {
    const link = this.#link;
    if (link === undefined) return;
    while (this.#inFlight.size < MAX_IN_FLIGHT) {
      const entry = this.#queue.shift();
      if (entry === undefined) break;
      this.#inFlight.add(entry);
      void this.#send(link, entry);
    }
    if (this.waiting === 0) this.#whenEmpty();
  }

  async #send(link: Link, entry: Waiting): Promise<void> {
    const { topic, payload, isRetained = false } = entry.message;
    const { acknowledgeTimeoutMs } = this.options;
    const timer = this.clock.after(acknowledgeTimeoutMs, () =>
      this.log.warn("the broker has not acknowledged a message in time", {
        topic,
        waitedMs: acknowledgeTimeoutMs,
      }),
    );
    try {
      await link.publish(topic, payload, isRetained);
    } catch (thrown) {
      // The end of the link puts it back; a message that only the library refuses must not stop the others.
      if (this.#link !== link || isKind(thrown, "unavailable")) return;
      this.log.error("a message cannot be sent", { topic, reason: describeError(thrown) });
      if (this.#inFlight.delete(entry)) entry.settle("dropped");
      this.#pump();
      return;
    } finally {
      timer.cancel();
    }
    if (!this.#inFlight.delete(entry)) return;
    entry.settle("sent");
    this.#pump();
  }
}
