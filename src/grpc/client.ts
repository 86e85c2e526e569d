/** gRPC client on one HTTP/2 connection. When that is lost the client is of no use any more: make another. */

import type { ByteConnection, SocketAddress } from "../base/byte-connection.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { connectSocket } from "../base/socket.ts";
import type { CallOptions, DuplexCall } from "./call.ts";
import { type CallTarget, ClientCall, type QueuedCall } from "./client-call.ts";
import { GrpcError, Status } from "./grpc-error.ts";
import { Http2Connection } from "./http2/connection.ts";
import { ErrorCode } from "./http2/frame.ts";
import type { KeepaliveOptions } from "./http2/keepalive.ts";
import { CLIENT_LIMITS, DEFAULT_RECEIVE_BYTES, type Limits } from "./limits.ts";
import {
  type AnyMethod,
  type MethodOf,
  methodPath,
  type RequestOf,
  type ResponseOf,
  type ServerStreamMethodOf,
  type ServiceDefinition,
  type UnaryMethodOf,
} from "./method.ts";

export { GrpcError, Status } from "./grpc-error.ts";

export interface GrpcClientSettings {
  readonly limits?: Partial<Limits>;
  /** Largest message that is received; default 4 MiB. */
  readonly maxReceiveBytes?: number;
  /** Off by default: gRPC servers in Go refuse frequent pings. */
  readonly keepalive?: KeepaliveOptions;
  /** Sent as `:authority`; default `localhost`. */
  readonly authority?: string;
  readonly clock?: Clock;
  /** The connection is gone; undefined when `close` ended it. */
  readonly onClose?: (error: Error | undefined) => void;
}

export interface GrpcClientOptions extends GrpcClientSettings {
  readonly connect: SocketAddress | (() => Promise<ByteConnection>);
}

export interface ConnectOptions extends GrpcClientSettings {
  readonly signal?: AbortSignal;
  /** Until the server has answered; default 10 s. */
  readonly timeoutMs?: number;
  /** Answers once the connection is open, before the server has said a word: a first call then leaves in one write with the greeting. */
  readonly isEager?: boolean;
}

const CONNECT_TIMEOUT_MS = 10_000;

export class GrpcClient {
  /** Resolves when the connection is gone: with the reason (a server's orderly end is one), or undefined after `close`. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  readonly #settings: GrpcClientSettings;
  readonly #limits: Limits;
  readonly #clock: Clock;
  /** Calls that wait for the connection or for a free stream, in order. */
  #queue: QueuedCall[] = [];
  #connection: Http2Connection | undefined;
  #end: { readonly error: Error | undefined } | undefined;
  #isClosing = false;
  readonly #opened = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  #hasAnswered = false;
  readonly #closed = Promise.withResolvers<Error | undefined>();

  /** Connects at once; calls wait for it. */
  constructor(options: GrpcClientOptions) {
    this.#settings = options;
    this.#limits = { ...CLIENT_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.closed = this.#closed.promise;
    // Nobody may be waiting for it; the reason is in `closed` too.
    this.#ready.promise.catch(() => undefined);
    this.#opened.promise.catch(() => undefined);
    const { connect } = options;
    const opening = typeof connect === "function" ? connect() : connectSocket(connect);
    opening.then(
      (bytes) => this.#open(bytes),
      (thrown) => this.#onClosed(thrown instanceof Error ? thrown : new Error(String(thrown))),
    );
  }

  /** Connects and waits for the server's answer, unless `isEager`. Throws SupercargoError SC_CONNECT_FAILED, GrpcError UNAVAILABLE or the signal's reason. */
  static async connect(
    address: SocketAddress | (() => Promise<ByteConnection>),
    options: ConnectOptions = {},
  ): Promise<GrpcClient> {
    const { signal, timeoutMs = CONNECT_TIMEOUT_MS, isEager = false, ...settings } = options;
    signal?.throwIfAborted();
    const connect =
      typeof address === "function"
        ? address
        : () => connectSocket(address, { timeoutMs, ...(signal === undefined ? {} : { signal }) });
    const client = new GrpcClient({ ...settings, connect });
    await client.#until(isEager ? client.#opened.promise : client.#ready.promise, signal, timeoutMs);
    return client;
  }

  /** Whether calls can still be made. */
  get isOpen(): boolean {
    return this.#end === undefined && !this.#isClosing && this.#connection?.isEnding !== true;
  }

  /** Whether the server has greeted us. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** One request, one response. Rejects with GrpcError or the signal's reason. */
  async unary<S extends ServiceDefinition, M extends UnaryMethodOf<S>>(
    service: S,
    method: M,
    request: RequestOf<S["methods"][M]>,
    options: CallOptions = {},
  ): Promise<ResponseOf<S["methods"][M]>> {
    const call = this.#call(service, method, options);
    this.#start(call, request);
    if (!call.isSettled) {
      await new Promise<void>((resolve) => {
        call.onSettled = resolve;
      });
    }
    if (call.failure !== undefined) throw call.failure.reason;
    if (call.inbox.size !== 1) {
      throw new GrpcError(Status.INTERNAL, `the server sent ${call.inbox.size} messages instead of one`);
    }
    return call.inbox.take() as ResponseOf<S["methods"][M]>;
  }

