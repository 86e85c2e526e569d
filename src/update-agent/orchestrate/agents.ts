/** What leading and watching need of the agents: to say something to one, and to hear what all of them say. */

import type { MqttConnection } from "../../mqtt/connection.ts";
import type { Message } from "../../mqtt/link.ts";
import type { Session } from "../../mqtt/session.ts";
import type { Feedback } from "../messages/payloads.ts";
import { readFeedback } from "../messages/read.ts";
import { topicsOf } from "../messages/topics.ts";

export interface Heard {
  readonly domain: string;
  readonly activityId: string;
  readonly feedback: Feedback;
}

export type HeardListener = (heard: Heard) => void;

export interface Agents {
  /** Hears what these domains say from now on, over every loss of the connection, until `signal` aborts; resolves when the broker listens. */
  listen(domains: readonly string[], listener: HeardListener, signal: AbortSignal): Promise<void>;
  /** Goes out as soon as there is a connection, in order. */
  send(domain: string, what: "desiredState" | "command", text: string): void;
}

/** The agents that a broker reaches. */
export class BrokerAgents implements Agents {
  constructor(
    private readonly connection: MqttConnection,
    /** A message that is no feedback. */
    private readonly onStrange: (topic: string, reason: string) => void,
  ) {}

  async listen(domains: readonly string[], listener: HeardListener, signal: AbortSignal): Promise<void> {
    const domainOf = new Map(domains.map((domain) => [topicsOf(domain).feedback, domain]));
    const hear = ({ topic, payload }: Message) => {
      const domain = domainOf.get(topic);
      if (domain === undefined || signal.aborted) return;
      const read = readFeedback(payload);
      if (read.ok)
        listener({ domain, activityId: read.envelope.activityId, feedback: read.envelope.payload });
      else this.onStrange(topic, read.reason);
    };
    await subscribeAlways(this.connection, [...domainOf.keys()], hear, signal);
  }

  send(domain: string, what: "desiredState" | "command", text: string): void {
    // Its fate is in what the agent answers, or does not.
    void this.connection.publish({ kind: "keep", topic: topicsOf(domain)[what], payload: text });
  }
}

/** Subscribes in this and every later connection until `signal` aborts; resolves with the first time, rejects when that is refused. */
export function subscribeAlways(
  connection: MqttConnection,
  filters: readonly string[],
  listener: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const subscribe = async (session: Session) => {
    try {
      const end = await session.subscribe(filters, listener);
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
      resolve();
    } catch (thrown) {
      if (session.signal.aborted) return;
      reject(thrown);
      throw thrown;
    }
  };
  const forget = connection.onSession(subscribe);
  const onAbort = () => {
    forget();
    reject(signal.reason);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return promise;
}
