/**
 * One call at the server: from its request head to its status.
 * Invariants: the handler is started at most once; the status is sent at most once; after `#isOver` nothing is sent, and the
 * handler's signal has aborted unless the handler itself has ended the call.
 */

import type { Clock, Timer } from "../base/clock.ts";
import { GrpcError, Status } from "./grpc-error.ts";
import { encodeGrpcMessage } from "./grpc-message.ts";
import { LONGEST_TIMER_MS } from "./grpc-timeout.ts";
import type { CallContext } from "./handlers.ts";
import type { Http2Stream, StreamFailure, StreamReceiver } from "./http2/stream.ts";
import { messagePrefix } from "./message-framing.ts";
import { MessageInbox } from "./message-inbox.ts";
import { Metadata } from "./metadata.ts";
import type { AnyMethod } from "./method.ts";
import { errorOfFailure } from "./status-mapping.ts";
import { appendMetadata, readMetadata } from "./wire-metadata.ts";

/** A method and what implements it; the handler's form belongs to the method's kind. */
export interface Route {
  readonly method: AnyMethod;
  /** Gets one request, or the iterable of all; gives one response as a promise, or the iterable of all. */
  readonly handler: (request: unknown, context: CallContext) => unknown;
}

export interface ServerCallOptions {
  readonly clock: Clock;
  readonly maxReceiveBytes: number;
  readonly mapError: (thrown: unknown) => GrpcError;
  readonly peer: string;
  /** From the request's grpc-timeout. */
  readonly timeoutMs: number | undefined;
  /** Called when the call is over. */
  readonly onOver: () => void;
}

const RESPONSE_HEAD: readonly string[] = [":status", "200", "content-type", "application/grpc"];

export class ServerCall implements StreamReceiver, CallContext {
  readonly peer: string;
  readonly deadline: number | undefined;
  readonly #stream: Http2Stream;
  readonly #route: Route;
  readonly #options: ServerCallOptions;
  readonly #fields: readonly string[];
  readonly #inbox: MessageInbox<unknown>;
  readonly #timer: Timer | undefined;
  #controller: AbortController | undefined;
  #metadata: Metadata | undefined;
  #responseHeaders: Metadata | undefined;
  #responseTrailers: Metadata | undefined;
  #isStarted = false;
  #hasSentHead = false;
  #isOver = false;
  #abortReason: GrpcError | undefined;

