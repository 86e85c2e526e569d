/** The daemon's gRPC server with its services, on the configured address. */

import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { containersService } from "../api/containers-service.ts";
import { ContainersDefinition } from "../api/gen/api/services/containers/containers.ts";
import { SystemInfoDefinition } from "../api/gen/api/services/sysinfo/system_info.ts";
import { FILE_DESCRIPTOR_SET_BASE64 } from "../api/gen/descriptors.ts";
import { SupercargoDefinition } from "../api/gen/supercargo/v1/supercargo.ts";
import type { ServiceParts } from "../api/service-parts.ts";
import { ownStatus } from "../api/status.ts";
import { supercargoService } from "../api/supercargo-service.ts";
import { sysinfoService } from "../api/sysinfo-service.ts";
import type { SocketAddress } from "../base/byte-connection.ts";
import type { Log } from "../base/log.ts";
import { BUILD_INFO, VERSION } from "../cli/build-info.ts";
import type { DaemonConfig } from "../config/daemon-config.ts";
import { SupercargoError } from "../errors/error.ts";
import { addReflection } from "../grpc/reflection/reflection-service.ts";
import { GrpcServer } from "../grpc/server.ts";
import type { Problem } from "../model/problem.ts";
import type { DaemonParts } from "./daemon-parts.ts";

const SOCKET_MODE = 0o660;
const SOCKET_GROUP = "container-management";
const FOLDER_MODE = 0o711;
const LAST_PORT = 65_535;

export function makeServer(
  { manager, images, engine }: DaemonParts,
  daemon: Pick<ServiceParts, "reload"> & {
    readonly problems: () => readonly Problem[];
    readonly settingsRead: () => number;
  },
  log: Log,
): GrpcServer {
  const server = new GrpcServer({
    mapError: ownStatus,
    onConnectionError: (error, peer) =>
      log.debug("a client's connection ended", { peer, reason: error.message }),
  });
  const whenReady = (signal: AbortSignal) => manager.whenReady(signal);
  let apply: ServiceParts["apply"] | undefined;
  const status = () => ({
    version: VERSION,
    engineConnected: engine.connection === "connected",
    problems: daemon.problems(),
    settingsRead: daemon.settingsRead(),
  });
  server.addService(
    ContainersDefinition,
    containersService(manager, whenReady, (signal) => manager.whenKnown(signal)),
  );
  server.addService(SystemInfoDefinition, sysinfoService(BUILD_INFO));
  server.addService(
    SupercargoDefinition,
    supercargoService({
      keeper: manager,
      images,
      status,
      whenReady,
      reload: daemon.reload,
      apply: async (...args) => {
        apply ??= (await import("./apply.ts")).applyTo(manager);
        return await apply(...args);
      },
    }),
  );
  addReflection(server, Buffer.from(FILE_DESCRIPTOR_SET_BASE64, "base64"));
  return server;
}

/** Where to listen for an address such as `127.0.0.1:50051`, `[::1]:50051` or `:50051`, which is every address of the device. */
export function tcpAddress(protocol: string, text: string): SocketAddress {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > LAST_PORT)
    throw new SupercargoError("SC_CONFIG_INVALID", `grpc_server.address_path: ${text} is no host:port`);
  const everywhere = protocol === "tcp6" ? "::" : "0.0.0.0";
  return {
    host: bracketed ?? (plain === undefined || plain === "" ? everywhere : plain),
    port: Number(port),
  };
}

/**
 * Call it under the run lock: a socket file that is there belongs to a daemon that has ended.
 * @returns the address with the real port
 */
export function listen(
  server: GrpcServer,
  { protocol, addressPath }: DaemonConfig["grpcServer"],
): SocketAddress {
  if (protocol !== "unix") return server.listen(tcpAddress(protocol, addressPath));
  const folder = dirname(addressPath);
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  chmodSync(folder, FOLDER_MODE);
  if (existsSync(addressPath)) rmSync(addressPath);
  return server.listen({ unix: addressPath, mode: SOCKET_MODE, group: SOCKET_GROUP });
}