  /** One request, many responses. The call begins at once, not at the first iteration; breaking out of the iteration cancels it. */
  serverStream<S extends ServiceDefinition, M extends ServerStreamMethodOf<S>>(
    service: S,
    method: M,
    request: RequestOf<S["methods"][M]>,
    options: CallOptions = {},
  ): AsyncIterable<ResponseOf<S["methods"][M]>> {
    const call = this.#call(service, method, options);
    this.#start(call, request);
    return call.inbox;
  }

  /** Many requests; works for every kind of method. */
  duplex<S extends ServiceDefinition, M extends MethodOf<S>>(
    service: S,
    method: M,
    options: CallOptions = {},
  ): DuplexCall<RequestOf<S["methods"][M]>, ResponseOf<S["methods"][M]>> {
    const call = this.#call(service, method, options);
    this.#admit(call);
    return {
      send: (request) => call.send(request),
      end: () => call.endRequests(),
      cancel: () => call.cancel(),
      responses: call.inbox,
    };
  }

  /** Ends the connection; open calls fail with UNAVAILABLE. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#abortQueue("the client was closed");
    this.#connection?.close(ErrorCode.NO_ERROR, "the client was closed");
    if (this.#connection === undefined) this.#onClosed(undefined);
  }

  #start<Request, Response>(call: ClientCall<Request, Response>, request: Request): void {
    this.#admit(call);
    if (call.isSettled) return;
    try {
      call.post(request, true);
    } catch (thrown) {
      call.abort(toGrpcError(thrown, "cannot encode the request"));
    }
  }

  #admit(call: QueuedCall): void {
    if (call.isSettled) return;
    const connection = this.#connection;
    if (!this.isOpen) {
      call.abort(new GrpcError(Status.UNAVAILABLE, this.#endMessage()));
    } else if (connection?.hasRoom && this.#queue.length === 0) {
      call.begin(connection);
    } else {
      this.#queue = this.#queue.filter((waiting) => !waiting.isSettled);
      if (this.#queue.length < this.#limits.queuedCalls) this.#queue.push(call);
      else call.abort(new GrpcError(Status.RESOURCE_EXHAUSTED, "too many calls wait for a free stream"));
    }
  }

  #open(bytes: ByteConnection): void {
    if (this.#isClosing) {
      bytes.destroy();
      return;
    }
    const { keepalive } = this.#settings;
    this.#connection = new Http2Connection(
      bytes,
      {
        isServer: false,
        limits: this.#limits,
        clock: this.#clock,
        ...(keepalive === undefined ? {} : { keepalive }),
      },
      {
        request: () => {
          throw new GrpcError(Status.INTERNAL, "a server cannot begin calls");
        },
        ready: () => {
          this.#hasAnswered = true;
          this.#ready.resolve();
        },
        roomChanged: () => this.#beginQueued(),
        goingAway: (_code, message) =>
          this.#abortQueue(message === "" ? "the server is going away" : message),
        closed: (error) => this.#onClosed(error),
      },
    );
    this.#opened.resolve();
    this.#beginQueued();
  }

  #beginQueued(): void {
    const connection = this.#connection;
    while (this.#queue.length > 0 && connection?.hasRoom) this.#queue.shift()?.begin(connection);
  }

  #abortQueue(message: string): void {
    for (const call of this.#queue.splice(0)) call.abort(new GrpcError(Status.UNAVAILABLE, message));
  }

  #onClosed(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#abortQueue(this.#endMessage());
    const reason = error ?? new GrpcError(Status.UNAVAILABLE, this.#endMessage());
    this.#opened.reject(reason);
    this.#ready.reject(reason);
    this.#closed.resolve(error);
    this.#settings.onClose?.(error);
  }

  #endMessage(): string {
    if (this.#isClosing) return "the client was closed";
    return this.#end?.error?.message ?? "the connection is closed";
  }

  async #until(moment: Promise<void>, signal: AbortSignal | undefined, timeoutMs: number): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = this.#clock.after(timeoutMs, () =>
      reject(new GrpcError(Status.UNAVAILABLE, `the server did not answer within ${timeoutMs} ms`)),
    );
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([moment, promise]);
    } catch (thrown) {
      this.close();
      throw thrown;
    } finally {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #call<S extends ServiceDefinition, M extends MethodOf<S>>(
    service: S,
    key: M,
    options: CallOptions,
  ): ClientCall<RequestOf<S["methods"][M]>, ResponseOf<S["methods"][M]>> {
    const method: AnyMethod | undefined = service.methods[key];
    if (method === undefined) {
      throw new GrpcError(Status.UNIMPLEMENTED, `${service.fullName} has no method ${key}`);
    }
    // The definition's codecs are those of the types that the caller sees.
    const target = {
      path: methodPath(service, method),
      authority: this.#settings.authority ?? "localhost",
      requestType: method.requestType,
      responseType: method.responseType,
      maxReceiveBytes: this.#settings.maxReceiveBytes ?? DEFAULT_RECEIVE_BYTES,
      clock: this.#clock,
    };
    return new ClientCall(
      target as CallTarget<RequestOf<S["methods"][M]>, ResponseOf<S["methods"][M]>>,
      options,
    );
  }
}

function toGrpcError(thrown: unknown, what: string): GrpcError {
  if (thrown instanceof GrpcError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new GrpcError(Status.INTERNAL, `${what}: ${reason}`, undefined, thrown);
}
