/** A byte connection on a socket of the runtime, whoever connected: what both ends of unix and TCP sockets share. */

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

/** The runtime calls `onData`, `onDrain`, `onEnd`, `onError` and `onClose` through `SOCKET_HANDLERS`. */
export class SocketConnection implements ByteConnection {
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

/** What a socket of the runtime carries along; set when it opens. */
export interface Holder {
  connection: SocketConnection;
}

/** One set for all sockets; what belongs to one connection is in its Holder. */
export const SOCKET_HANDLERS = {
  data: (socket: Bun.Socket<Holder>, chunk: Uint8Array) => socket.data.connection.onData(chunk),
  drain: (socket: Bun.Socket<Holder>) => socket.data.connection.onDrain(),
  end: (socket: Bun.Socket<Holder>) => socket.data.connection.onEnd(),
  close: (socket: Bun.Socket<Holder>, error?: Error) => socket.data?.connection.onClose(error),
  error: (socket: Bun.Socket<Holder>, error: Error) => socket.data?.connection.onError(error),
};

/** Text of an address for messages. */
export function describeAddress(address: SocketAddress): string {
  return "unix" in address ? address.unix : `${address.host}:${address.port}`;
}

/** Room for the path in the kernel's `sockaddr_un`, without the closing zero. */
const PATH_LIMIT_BYTES = 107;

/** A longer path can be listened on through tricks of the runtime, and then nobody finds it. */
export function checkPathLength(address: SocketAddress): void {
  if (!("unix" in address)) return;
  const length = Buffer.byteLength(address.unix);
  if (length <= PATH_LIMIT_BYTES) return;
  const reason = `the path has ${length} bytes, that of a socket at most ${PATH_LIMIT_BYTES}`;
  throw Object.assign(new Error(reason), { code: "ENAMETOOLONG" });
}
