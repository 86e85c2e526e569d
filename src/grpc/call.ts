/** What a caller may say about a call, and the handle of a call in both directions. */

import type { MetadataInit } from "./metadata.ts";

export interface CallOptions {
  /** Cancels the call (RST_STREAM CANCEL); it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Sent as grpc-timeout and kept here as well; the call then fails with DEADLINE_EXCEEDED. No default: give one or a signal. */
  readonly timeoutMs?: number;
  readonly metadata?: MetadataInit;
}

/** A call with a stream of requests. */
export interface DuplexCall<Request, Response> {
  /** Resolves when flow control took the message; rejects when the call has ended (with its error, if it failed). One at a time or many: they are sent in order. */
  send(request: Request): Promise<void>;
  /** No more requests. */
  end(): void;
  /** Gives the call up; `responses` then throws CANCELLED. */
  cancel(): void;
  /** To be iterated once. Breaking out cancels the call; its error status is thrown as GrpcError. */
  readonly responses: AsyncIterable<Response>;
}
