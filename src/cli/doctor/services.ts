/** What must answer: containerd, the broker, the daemon itself. */

import { DaemonConnection } from "../../api/daemon-connection.ts";
import { SupercargoClient } from "../../api/supercargo-client.ts";
import { connectSocket } from "../../base/socket.ts";
import { VersionDefinition } from "../../engine/containerd/gen/containerd/services/version.ts";
import { describeError, hasCode, SupercargoError, toError } from "../../errors/error.ts";
import { GrpcClient } from "../../grpc/client.ts";
import { parseBrokerUrl } from "../../mqtt/broker-address.ts";
import { describeAbsence } from "../absent-daemon.ts";
import type { Check } from "./finding.ts";
import { findProgram, install } from "./programs.ts";

const ANSWER_LIMIT_MS = 5_000;
const LEAST_VERSION = [1, 6] as const;
const LOCAL_HOSTS = ["localhost", "127.0.0.1", "::1", "[::1]"];

export const checkContainerd: Check = async ({ config, signal }) => {
  const subject = "containerd";
  const path = config.containers.addressPath;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
  try {
    const client = await GrpcClient.connect({ unix: path }, { signal: limited, timeoutMs: ANSWER_LIMIT_MS });
    try {
      const { version } = await client.unary(VersionDefinition, "version", {}, { signal: limited });
      const [major = 0, minor = 0] = version.split(".").map(Number);
      const isOld = major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1]);
      if (!isOld) return [{ subject, level: "ok", message: `containerd ${version} answers at ${path}` }];
      const message = `containerd ${version} is older than ${LEAST_VERSION.join(".")}`;
      return [{ subject, level: "problem", message, command: install("containerd") }];
    } finally {
      client.close();
    }
  } catch (thrown) {
    signal.throwIfAborted();
    const message = `containerd does not answer at ${path}: ${toError(thrown).message}`;
    if (findProgram("containerd") === undefined) {
      return [
        {
          subject,
          level: "problem",
          message: `${message}; it is not installed`,
          command: install("containerd"),
        },
      ];
    }
    return [{ subject, level: "problem", message, command: "systemctl start containerd" }];
  }
};

export const checkBroker: Check = async ({ config, signal }) => {
  const subject = "broker";
  if (!config.things.enable && !config.updateAgent.enable) {
    return [{ subject, level: "off", message: "neither things nor update_agent is enabled" }];
  }
  const url = config.connection.brokerUrl;
  let address: { readonly host: string; readonly port: number };
  try {
    address = parseBrokerUrl(url);
  } catch (thrown) {
    if (!(thrown instanceof SupercargoError)) throw thrown;
    return [{ subject, level: "problem", message: thrown.message, advice: thrown.hint }];
  }
  const { host, port } = address;
  try {
    const connection = await connectSocket({ host, port }, { signal, timeoutMs: ANSWER_LIMIT_MS });
    connection.destroy();
    return [{ subject, level: "ok", message: `something listens at ${host}:${port}` }];
  } catch (thrown) {
    signal.throwIfAborted();
    const message = `the MQTT broker ${host}:${port} cannot be reached (${toError(thrown).message}); containers run without it, the cloud does not hear of them`;
    return LOCAL_HOSTS.includes(host)
      ? [{ subject, level: "problem", message, command: "systemctl start mosquitto" }]
      : [{ subject, level: "problem", message, advice: "check the network and connection.broker_url" }];
  }
};

export const checkDaemon: Check = async ({ address, signal }) => {
  const subject = "daemon";
  const connection = new DaemonConnection(address, ANSWER_LIMIT_MS);
  const place = connection.addressText;
  try {
    const { version, isEngineConnected, problems } = await new SupercargoClient(connection).status(
      AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
    );
    const away = isEngineConnected
      ? []
      : [{ subject, level: "problem", message: "the daemon has no connection to containerd" } as const];
    const told = problems.map(
      ({ message, hint }) =>
        ({ subject, level: "problem", message, ...(hint === "" ? {} : { advice: hint }) }) as const,
    );
    const all = [...away, ...told];
    return all.length > 0
      ? all
      : [{ subject, level: "ok", message: `version ${version} answers at ${place}` }];
  } catch (thrown) {
    signal.throwIfAborted();
    if (hasCode(thrown, "SC_UNSUPPORTED")) {
      return [{ subject, level: "warning", message: `the daemon at ${place} is Kanto's` }];
    }
    if (!hasCode(thrown, "SC_DAEMON_UNAVAILABLE")) {
      return [{ subject, level: "problem", message: `the daemon at ${place}: ${describeError(thrown)}` }];
    }
    const message = describeAbsence(address, thrown);
    return [{ subject, level: "problem", message, command: "systemctl start container-management" }];
  } finally {
    await connection.close().catch(() => undefined);
  }
};
