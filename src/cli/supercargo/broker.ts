/** The connection to the broker that a command works over: the daemon's own settings, or another address. */

import { systemClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { type DaemonConfig, DEFAULT_CONFIG } from "../../config/daemon-config.ts";
import { loadConfig } from "../../config/load.ts";
import { usualConfigPath } from "../../config/sources.ts";
import { hasCode, SupercargoError, toError } from "../../errors/error.ts";
import { withoutCredentials } from "../../mqtt/broker-address.ts";
import { MqttConnection } from "../../mqtt/connection.ts";
import type { Dial } from "../../mqtt/link.ts";
import { mqttJsDial } from "../../mqtt/mqttjs-dial.ts";
import type { Flag, FlagValues } from "../flags.ts";

export const BROKER_FLAGS: readonly Flag[] = [
  {
    name: "broker",
    kind: "string",
    fallback: "",
    usage: "Address of the broker; else connection.broker_url of the daemon's configuration",
  },
  {
    name: "cfg-file",
    kind: "string",
    fallback: "",
    usage:
      "The daemon's configuration, for the broker's address, credentials and certificates; else the usual one",
  },
];

/** A person waits no longer for the first connection. */
const CONNECT_LIMIT_MS = 10_000;

/** The daemon's configuration as far as a command needs it. SC_CONFIG_INVALID. */
export function configOf(values: FlagValues): DaemonConfig {
  const path = values.text("cfg-file") === "" ? usualConfigPath() : values.text("cfg-file");
  const config = path === "" ? DEFAULT_CONFIG : loadConfig(path, new Map()).config;
  const brokerUrl = values.text("broker");
  return brokerUrl === "" ? config : { ...config, connection: { ...config.connection, brokerUrl } };
}

/** Runs `use` over a connection that is there. SC_BROKER_UNAVAILABLE, SC_BROKER_REFUSED when the first try fails. */
export async function withBroker<T>(
  { connection: settings }: DaemonConfig,
  signal: AbortSignal,
  use: (connection: MqttConnection) => Promise<T>,
): Promise<T> {
  const broker = withoutCredentials(settings.brokerUrl);
  const first = Promise.withResolvers<void>();
  const dial = mqttJsDial({ ...settings, log: silentLog });
  const firstDial: Dial = async (events, life) => {
    try {
      return await dial(events, life);
    } catch (thrown) {
      // A person is told at once; a connection that was there once is made anew for ever.
      first.reject(unreachable(broker, thrown));
      throw thrown;
    }
  };
  const connectTimeoutMs = Math.min(settings.connectTimeoutMs, CONNECT_LIMIT_MS);
  const connection = new MqttConnection(
    firstDial,
    { ...settings, connectTimeoutMs, broker },
    systemClock,
    silentLog,
  );
  const forget = connection.onSession(() => first.resolve());
  const onAbort = () => first.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    else connection.open();
    await first.promise;
    return await use(connection);
  } finally {
    forget();
    signal.removeEventListener("abort", onAbort);
    await connection.close();
  }
}

function unreachable(broker: string, thrown: unknown): SupercargoError {
  const code = hasCode(thrown, "SC_BROKER_REFUSED") ? "SC_BROKER_REFUSED" : "SC_BROKER_UNAVAILABLE";
  return new SupercargoError(code, `${broker}: ${toError(thrown).message}`, {
    hint: "name another broker with --broker, or mend connection in the daemon's configuration",
    cause: thrown,
  });
}
