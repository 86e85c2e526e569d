/** The connection to the broker that a command works over: the daemon's own settings, or another address. */

import { systemClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { type DaemonConfig, DEFAULT_CONFIG } from "../../config/daemon-config.ts";
import { loadConfig } from "../../config/load.ts";
import { usualConfigPath } from "../../config/sources.ts";
import { SupercargoError } from "../../errors/error.ts";
import { withoutCredentials } from "../../mqtt/broker-address.ts";
import { MqttConnection } from "../../mqtt/connection.ts";
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

/** Runs `use` over a connection that is there. SC_BROKER_UNAVAILABLE when there is none within the limit. */
export async function withBroker<T>(
  { connection: settings }: DaemonConfig,
  signal: AbortSignal,
  use: (connection: MqttConnection) => Promise<T>,
): Promise<T> {
  const dial = mqttJsDial({ ...settings, log: silentLog });
  const options = { ...settings, broker: withoutCredentials(settings.brokerUrl) };
  const connection = new MqttConnection(dial, options, systemClock, silentLog);
  try {
    await connected(connection, options.broker, signal);
    return await use(connection);
  } finally {
    await connection.close();
  }
}

async function connected(connection: MqttConnection, broker: string, signal: AbortSignal): Promise<void> {
  const first = Promise.withResolvers<void>();
  const onAbort = () => first.reject(signal.reason);
  const late = () => {
    const [problem] = connection.problems();
    const why = problem?.message ?? `no answer within ${CONNECT_LIMIT_MS / 1000} s`;
    first.reject(
      new SupercargoError("SC_BROKER_UNAVAILABLE", `${broker}: ${why}`, {
        hint: "name another broker with --broker, or mend connection in the daemon's configuration",
      }),
    );
  };
  const forget = connection.onSession(() => first.resolve());
  const timer = systemClock.after(CONNECT_LIMIT_MS, late);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  connection.open();
  try {
    await first.promise;
  } finally {
    forget();
    timer.cancel();
    signal.removeEventListener("abort", onAbort);
  }
}
