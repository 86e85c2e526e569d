/**
 * Links over MQTT.js. Only here is the library known, and it is loaded with the first connection. The library
 * does one connection at a time: reconnecting, queueing and subscribing anew are ours.
 */

import type { IClientOptions, MqttClient } from "mqtt";
import { SupercargoError, toError } from "../errors/error.ts";
import { type BrokerAddress, parseBrokerUrl } from "./broker-address.ts";
import type { Dial, DialSettings, Link, LinkEvents } from "./link.ts";
import { readTlsFiles } from "./tls-settings.ts";

const PROTOCOLS = { tcp: "mqtt", tls: "mqtts", ws: "ws", wss: "wss" } as const;
/** CONNACK codes of MQTT 3.1.1 §3.2.2.3 that another try does not change: identifier, credentials, authorisation. */
const REFUSALS: readonly unknown[] = [2, 4, 5];

/** The library's word for what was not acknowledged when a connection ended. */
const GIVEN_UP = "Connection closed";
/** Words and codes of TLS that are about certificates. */
const DISTRUST = /certificate|self.signed|altname|unable to verify/i;

async function clientOptions(settings: DialSettings, address: BrokerAddress): Promise<IClientOptions> {
  const isSecure = address.kind === "tls" || address.kind === "wss";
  const tls = isSecure && settings.transport !== undefined ? await readTlsFiles(settings.transport) : {};
  return {
    protocol: PROTOCOLS[address.kind],
    host: address.host,
    hostname: address.host,
    port: address.port,
    ...(address.path === "" ? {} : { path: address.path }),
    ...(isSecure ? { ...tls, rejectUnauthorized: true } : {}),
    protocolVersion: 4,
    clientId: crypto.randomUUID(),
    clean: true,
    keepalive: Math.ceil(settings.keepAliveMs / 1000),
    connectTimeout: settings.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    reschedulePings: false,
    timerVariant: "native",
    ...(settings.clientUsername === "" ? {} : { username: settings.clientUsername }),
    ...(settings.clientPassword === "" ? {} : { password: settings.clientPassword }),
  };
}

function connectFailure(thrown: unknown, address: BrokerAddress): SupercargoError {
  const error = toError(thrown);
  const at = `${address.host}:${address.port}`;
  if ("code" in error && REFUSALS.includes(error.code)) {
    return new SupercargoError("SC_BROKER_REFUSED", `the broker at ${at} refuses us: ${error.message}`, {
      hint: "look at connection.client_username, client_password and the broker's users",
      cause: error,
    });
  }
  const text = error.message === "" && "code" in error ? String(error.code) : error.message;
  const isDistrusted = address.kind !== "tcp" && address.kind !== "ws" && DISTRUST.test(text);
  return new SupercargoError("SC_BROKER_UNAVAILABLE", `the broker at ${at} cannot be reached: ${text}`, {
    cause: error,
    ...(isDistrusted && { hint: "look at connection.transport and at the broker's own certificate" }),
  });
}

class MqttJsLink implements Link {
  constructor(private readonly client: MqttClient) {}

  publish(topic: string, payload: string, isRetained: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.publish(topic, payload, { qos: 1, retain: isRetained }, (failure) => {
        if (failure) reject(this.#failure(failure));
        else resolve();
      });
    });
  }

  subscribe(filters: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.subscribe([...filters], { qos: 1 }, (failure, granted) => {
        const refused = granted?.filter(({ qos }) => qos === 128).map(({ topic }) => topic) ?? [];
        if (refused.length > 0) {
          const message = `the broker refuses the subscription of ${refused.join(", ")}`;
          reject(new SupercargoError("SC_BROKER_REFUSED", message));
        } else if (failure) reject(this.#failure(failure));
        else resolve();
      });
    });
  }

  unsubscribe(filters: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.unsubscribe([...filters], (failure) => {
        if (failure) reject(this.#failure(failure));
        else resolve();
      });
    });
  }

  end(isOrderly: boolean): void {
    this.client.end(!isOrderly);
  }

  /** The library gives up what is under way before it says that it is not connected any more. */
  #failure(failure: Error): SupercargoError {
    const isThere = this.client.connected && !this.client.disconnecting && failure.message !== GIVEN_UP;
    const code = isThere ? "SC_INTERNAL" : "SC_BROKER_UNAVAILABLE";
    return new SupercargoError(code, failure.message, { cause: failure });
  }
}

async function open(settings: DialSettings, events: LinkEvents, signal: AbortSignal): Promise<Link> {
  const address = parseBrokerUrl(settings.brokerUrl);
  // Not before: of the programs that could speak to a broker most are called for something else.
  const { connect } = await import("#mqtt-library");
  const options = await clientOptions(settings, address);
  signal.throwIfAborted();
  const client = connect(options);
  const { promise, resolve, reject } = Promise.withResolvers<Link>();
  let isOpen = false;
  let lastError: Error | undefined;
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  client.on("message", (topic, payload, packet) =>
    events.onMessage({ topic, payload, isRetained: packet.retain }),
  );
  client.on("error", (error) => {
    lastError = toError(error);
    if (!isOpen) reject(connectFailure(error, address));
  });
  client.on("connect", () => {
    // Messages are short and often two in a row: together with the broker's delayed answers each would wait 40 ms.
    const { stream } = client;
    if ("setNoDelay" in stream && typeof stream.setNoDelay === "function") stream.setNoDelay(true);
    isOpen = true;
    resolve(new MqttJsLink(client));
  });
  client.on("close", () => {
    const reason = lastError?.message ?? "the broker closed it";
    if (isOpen) events.onGone(reason);
    else reject(connectFailure(lastError ?? new Error(reason), address));
  });
  try {
    return await promise;
  } catch (thrown) {
    client.end(true);
    throw thrown;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Makes links to the broker of the settings. */
export function mqttJsDial(settings: DialSettings): Dial {
  return (events, signal) => open(settings, events, signal);
}
