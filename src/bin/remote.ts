/** What a cloud or an update manager reaches over the broker, inside the daemon; loaded when a part of it is on. */

import { systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { DaemonConfig } from "../config/daemon-config.ts";
import type { Problem } from "../model/problem.ts";
import { withoutCredentials } from "../mqtt/broker-address.ts";
import { MqttConnection } from "../mqtt/connection.ts";
import { mqttJsDial } from "../mqtt/mqttjs-dial.ts";
import type { Twin } from "../twin/twin.ts";
import type { UpdateAgent } from "../update-agent/agent.ts";
import { isDomain } from "../update-agent/messages/topics.ts";
import type { AgentParts } from "./update-agent.ts";

export interface RunningRemote {
  problems(): readonly Problem[];
  /** Before the containers end: nothing is begun any more, what is in hand goes on after the next start. */
  endRequests(): Promise<void>;
  /** After the containers: the last states are still published. */
  end(): Promise<void>;
}

/** The connection of `connection` in the configuration; not opened. */
export function makeConnection({ connection }: DaemonConfig, log: Log): MqttConnection {
  const dial = mqttJsDial({ ...connection, log });
  const options = { ...connection, broker: withoutCredentials(connection.brokerUrl) };
  return new MqttConnection(dial, options, systemClock, log);
}

/** Starts what is on of twin and update agent, over one connection. The containers have been restored. */
export async function startRemote(
  config: DaemonConfig,
  parts: AgentParts,
  daemonLog: Log,
): Promise<RunningRemote> {
  const connection = makeConnection(config, daemonLog.module("mqtt"));
  const twin = config.things.enable ? await makeTwin(config, parts, connection, daemonLog) : undefined;
  const { enable, domain } = config.updateAgent;
  const fault = enable && !isDomain(domain) ? unusableDomain(domain) : undefined;
  if (fault !== undefined) daemonLog.error(fault.message, { hint: fault.hint });
  const hasAgent = enable && fault === undefined;
  const agent = hasAgent ? await makeAgent(config, parts, connection, daemonLog) : undefined;
  twin?.open();
  agent?.open();
  connection.open();
  return {
    problems: () => [...connection.problems(), ...(fault === undefined ? [] : [fault])],
    endRequests: async () => await agent?.close(),
    end: async () => {
      await twin?.close();
      await connection.close();
    },
  };
}

function unusableDomain(domain: string): Problem {
  return {
    code: "SC_CONFIG_INVALID",
    message: `update_agent.domain ${JSON.stringify(domain.slice(0, 100))} cannot be part of a topic: the update agent is left out`,
    hint: "a word without / + # such as containers",
    subject: "update_agent.domain",
  };
}

async function makeTwin(
  { things, connection: { connectTimeoutMs } }: DaemonConfig,
  { manager }: AgentParts,
  connection: MqttConnection,
  daemonLog: Log,
): Promise<Twin> {
  const { Twin } = await import("../twin/twin.ts");
  return new Twin({
    connection,
    containers: manager,
    features: things.features,
    homeDir: things.homeDir,
    connectTimeoutMs,
    clock: systemClock,
    log: daemonLog.module("twin"),
  });
}

async function makeAgent(
  config: DaemonConfig,
  parts: AgentParts,
  connection: MqttConnection,
  daemonLog: Log,
): Promise<UpdateAgent> {
  const { makeUpdateAgent } = await import("./update-agent.ts");
  return makeUpdateAgent(config, parts, connection, daemonLog.module("update-agent"));
}
