/** Asks an agent or a manager what there is on the device. */

import { type Clock, delay } from "../../base/clock.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { MqttConnection } from "../../mqtt/connection.ts";
import type { Message } from "../../mqtt/link.ts";
import type { Inventory } from "../messages/payloads.ts";
import { readInventory } from "../messages/read.ts";
import { topicsOf } from "../messages/topics.ts";
import { writeCurrentStateGet } from "../messages/write.ts";
import { subscribeAlways } from "./agents.ts";

/** SC_TIMEOUT when it does not answer, with the age of what it said last; SC_DESIRED_STATE_INVALID when the answer cannot be read. */
export async function askCurrentState(
  connection: MqttConnection,
  domain: string,
  activityId: string,
  limitMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Inventory> {
  const topics = topicsOf(domain);
  const answer = Promise.withResolvers<Inventory>();
  const asking = new AbortController();
  const life = AbortSignal.any([signal, asking.signal]);
  let retained: number | undefined;
  const hear = ({ payload, isRetained }: Message) => {
    const read = readInventory(payload);
    if (!read.ok) {
      if (!read.isEmpty && read.activityId === activityId) {
        answer.reject(
          new SupercargoError("SC_DESIRED_STATE_INVALID", `${topics.currentState}: ${read.reason}`),
        );
      }
    } else if (read.envelope.activityId === activityId) answer.resolve(read.envelope.payload);
    else if (isRetained) retained = read.envelope.timestamp;
  };
  const late = async (): Promise<never> => {
    await delay(clock, limitMs, life);
    const last =
      retained === undefined ? "" : `; what it said last is of ${new Date(retained).toISOString()}`;
    throw new SupercargoError(
      "SC_TIMEOUT",
      `no update agent of the domain ${domain} answered within ${limitMs / 1000} s${last}`,
      { hint: "does the daemon run, with update_agent.enable, this domain, and on this broker?" },
    );
  };
  const ask = async (): Promise<Inventory> => {
    await subscribeAlways(connection, [topics.currentState], hear, life);
    const payload = writeCurrentStateGet({ activityId, timestamp: Date.now() });
    void connection.publish({ kind: "reply", topic: topics.currentStateGet, payload });
    return answer.promise;
  };
  try {
    return await Promise.race([ask(), late()]);
  } finally {
    asking.abort(new SupercargoError("SC_CANCELLED", "the question is over"));
  }
}
