/** The daemon as Kanto's looks to a client: its 14 rpcs and nothing else, every failure a text with the status UNKNOWN. */

import { DaemonConnection } from "../../../src/api/daemon-connection.ts";
import { ContainersDefinition } from "../../../src/api/gen/api/services/containers/containers.ts";
import { SystemInfoDefinition } from "../../../src/api/gen/api/services/sysinfo/system_info.ts";
import { hasCode } from "../../../src/errors/error.ts";
import type { CallOptions } from "../../../src/grpc/call.ts";
import type { GrpcClient } from "../../../src/grpc/client.ts";
import type { CallContext } from "../../../src/grpc/handlers.ts";
import { GrpcError, GrpcServer, Status } from "../../../src/grpc/server.ts";

export interface PeerFace {
  /** Names of the rpcs that were called, lists left out. */
  readonly calls: readonly string[];
  stop(): Promise<void>;
}

/** Serves on the socket `path` what the daemon behind `daemonSocket` answers. Our codes and hints are not passed on. */
export function servePeerFace(daemonSocket: string, path: string): PeerFace {
  const daemon = new DaemonConnection({ unix: daemonSocket });
  const calls: string[] = [];
  const pass = <T>(
    name: string,
    { signal }: CallContext,
    call: (client: GrpcClient, options: CallOptions) => Promise<T>,
  ): Promise<T> => {
    if (name !== "list") calls.push(name);
    return daemon.call(call, { signal });
  };
  const server = new GrpcServer({
    // A daemon that dies breaks the connection; it does not answer.
    mapError: (thrown) => {
      const status = hasCode(thrown, "SC_DAEMON_UNAVAILABLE") ? Status.UNAVAILABLE : Status.UNKNOWN;
      return new GrpcError(status, thrown instanceof Error ? thrown.message : String(thrown));
    },
  });
  const containers = ContainersDefinition;
  server.addService(containers, {
    create: (request, context) =>
      pass("create", context, (client, options) => client.unary(containers, "create", request, options)),
    get: (request, context) =>
      pass("get", context, (client, options) => client.unary(containers, "get", request, options)),
    list: (request, context) =>
      pass("list", context, (client, options) => client.unary(containers, "list", request, options)),
    start: (request, context) =>
      pass("start", context, (client, options) => client.unary(containers, "start", request, options)),
    stop: (request, context) =>
      pass("stop", context, (client, options) => client.unary(containers, "stop", request, options)),
    update: (request, context) =>
      pass("update", context, (client, options) => client.unary(containers, "update", request, options)),
    unpause: (request, context) =>
      pass("unpause", context, (client, options) => client.unary(containers, "unpause", request, options)),
    remove: (request, context) =>
      pass("remove", context, (client, options) => client.unary(containers, "remove", request, options)),
  });
  server.addService(SystemInfoDefinition, {
    projectInfo: (request, context) =>
      pass("info", context, (client, options) =>
        client.unary(SystemInfoDefinition, "projectInfo", request, options),
      ),
  });
  server.listen({ unix: path });
  return {
    calls,
    stop: async () => {
      await server.stop({ graceMs: 0 });
      await daemon.close();
    },
  };
}
