/**
 * Brings commands to features and answers them (spec/digital-twin.md §3.1, §4).
 * Invariants: commands for one container run one at a time, in the order of arrival; those for others run beside them; a
 * request that comes again within its time-out is neither run nor answered again; an answer comes after the messages that
 * the operation caused; at most `MAX_PENDING` commands wait; at most one begins in a turn of the event loop.
 */

import type { Clock } from "../base/clock.ts";
import { sha256Hex } from "../base/hash.ts";
import { KeyedWorker } from "../base/keyed-worker.ts";
import type { Log } from "../base/log.ts";
import { Turns } from "../base/turns.ts";
import { describeError } from "../errors/error.ts";
import { clip } from "../model/fault.ts";
import type { MqttConnection } from "../mqtt/connection.ts";
import type { Message } from "../mqtt/link.ts";
import { type Command, type Incoming, type KnownThing, type Refused, readIncoming } from "./command.ts";
import { sendReply } from "./envelope.ts";
import type { Feature } from "./feature.ts";
import { Refusal, toRefusal, unsupported } from "./refusal.ts";
import { SeenRequests } from "./seen-requests.ts";

const MAX_PENDING = 5_000;
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

export interface DeskParts {
  readonly connection: MqttConnection;
  readonly clock: Clock;
  readonly log: Log;
  /** The feature of this id as it is now. */
  readonly feature: (id: string) => Feature | undefined;
  /** Whether commands of this feature do not wait for each other. */
  readonly isParallel: (id: string) => boolean;
  readonly caughtUp: () => Promise<void>;
  readonly onThingEvent: (kind: "thing-created" | "thing-deleted") => void;
  /** Ends with the daemon. */
  readonly signal: AbortSignal;
}

export class CommandDesk {
  readonly #worker = new KeyedWorker(MAX_PENDING);
  readonly #turns = new Turns();
  readonly #seen: SeenRequests;
  #pending = 0;
  #pendingBytes = 0;
  #serial = 0;

  constructor(private readonly parts: DeskParts) {
    this.#seen = new SeenRequests(parts.clock);
  }

  /** Never throws. */
  take({ topic, payload }: Message, known: KnownThing): void {
    const incoming: Incoming = readIncoming(topic, payload, known);
    switch (incoming.kind) {
      case "ignored":
        this.parts.log.debug("a message to the thing was not dealt with", { topic, reason: incoming.reason });
        break;
      case "refused":
        this.#refuse(topic, incoming);
        break;
      case "command":
        this.#accept(incoming, topic, payload);
        break;
      default:
        this.parts.onThingEvent(incoming.kind);
    }
  }

  #refuse(topic: string, { refusal, reply, echo }: Refused): void {
    this.parts.log.warn("a command was refused", { topic: clip(topic), reason: clip(refusal.message) });
    if (reply === undefined) return;
    const answer = { status: refusal.status, value: refusal.toValue() };
    sendReply(this.parts.connection, reply, echo, echo?.path ?? "/", answer);
  }

  #accept(command: Command, topic: string, payload: Uint8Array): void {
    const { reply, identity, timeoutMs } = command;
    if (this.#seen.isRepeated(identity, sha256Hex(payload), timeoutMs)) {
      this.parts.log.debug("a request came again within its time-out", { topic });
      return;
    }
    const isFull = this.#pending >= MAX_PENDING || this.#pendingBytes + payload.length > MAX_PENDING_BYTES;
    if (isFull && this.#pending > 0) {
      const refusal = new Refusal("messages:execution.failed", "too many commands wait");
      this.#refuse(topic, { kind: "refused", refusal, reply, echo: command.echo });
      return;
    }
    this.#pending++;
    this.#pendingBytes += payload.length;
    void this.#work(command).finally(() => {
      this.#pending--;
      this.#pendingBytes -= payload.length;
    });
  }

  async #work(command: Command): Promise<void> {
    const { featureId, operation, reply, echo } = command;
    const { log, signal } = this.parts;
    const key = this.parts.isParallel(featureId) ? `${featureId} ${this.#serial++}` : featureId;
    let answer: { readonly status: number; readonly value?: unknown };
    try {
      const value = await this.#worker.run(key, () => this.#run(command), signal);
      answer = value === undefined ? { status: 204 } : { status: 200, value };
    } catch (thrown) {
      if (signal.aborted) return;
      const refusal = toRefusal(thrown);
      const reason = clip(describeError(thrown));
      log.warn("a command failed", { feature: clip(featureId), operation: clip(operation), reason });
      answer = { status: refusal.status, value: refusal.toValue() };
    }
    await this.parts.caughtUp();
    if (reply === undefined) return;
    const path = `/features/${featureId}/outbox/messages/${operation}`;
    sendReply(this.parts.connection, reply, echo, path, answer);
  }

  async #run({ featureId, operation, value }: Command): Promise<unknown> {
    // A flood of commands that need not wait for anything would keep the broker's own messages, and everybody else, out.
    await this.#turns.next();
    this.parts.signal.throwIfAborted();
    const feature = this.parts.feature(featureId);
    if (feature === undefined) {
      const message = `no such container with id = ${featureId.replace("Container:", "")} exists`;
      throw new Refusal("messages:execution.failed", message);
    }
    const run = feature.operation(operation);
    if (run === undefined) throw unsupported(feature.unsupported(operation));
    return await run(value, this.parts.signal);
  }
}
