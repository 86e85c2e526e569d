/** What a cloud or an update manager reaches over the broker, inside the daemon; loaded when a part of it is on. */

import { systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { DaemonConfig } from "../config/daemon-config.ts";
import type { Manager } from "../manager/manager.ts";
import type { Problem } from "../model/problem.ts";
import { withoutCredentials } from "../mqtt/broker-address.ts";
import { MqttConnection } from "../mqtt/connection.ts";
import { mqttJsDial } from "../mqtt/mqttjs-dial.ts";
import { Twin } from "../twin/twin.ts";

export interface RunningRemote {
  problems(): readonly Problem[];
  /** After the containers: the last states are still published. */
  end(): Promise<void>;
}

/** The connection of `connection` in the configuration; not opened. */
export function makeConnection({ connection }: DaemonConfig, log: Log): MqttConnection {
  const dial = mqttJsDial({ ...connection, log });
  const options = { ...connection, broker: withoutCredentials(connection.brokerUrl) };
  return new MqttConnection(dial, options, systemClock, log);
}

/** Starts the digital twin. The containers have been restored. */
export function startRemote(config: DaemonConfig, manager: Manager, daemonLog: Log): RunningRemote {
  const connection = makeConnection(config, daemonLog.module("mqtt"));
  const twin = new Twin({
    connection,
    containers: manager,
    features: config.things.features,
    homeDir: config.things.homeDir,
    connectTimeoutMs: config.connection.connectTimeoutMs,
    clock: systemClock,
    log: daemonLog.module("twin"),
  });
  twin.open();
  connection.open();
  return {
    problems: () => connection.problems(),
    end: async () => {
      await twin.close();
      await connection.close();
    },
  };
}
