/** Hearing one topic for the auto deployer; MQTT is loaded only when it is asked for. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { TakeOverOptions } from "./auto-deployer-take-over.ts";

export const HAS_MQTT = true;

const LIMIT_MS = 15_000;
/** The peer's. */
const KEEP_ALIVE_MS = 5_000;

export interface Listening {
  end(): Promise<void>;
}

/** Connects for as long as it takes, again after each loss. Calls `onMessage` with each message of the topic. */
export async function listenToTopic(
  { host, port, topic }: TakeOverOptions,
  clock: Clock,
  log: Log,
  onMessage: (payload: Uint8Array) => void,
): Promise<Listening> {
  const { MqttConnection } = await import("../mqtt/connection.ts");
  const { mqttJsDial } = await import("../mqtt/mqttjs-dial.ts");
  const broker = `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const dial = mqttJsDial({
    brokerUrl: broker,
    keepAliveMs: KEEP_ALIVE_MS,
    connectTimeoutMs: LIMIT_MS,
    clientUsername: "",
    clientPassword: "",
    log,
  });
  const limits = {
    broker,
    connectTimeoutMs: LIMIT_MS,
    acknowledgeTimeoutMs: LIMIT_MS,
    subscribeTimeoutMs: LIMIT_MS,
    unsubscribeTimeoutMs: LIMIT_MS,
    disconnectTimeoutMs: 0,
  };
  const connection = new MqttConnection(dial, limits, clock, log);
  connection.onSession(async (session) => {
    await session.subscribe([topic], ({ payload }) => onMessage(payload));
  });
  connection.open();
  return { end: () => connection.close() };
}
