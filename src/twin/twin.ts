/**
 * The digital twin: the hand-shake with the cloud's connector, and everything that follows from it (spec/digital-twin.md §2).
 * Invariants: one thing at a time, the one of the latest usable answer; nothing is published of containers between a new
 * connection and its answer; all features are published before commands are listened to.
 */

import { type Clock, delay } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { describeError, isKind, SupercargoError } from "../errors/error.ts";
import type { MqttConnection } from "../mqtt/connection.ts";
import type { Fate } from "../mqtt/out-queue.ts";
import type { Session } from "../mqtt/session.ts";
import type { KnownThing } from "./command.ts";
import { CommandDesk } from "./command-desk.ts";
import { CONTAINER_FACTORY, containerFactory } from "./container-factory.ts";
import { containerFeature, containerIdOf } from "./container-feature.ts";
import { ChangeFeed, type TwinContainers } from "./containers.ts";
import { ThingVoice } from "./envelope.ts";
import type { Feature } from "./feature.ts";
import { METRICS } from "./metrics.ts";
import { PublishedContainers } from "./published-containers.ts";
import { Registration } from "./registration.ts";
import { SOFTWARE_UPDATABLE } from "./software-progress.ts";
import { SoftwareUpdatable } from "./software-updatable.ts";
import { commandFilter, readThing, sameThing, type Thing } from "./thing.ts";

const REQUEST_TOPIC = "edge/thing/request";
const RESPONSE_TOPIC = "edge/thing/response";
/** The peer's empty envelope; nobody reads it. */
const REQUEST = '{"topic":"","headers":null,"path":""}';

