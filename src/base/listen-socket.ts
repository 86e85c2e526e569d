/** Byte connections over unix and TCP sockets of the runtime, as server. */

import { chownSync, readFileSync } from "node:fs";
import { SupercargoError, toError } from "../errors/error.ts";
import type { ByteConnection, SocketAddress } from "./byte-connection.ts";
import {
  checkPathLength,
  describeAddress,
  type Holder,
  SOCKET_HANDLERS,
  SocketConnection,
} from "./socket-connection.ts";

export interface ListenOptions {
  /** Gets each new connection; must call its `open` or `destroy`. */
  readonly onConnection: (connection: ByteConnection) => void;
  /** Permissions of a socket file; default 0660. */
  readonly mode?: number;
  /** Group that the socket file is given to, when the system knows it. */
  readonly group?: string;
}

export interface Listener {
  /** Where it listens; the port is the real one when 0 was asked for. */
  readonly address: SocketAddress;
  /** Accepts no more, removes the socket file; accepted connections stay. */
  close(): void;
}

/**
 * Listens. A file that is already at the path of a unix socket, stale or not, is the caller's matter: throws SC_LISTEN_FAILED.
 * The file has its permissions from its first moment on: the umask is set around the call.
 */
export function listenSocket(address: SocketAddress, options: ListenOptions): Listener {
  const handlers = {
    ...SOCKET_HANDLERS,
    open: (socket: Bun.Socket<Holder>) => {
      const peer = "unix" in address ? "unix" : `${socket.remoteAddress}:${socket.remotePort}`;
      if (!("unix" in address)) socket.setNoDelay(true);
      const connection = new SocketConnection(socket, peer);
      socket.data = { connection };
      options.onConnection(connection);
    },
  };
  const shared = { socket: handlers, allowHalfOpen: true };
  try {
    checkPathLength(address);
    if (!("unix" in address)) {
      const listener = Bun.listen<Holder>({ hostname: address.host, port: address.port, ...shared });
      return { address: { host: address.host, port: listener.port }, close: () => listener.stop(false) };
    }
    const umask = process.umask(0o777 & ~(options.mode ?? 0o660));
    let listener: { stop(force?: boolean): void };
    try {
      listener = Bun.listen<Holder>({ unix: address.unix, ...shared });
    } finally {
      process.umask(umask);
    }
    const gid = options.group === undefined ? undefined : groupId(options.group);
    if (gid !== undefined) chownSync(address.unix, process.geteuid?.() ?? 0, gid);
    return { address, close: () => listener.stop(false) };
  } catch (cause) {
    throw new SupercargoError(
      "SC_LISTEN_FAILED",
      `cannot listen on ${describeAddress(address)}: ${toError(cause).message}`,
      { cause, fields: { address: describeAddress(address) } },
    );
  }
}

/** Number of a group of this system; undefined when it is not known. */
export function groupId(name: string): number | undefined {
  for (const line of readFileSync("/etc/group", "utf8").split("\n")) {
    const [group, , id] = line.split(":");
    if (group === name && id !== undefined && /^\d+$/.test(id)) return Number(id);
  }
  return undefined;
}
