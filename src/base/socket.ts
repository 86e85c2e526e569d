/** Byte connections over unix and TCP sockets of the runtime, as client. */

import { SupercargoError, toError } from "../errors/error.ts";
import type { ByteConnection, SocketAddress } from "./byte-connection.ts";
import {
  checkPathLength,
  describeAddress,
  type Holder,
  SOCKET_HANDLERS,
  SocketConnection,
} from "./socket-connection.ts";

export interface ConnectOptions {
  /** Gives up; the connect then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Connects. Throws SC_CONNECT_FAILED (field `errnoName` where the system gave one) or the signal's reason. */
export async function connectSocket(
  address: SocketAddress,
  options: ConnectOptions = {},
): Promise<ByteConnection> {
  options.signal?.throwIfAborted();
  const name = describeAddress(address);
  const { promise, resolve, reject } = Promise.withResolvers<SocketConnection>();
  const fail = (thrown: unknown) => {
    const error = toError(thrown);
    const errnoName = "code" in error && typeof error.code === "string" ? error.code : "";
    const reason = errnoName === "" || errnoName === "ENAMETOOLONG" ? error.message : errnoName;
    reject(
      new SupercargoError("SC_CONNECT_FAILED", `cannot connect to ${name}: ${reason}`, {
        cause: thrown,
        fields: { address: name, errnoName },
      }),
    );
  };
  const timeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS;
  const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  const onAbort = () => reject(options.signal?.reason);
  options.signal?.addEventListener("abort", onAbort, { once: true });
  const opening = openClient(address, name);
  opening.then(resolve, fail);
  try {
    return await promise;
  } catch (thrown) {
    // It may still come to be, and nobody wants it any more; its failure has been told.
    opening.then(
      (connection) => connection.destroy(),
      () => undefined,
    );
    throw thrown;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

async function openClient(address: SocketAddress, name: string): Promise<SocketConnection> {
  const handlers = {
    ...SOCKET_HANDLERS,
    open: (socket: Bun.Socket<Holder>) => {
      socket.data = { connection: new SocketConnection(socket, "unix" in address ? "unix" : name) };
    },
  };
  const shared = { socket: handlers, allowHalfOpen: true };
  checkPathLength(address);
  if ("unix" in address) {
    return (await Bun.connect<Holder>({ unix: address.unix, ...shared })).data.connection;
  }
  const socket = await Bun.connect<Holder>({ hostname: address.host, port: address.port, ...shared });
  socket.setNoDelay(true);
  return socket.data.connection;
}