export interface TwinParts {
  readonly connection: MqttConnection;
  readonly containers: TwinContainers;
  /** Ids of the features that are on. */
  readonly features: readonly string[];
  /** Folder of the backup file. */
  readonly homeDir: string;
  /** How long commands wait for the features to be published. */
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export class Twin {
  readonly #lifetime = new AbortController();
  readonly #features: ReadonlySet<string>;
  readonly #feed: ChangeFeed;
  readonly #desk: CommandDesk;
  readonly #factory: Feature;
  readonly #software: SoftwareUpdatable;
  #forgetSessions: () => void = () => {};
  #registration: Registration | undefined;
  /** The latest usable answer of this connection. */
  #wanted: Thing | undefined;
  /** The connection for which features are being published. */
  #settling: Session | undefined;
  /** Properties that were set while the thing was not known, by path: the last word of a work that ended meanwhile. */
  readonly #unsaid = new Map<string, unknown>();
  /** One for all hand-shakes of a thing: an acknowledgement may come after the next of them. */
  #published: PublishedContainers | undefined;
  #unsubscribeCommands: () => void = () => {};
  /** Whether the cloud has said that the thing is gone. */
  #isDeleted = false;

  constructor(private readonly parts: TwinParts) {
    const { containers, connection, clock, log } = parts;
    this.#features = new Set(parts.features);
    this.#feed = new ChangeFeed(containers, (change) => this.#registration?.onChange(change));
    const caughtUp = () => this.#feed.caughtUp();
    this.#factory = containerFactory(containers, log);
    this.#software = new SoftwareUpdatable({
      containers,
      caughtUp,
      log,
      modify: (path, value) => this.#modify(path, value),
    });
    this.#desk = new CommandDesk({
      connection,
      clock,
      log,
      caughtUp,
      feature: (id) => this.#feature(id),
      isParallel: (id) => id === CONTAINER_FACTORY,
      onThingEvent: (kind) => this.#onThingEvent(kind),
      signal: this.#lifetime.signal,
    });
  }

  open(): void {
    this.#forgetSessions = this.parts.connection.onSession((session) => this.#begin(session));
  }

  /** Commands under way are given up; features stay in the cloud. What was published is still sent by the connection. */
  async close(): Promise<void> {
    await this.#feed.caughtUp();
    this.#forgetSessions();
    this.#lifetime.abort(new SupercargoError("SC_CANCELLED", "the daemon is stopping"));
    this.#unsubscribeCommands();
    this.#registration?.close();
    this.#registration = undefined;
    this.#feed.close();
  }

  async #begin(session: Session): Promise<void> {
    this.#forget();
    await session.subscribe([RESPONSE_TOPIC], ({ payload }) => this.#onResponse(session, payload));
    void this.parts.connection.publish({
      kind: "state",
      key: REQUEST_TOPIC,
      topic: REQUEST_TOPIC,
      payload: REQUEST,
    });
  }

  #forget(): void {
    this.#registration?.close();
    this.#registration = undefined;
    this.#wanted = undefined;
    this.#unsubscribeCommands = () => {};
    this.#isDeleted = false;
  }

  #onResponse(session: Session, payload: Uint8Array): void {
    const thing = readThing(payload);
    if ("fault" in thing) {
      this.parts.log.warn("the answer of the cloud's connector cannot be used", { reason: thing.fault });
      return;
    }
    this.#wanted = thing;
    if (this.#settling !== session) void this.#settle(session);
  }

  /** Registers until the thing is the one of the latest answer. */
  async #settle(session: Session): Promise<void> {
    this.#settling = session;
    try {
      while (
        this.#settling === session &&
        this.#wanted !== undefined &&
        !sameThing(this.#wanted, this.#registration?.voice.thing)
      ) {
        await this.#register(session, this.#wanted);
      }
    } catch (thrown) {
      if (!session.signal.aborted && !this.#lifetime.signal.aborted) {
        this.parts.log.error("the thing could not be brought up", { reason: describeError(thrown) });
        if (isKind(thrown, "unavailable")) session.giveUp(describeError(thrown));
      }
    } finally {
      if (this.#settling === session) this.#settling = undefined;
    }
  }

  async #register(session: Session, thing: Thing): Promise<void> {
    session.signal.throwIfAborted();
    const before = this.#registration?.voice.thing;
    const keepsCommands = before?.thingId === thing.thingId && before.tenantId === thing.tenantId;
    if (!keepsCommands) this.#unsubscribeCommands();
    this.#registration?.close();
    this.#isDeleted = false;
    const { containers, connection, clock, log } = this.parts;
    const voice = new ThingVoice(thing, connection);
    const registration = new Registration({
      containers,
      voice,
      features: this.#features,
      published: this.#features.has(CONTAINER_FACTORY) ? this.#publishedOf(thing.thingId) : undefined,
      clock,
    });
    this.#registration = registration;
    log.info("the thing is known", { thing: thing.thingId, tenant: thing.tenantId });
    const published = registration.publishAll();
    for (const [path, value] of this.#unsaid) void voice.modify(path, value);
    this.#unsaid.clear();
    await this.#untilPublished(published, session.signal);
    if (keepsCommands) return;
    this.#unsubscribeCommands = await session.subscribe([commandFilter(thing)], (message) =>
      this.#desk.take(message, this.#known()),
    );
  }

  /** Waits for the broker to have the features, but not for ever: commands are worth more than an answer to each of them. */
  async #untilPublished(published: Promise<void>, signal: AbortSignal): Promise<void> {
    const limit = new AbortController();
    const both = AbortSignal.any([signal, limit.signal]);
    const waited = delay(this.parts.clock, this.parts.connectTimeoutMs, both).catch((thrown) => {
      if (!limit.signal.aborted) throw thrown;
    });
    await Promise.race([published, waited]);
    limit.abort();
    signal.throwIfAborted();
  }

  #publishedOf(thingId: string): PublishedContainers {
    if (this.#published?.thingId !== thingId) {
      this.#published?.close();
      this.#published = new PublishedContainers(this.parts.homeDir, thingId, this.parts.log);
    }
    return this.#published;
  }

  async #modify(path: string, value: unknown): Promise<Fate> {
    if (this.#registration !== undefined) return await this.#registration.voice.modify(path, value);
    // In the order of what was said last.
    this.#unsaid.delete(path);
    this.#unsaid.set(path, value);
    return "replaced";
  }

  #known(): KnownThing {
    const thing = this.#registration?.voice.thing;
    return {
      hasThing: (thingId) => !this.#isDeleted && thing?.thingId === thingId,
      hasFeature: (id) => this.#feature(id) !== undefined,
    };
  }

  #feature(id: string): Feature | undefined {
    if (id === CONTAINER_FACTORY || id === SOFTWARE_UPDATABLE || id === METRICS) {
      if (!this.#features.has(id)) return undefined;
      return id === CONTAINER_FACTORY
        ? this.#factory
        : id === METRICS
          ? this.#registration?.metrics
          : this.#software;
    }
    const containerId = containerIdOf(id);
    if (containerId === undefined || !this.#features.has(CONTAINER_FACTORY)) return undefined;
    const { containers } = this.parts;
    return containers.get(containerId) === undefined ? undefined : containerFeature(containers, containerId);
  }

  #onThingEvent(kind: "thing-created" | "thing-deleted"): void {
    if (kind === "thing-deleted") {
      this.#isDeleted = true;
      return;
    }
    if (!this.#isDeleted) return;
    this.#isDeleted = false;
    void this.#registration?.publishAll();
  }
}