  constructor(stream: Http2Stream, route: Route, fields: readonly string[], options: ServerCallOptions) {
    const { clock, timeoutMs, peer, maxReceiveBytes } = options;
    this.#stream = stream;
    this.#route = route;
    this.#fields = fields;
    this.#options = options;
    this.peer = peer;
    this.#inbox = new MessageInbox(route.method.requestType, maxReceiveBytes, (bytes) =>
      stream.consumed(bytes),
    );
    if (timeoutMs !== undefined) {
      this.deadline = clock.nowMs() + timeoutMs;
      if (timeoutMs <= LONGEST_TIMER_MS) this.#timer = clock.after(timeoutMs, () => this.#onDeadline());
    }
  }

  // ---- what the handler sees

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  get metadata(): Metadata {
    this.#metadata ??= readMetadata(this.#fields);
    return this.#metadata;
  }

  get responseHeaders(): Metadata {
    this.#responseHeaders ??= new Metadata();
    return this.#responseHeaders;
  }

  get responseTrailers(): Metadata {
    this.#responseTrailers ??= new Metadata();
    return this.#responseTrailers;
  }

  // ---- what the stream says

  head(): void {
    // Only clients get one.
  }

  /** The request's head has been read: handlers that take a stream begin now. */
  begin(): void {
    if (this.#route.method.requestStream) this.#start(this.#inbox);
  }

  data(bytes: Uint8Array): void {
    if (this.#isOver) {
      this.#stream.consumed(bytes.length);
      return;
    }
    try {
      this.#inbox.feed(bytes);
      if (!this.#route.method.requestStream && this.#inbox.size > 1) {
        throw new GrpcError(Status.INTERNAL, "more than one request in a call that takes one");
      }
    } catch (thrown) {
      this.#endEarly(this.#toGrpcError(thrown));
    }
  }

  trailers(): void {
    // gRPC knows no trailers of requests.
  }

  end(): void {
    if (this.#isOver) return;
    if (this.#inbox.isPartial) {
      this.#endEarly(new GrpcError(Status.INTERNAL, "the request ends in the middle of a message"));
    } else if (this.#route.method.requestStream) {
      this.#inbox.end();
    } else if (this.#inbox.size === 0) {
      this.#endEarly(new GrpcError(Status.INTERNAL, "the call has no request"));
    } else {
      try {
        this.#start(this.#inbox.take());
      } catch (thrown) {
        this.#endEarly(this.#toGrpcError(thrown));
      }
    }
  }

  failed(failure: StreamFailure): void {
    const error = errorOfFailure(failure);
    this.#abort(failure.origin === "here" ? error : new GrpcError(Status.CANCELLED, error.message));
  }

  // ---- from the handler's result to the wire

  #start(request: unknown): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#run(request).catch((thrown) => this.#finish(this.#toGrpcError(thrown)));
  }

  async #run(request: unknown): Promise<void> {
    const result = this.#route.handler(request, this);
    if (!this.#route.method.responseStream) {
      const response = await result;
      this.#write(response);
    } else if (isAsyncIterable(result)) {
      // `for await` closes the handler's generator when it is left.
      for await (const response of result) {
        if (this.#isOver) return;
        this.#write(response);
        if (this.#stream.queue.bytes > 0) await this.#stream.queue.whenTaken();
      }
    } else {
      throw new GrpcError(Status.INTERNAL, "the handler gave no stream of responses");
    }
    this.#finish(undefined);
  }

  #write(response: unknown): void {
    if (this.#isOver) return;
    const message = this.#route.method.responseType.encode(response).finish();
    if (!this.#stream.mayQueue(message.length)) {
      throw new GrpcError(Status.RESOURCE_EXHAUSTED, "too much data waits to be sent on this connection");
    }
    this.#sendHead();
    this.#stream.sendData(messagePrefix(message.length), message, false);
  }

  #sendHead(): void {
    if (this.#hasSentHead) return;
    this.#hasSentHead = true;
    if (this.#responseHeaders === undefined) {
      this.#stream.sendHeaders(RESPONSE_HEAD, false);
      return;
    }
    const fields = [...RESPONSE_HEAD];
    appendMetadata(fields, this.#responseHeaders);
    this.#stream.sendHeaders(fields, false);
  }

  /** The handler has ended the call; undefined is OK. */
  #finish(error: GrpcError | undefined): void {
    if (this.#isOver) return;
    this.#close();
    this.#sendStatus(error);
  }

  #onDeadline(): void {
    this.#endEarly(new GrpcError(Status.DEADLINE_EXCEEDED, "the deadline of the call has passed"));
  }

  /** The call ends before its handler does, with a status that the caller gets. */
  #endEarly(error: GrpcError): void {
    if (this.#isOver) return;
    this.#abort(error);
    this.#sendStatus(error);
  }

  /** The call ends before its handler does. */
  #abort(reason: GrpcError): void {
    if (this.#isOver) return;
    this.#close();
    this.#abortReason = reason;
    this.#inbox.fail(reason, true);
    this.#controller?.abort(reason);
  }

  #close(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#options.onOver();
  }

  #sendStatus(error: GrpcError | undefined): void {
    const isTrailersOnly = !this.#hasSentHead && error !== undefined;
    if (!isTrailersOnly) this.#sendHead();
    const fields = isTrailersOnly ? [...RESPONSE_HEAD] : [];
    if (isTrailersOnly) appendMetadata(fields, this.#responseHeaders);
    fields.push("grpc-status", String(error?.status ?? Status.OK));
    if (error !== undefined && error.message !== "") {
      fields.push("grpc-message", encodeGrpcMessage(error.message));
    }
    appendMetadata(fields, error === undefined ? this.#responseTrailers : error.metadata);
    if (isTrailersOnly) {
      this.#hasSentHead = true;
      this.#stream.sendHeaders(fields, true);
    } else {
      this.#stream.finish(fields);
    }
  }

  #toGrpcError(thrown: unknown): GrpcError {
    if (thrown instanceof GrpcError) return thrown;
    try {
      return this.#options.mapError(thrown);
    } catch (cause) {
      return new GrpcError(Status.INTERNAL, "the error could not be described", undefined, cause);
    }
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
