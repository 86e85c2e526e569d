/** What the server hands to the functions that implement a service, and the form that these functions have. */

import type { Metadata } from "./metadata.ts";
import type { MethodOf, RequestOf, ResponseOf, ServiceDefinition } from "./method.ts";

/** The call as its handler sees it. */
export interface CallContext {
  /** Aborts when the caller cancels or goes away, the deadline passes, or the server stops hard. */
  readonly signal: AbortSignal;
  /** What the caller sent with the request. */
  readonly metadata: Metadata;
  /** `unix`, or address and port of the caller. */
  readonly peer: string;
  /** Time on the server's monotonic clock (ms) when the caller gives up; undefined without a deadline. */
  readonly deadline: number | undefined;
  /** Sent with the first message or the status, whichever is first; later additions are lost. */
  readonly responseHeaders: Metadata;
  /** Sent with the status of a call that succeeds. */
  readonly responseTrailers: Metadata;
}

export type UnaryHandler<Request, Response> = (request: Request, context: CallContext) => Promise<Response>;
export type ServerStreamHandler<Request, Response> = (
  request: Request,
  context: CallContext,
) => AsyncIterable<Response>;
export type ClientStreamHandler<Request, Response> = (
  requests: AsyncIterable<Request>,
  context: CallContext,
) => Promise<Response>;
export type DuplexHandler<Request, Response> = (
  requests: AsyncIterable<Request>,
  context: CallContext,
) => AsyncIterable<Response>;

/** The handler that fits a method definition. */
export type HandlerOf<M> = M extends {
  readonly requestStream: infer Many;
  readonly responseStream: infer Lots;
}
  ? Many extends true
    ? Lots extends true
      ? DuplexHandler<RequestOf<M>, ResponseOf<M>>
      : ClientStreamHandler<RequestOf<M>, ResponseOf<M>>
    : Lots extends true
      ? ServerStreamHandler<RequestOf<M>, ResponseOf<M>>
      : UnaryHandler<RequestOf<M>, ResponseOf<M>>
  : never;

/** Handlers by the definition's method keys. One that is missing answers UNIMPLEMENTED; use `Required<...>` to demand all. */
export type HandlersOf<S extends ServiceDefinition> = {
  readonly [K in MethodOf<S>]?: HandlerOf<S["methods"][K]>;
};
