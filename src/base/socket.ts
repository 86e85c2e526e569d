/** Byte connections over unix and TCP sockets of the runtime, as client and as server. */

import { chownSync, readFileSync } from "node:fs";
import { SupercargoError, toError } from "../errors/error.ts";
import type { ByteConnection, ByteReceiver, SocketAddress } from "./byte-connection.ts";

/** The part of the runtime's socket that is used here. */
interface RawSocket {
  readonly remoteAddress: string;
  readonly remotePort?: number;
  write(data: Uint8Array): number;
  shutdown(halfClose?: boolean): void;
  terminate(): void;
  end(): unknown;
  pause(): void;
  resume(): void;
  setNoDelay(noDelay?: boolean): boolean;
}

class SocketConnection implements ByteConnection {
  readonly peer: string;
  queuedBytes = 0;
  readonly #socket: RawSocket;
  #receiver: ByteReceiver | undefined;
  /** What the system has not taken yet, oldest first; copies, because writers reuse their buffers. */
  #pending: Uint8Array[] = [];
  /** What arrived before `open`; the socket is paused at its first chunk. */
  #early: Uint8Array[] = [];
  #ending = false;
  #closed = false;
  #error: Error | undefined;

  constructor(socket: RawSocket, peer: string) {
    this.#socket = socket;
    this.peer = peer;
  }

  open(receiver: ByteReceiver): void {
    this.#receiver = receiver;
    if (this.#early.length === 0 && !this.#closed) return;
    queueMicrotask(() => {
      for (const chunk of this.#early.splice(0)) receiver.data(chunk);
      if (this.#closed) receiver.closed(this.#error);
      else this.#socket.resume();
    });
  }

  write(data: Uint8Array): void {
    if (this.#ending || this.#closed || data.length === 0) return;
    const written = this.#pending.length === 0 ? Math.max(0, this.#socket.write(data)) : 0;
    if (written === data.length) return;
    // Not `slice`: that of a Buffer is only a view.
    this.#pending.push(new Uint8Array(data.subarray(written)));
    this.queuedBytes += data.length - written;
  }

  pause(): void {
    if (!this.#closed) this.#socket.pause();
  }

  resume(): void {
    if (!this.#closed) this.#socket.resume();
  }

  end(): void {
    if (this.#ending || this.#closed) return;
    this.#ending = true;
    if (this.#pending.length === 0) this.#socket.shutdown();
  }

  destroy(error?: Error): void {
    if (this.#closed) return;
    this.#error ??= error;
    this.#socket.terminate();
  }

  /** From the runtime: bytes arrived. */
  onData(chunk: Uint8Array): void {
    if (this.#receiver !== undefined && this.#early.length === 0) {
      this.#receiver.data(chunk);
      return;
    }
    this.#early.push(chunk);
    this.#socket.pause();
  }

  /** From the runtime: there is room again. */
  onDrain(): void {
    while (this.#pending.length > 0) {
      const chunk = this.#pending[0];
      if (chunk === undefined) break;
      const written = Math.max(0, this.#socket.write(chunk));
      this.queuedBytes -= written;
      if (written < chunk.length) {
        this.#pending[0] = chunk.subarray(written);
        return;
      }
      this.#pending.shift();
    }
    if (this.#ending) this.#socket.shutdown();
    this.#receiver?.drained();
  }

  /** From the runtime: the peer sends no more. Nobody here speaks a protocol that goes on after that. */
  onEnd(): void {
    this.#socket.end();
  }

  onError(error: Error): void {
    this.#error ??= error;
  }

  onClose(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending = [];
    this.queuedBytes = 0;
    this.#error ??= error;
    if (this.#receiver !== undefined && this.#early.length === 0) this.#receiver.closed(this.#error);
  }
}

export interface ConnectOptions {
  /** Gives up; the connect then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Text of an address for messages. */
export function describeAddress(address: SocketAddress): string {
  return "unix" in address ? address.unix : `${address.host}:${address.port}`;
}

/** Room for the path in the kernel's `sockaddr_un`, without the closing zero. */
const PATH_LIMIT_BYTES = 107;

/** A longer path can be listened on through tricks of the runtime, and then nobody finds it. */
function checkPathLength(address: SocketAddress): void {
  if (!("unix" in address)) return;
  const length = Buffer.byteLength(address.unix);
  if (length <= PATH_LIMIT_BYTES) return;
  const reason = `the path has ${length} bytes, that of a socket at most ${PATH_LIMIT_BYTES}`;
  throw Object.assign(new Error(reason), { code: "ENAMETOOLONG" });
}

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

interface Holder {
  connection: SocketConnection;
}

/** One set for all sockets; what belongs to one connection is in its Holder. */
const SOCKET_HANDLERS = {
  data: (socket: Bun.Socket<Holder>, chunk: Uint8Array) => socket.data.connection.onData(chunk),
  drain: (socket: Bun.Socket<Holder>) => socket.data.connection.onDrain(),
  end: (socket: Bun.Socket<Holder>) => socket.data.connection.onEnd(),
  close: (socket: Bun.Socket<Holder>, error?: Error) => socket.data?.connection.onClose(error),
  error: (socket: Bun.Socket<Holder>, error: Error) => socket.data?.connection.onError(error),
};

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
