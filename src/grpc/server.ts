/** gRPC server: services, the sockets on which it listens, and the connections that it holds. */

import type { ByteConnection, SocketAddress } from "../base/byte-connection.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { type Listener, listenSocket } from "../base/listen-socket.ts";
import { GrpcError, Status } from "./grpc-error.ts";
import type { HandlersOf } from "./handlers.ts";
import { Http2Connection } from "./http2/connection.ts";
import type { KeepaliveOptions } from "./http2/keepalive.ts";
import { DEFAULT_RECEIVE_BYTES, type Limits, SERVER_LIMITS } from "./limits.ts";
import { methodPath, type ServiceDefinition } from "./method.ts";
import { answerRequest } from "./request-router.ts";
import type { Route } from "./server-call.ts";

export { GrpcError, Status } from "./grpc-error.ts";

export interface GrpcServerOptions {
  readonly limits?: Partial<Limits>;
  /** Largest message that is received; default 4 MiB. */
  readonly maxReceiveBytes?: number;
  /** Finds connections whose peer is gone without a word; default every 5 minutes of silence. */
  readonly keepalive?: KeepaliveOptions;
  readonly clock?: Clock;
  /** Status of what a handler throws and that is no GrpcError; default UNKNOWN with the error's message. */
  readonly mapError?: (thrown: unknown) => GrpcError;
  /** Hears why a connection was lost or ended by us; for the log. */
  readonly onConnectionError?: (error: Error, peer: string) => void;
}

export interface ListenTarget {
  /** Permissions of a socket file; default 0660. */
  readonly mode?: number;
  /** Group of the socket file, when the system knows it. */
  readonly group?: string;
}

const DEFAULT_KEEPALIVE: KeepaliveOptions = { intervalMs: 300_000, timeoutMs: 20_000 };

function defaultMapError(thrown: unknown): GrpcError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new GrpcError(Status.UNKNOWN, message, undefined, thrown);
}

export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #routes = new Map<string, Route>();
  readonly #services = new Map<string, ServiceDefinition>();
  readonly #listeners: Listener[] = [];
  readonly #connections = new Set<Http2Connection>();
  #activeCalls = 0;
  #isStopping = false;
  #whenEmpty: (() => void)[] = [];

  constructor(options: GrpcServerOptions = {}) {
    this.#options = options;
    this.#limits = { ...SERVER_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
  }

  /** Full names of the services, in the order in which they were added. */
  get serviceNames(): readonly string[] {
    return [...this.#services.keys()];
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Calls whose status has not been sent. */
  get activeCalls(): number {
    return this.#activeCalls;
  }

  /** Adds a service; a method without a handler answers UNIMPLEMENTED. Throws when the service is already there. */
  addService<S extends ServiceDefinition>(definition: S, handlers: HandlersOf<S>): void {
    if (this.#services.has(definition.fullName)) {
      throw new GrpcError(Status.INTERNAL, `service ${definition.fullName} was added twice`);
    }
    this.#services.set(definition.fullName, definition);
    for (const [key, method] of Object.entries(definition.methods)) {
      const handler: unknown = handlers[key as keyof typeof handlers];
      if (typeof handler !== "function") continue;
      this.#routes.set(methodPath(definition, method), {
        method,
        handler: (request, context) => handler.call(handlers, request, context),
      });
    }
  }

  /**
   * Listens on a unix socket or on TCP, also on several. A stale socket file is the caller's matter.
   * Gives the address with the real port. Throws SupercargoError SC_LISTEN_FAILED.
   */
  listen(address: SocketAddress & ListenTarget): SocketAddress {
    const listener = listenSocket(address, {
      onConnection: (bytes) => this.accept(bytes),
      ...(address.mode === undefined ? {} : { mode: address.mode }),
      ...(address.group === undefined ? {} : { group: address.group }),
    });
    this.#listeners.push(listener);
    return listener.address;
  }

  /** Serves a connection that came from elsewhere. */
  accept(bytes: ByteConnection): void {
    if (this.#isStopping || this.#connections.size >= this.#limits.connections) {
      this.#options.onConnectionError?.(new Error("connection refused: there are too many"), bytes.peer);
      bytes.destroy();
      return;
    }
    const connection: Http2Connection = new Http2Connection(
      bytes,
      {
        isServer: true,
        limits: this.#limits,
        clock: this.#clock,
        keepalive: this.#options.keepalive ?? DEFAULT_KEEPALIVE,
      },
      {
        request: (stream, head) =>
          answerRequest(stream, head, {
            routes: this.#routes,
            services: this.#services,
            limits: this.#limits,
            clock: this.#clock,
            peer: bytes.peer,
            maxReceiveBytes: this.#options.maxReceiveBytes ?? DEFAULT_RECEIVE_BYTES,
            mapError: this.#options.mapError ?? defaultMapError,
            onCallBegun: () => {
              this.#activeCalls++;
            },
            onCallOver: () => {
              this.#activeCalls--;
            },
          }),
        ready: () => undefined,
        roomChanged: () => undefined,
        goingAway: () => undefined,
        closed: (error) => {
          this.#connections.delete(connection);
          if (error !== undefined) this.#options.onConnectionError?.(error, bytes.peer);
          if (this.#connections.size > 0) return;
          for (const resolve of this.#whenEmpty.splice(0)) resolve();
        },
      },
    );
    this.#connections.add(connection);
  }

  /**
   * Takes no new connections and calls, lets those that run end within `graceMs` (0: they are cut at once, and their
   * handlers' signals abort), then closes. Resolves when every connection is gone.
   */
  async stop(options: { readonly graceMs: number }): Promise<void> {
    this.#isStopping = true;
    for (const listener of this.#listeners.splice(0)) listener.close();
    if (this.#connections.size === 0) return;
    const empty = new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
    const cut = () => {
      for (const connection of [...this.#connections]) connection.close();
    };
    if (options.graceMs <= 0) {
      cut();
      await empty;
      return;
    }
    for (const connection of [...this.#connections]) connection.shutdown();
    const timer = this.#clock.after(options.graceMs, cut);
    await empty;
    timer.cancel();
  }
}
