/** Outgoing messages of a thing in Ditto's envelope (spec/digital-twin.md §4.1, §4.2, §4.4). */

import type { MqttConnection } from "../mqtt/connection.ts";
import type { Fate, OutKind } from "../mqtt/out-queue.ts";
import type { Echo, ReplyPlace } from "./command.ts";
import { eventTopic, type Thing } from "./thing.ts";

/** Publishes for one thing. What is published while the broker is away waits in the connection's queue. */
export class ThingVoice {
  constructor(
    readonly thing: Thing,
    private readonly connection: MqttConnection,
  ) {}

  /** Sets a feature or a property of it; of several that wait the last one goes. */
  modify(path: string, value: unknown): Promise<Fate> {
    const kind: OutKind = { kind: "state", key: `${eventTopic(this.thing)} ${path}` };
    return this.#twin("modify", kind, path, value);
  }

  remove(path: string): Promise<Fate> {
    return this.#twin("delete", { kind: "keep" }, path, undefined);
  }

  /** A live message of a feature: measured values. */
  tell(featureId: string, subject: string, value: unknown): Promise<Fate> {
    const { namespace, name } = this.thing;
    return this.#send(
      { kind: "sample" },
      {
        topic: `${namespace}/${name}/things/live/messages/${subject}`,
        headers: { "content-type": "application/json", "response-required": false },
        path: `/features/${featureId}/outbox/messages/${subject}`,
        value,
      },
    );
  }

  #twin(action: "modify" | "delete", kind: OutKind, path: string, value: unknown): Promise<Fate> {
    const { namespace, name } = this.thing;
    return this.#send(kind, {
      topic: `${namespace}/${name}/things/twin/commands/${action}`,
      headers: { "response-required": false },
      path,
      value,
    });
  }

  #send(kind: OutKind, envelope: object): Promise<Fate> {
    const payload = JSON.stringify(envelope);
    return this.connection.publish({ ...kind, topic: eventTopic(this.thing), payload });
  }
}

export interface Answer {
  readonly status: number;
  /** undefined: none, status 204. */
  readonly value?: unknown;
}

/** @param path of the answer: the operation's outbox, or the request's own when a check refused it. */
export function sendReply(
  connection: MqttConnection,
  place: ReplyPlace,
  echo: Echo | undefined,
  path: string,
  { status, value }: Answer,
): void {
  const envelope = {
    topic: echo?.topic ?? "unknown/unknown/things/twin/errors",
    headers: {
      ...(status === 204 ? {} : { "content-type": "application/json" }),
      ...(echo === undefined || echo.correlationId === "" ? {} : { "correlation-id": echo.correlationId }),
    },
    path: echo === undefined ? "/" : path,
    value,
    status,
  };
  void connection.publish({
    kind: "reply",
    topic: `command//${place.thingId}/res/${place.requestId}/${status}`,
    payload: JSON.stringify(envelope),
  });
}
