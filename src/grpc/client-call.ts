/**
 * One call at the client: a stream's frames to messages and a status.
 * Invariant: it is settled once, by the status, a fault, the deadline or the caller; afterwards the stream is gone or ending
 * and no timer or listener is left.
 */

import type { Clock, Timer } from "../base/clock.ts";
import type { CallOptions } from "./call.ts";
import { GrpcError, Status } from "./grpc-error.ts";
import { formatGrpcTimeout, LONGEST_TIMER_MS } from "./grpc-timeout.ts";
import type { Http2Connection } from "./http2/connection.ts";
import { ErrorCode } from "./http2/frame.ts";
import { findField, type ResponseHead } from "./http2/header-rules.ts";
import type { Http2Stream, StreamFailure, StreamReceiver } from "./http2/stream.ts";
import { messagePrefix } from "./message-framing.ts";
import { MessageInbox } from "./message-inbox.ts";
import { Metadata } from "./metadata.ts";
import type { Codec } from "./method.ts";
import { errorOfFailure, errorOfTrailers } from "./status-mapping.ts";
import { appendMetadata } from "./wire-metadata.ts";

/** What a call needs to know of its method and client. */
export interface CallTarget<Request, Response> {
  readonly path: string;
  readonly authority: string;
  readonly requestType: Codec<Request>;
  readonly responseType: Codec<Response>;
  readonly maxReceiveBytes: number;
  readonly clock: Clock;
}

/** A call as the client's queue sees it. */
export interface QueuedCall {
  readonly isSettled: boolean;
  begin(connection: Http2Connection): void;
  abort(error: GrpcError): void;
}

export class ClientCall<Request, Response> implements StreamReceiver, QueuedCall {
  readonly inbox: MessageInbox<Response>;
  readonly #target: CallTarget<Request, Response>;
  readonly #options: CallOptions;
  readonly #deadlineMs: number | undefined;
  #timer: Timer | undefined;
  readonly #onAbort = () => this.#settle(this.#options.signal?.reason, true);
  #stream: Http2Stream | undefined;
  /** What was sent before the stream could begin. */
  #early: { readonly message: Uint8Array | undefined; readonly end: boolean }[] = [];
  #begun: PromiseWithResolvers<void> | undefined;
  #head: ResponseHead | undefined;
  #trailers: readonly string[] | undefined;
  #isSettled = false;
  /** Why it failed; undefined while it runs and when it succeeded. */
  #failure: { readonly reason: unknown } | undefined;
  /** Called when the call is settled. */
  onSettled: () => void = () => undefined;

  constructor(target: CallTarget<Request, Response>, options: CallOptions) {
    this.#target = target;
    this.#options = options;
    this.inbox = new MessageInbox(
      target.responseType,
      target.maxReceiveBytes,
      (bytes) => this.#stream?.consumed(bytes),
      () => this.cancel(),
    );
    const { signal, timeoutMs } = options;
    if (timeoutMs !== undefined) {
      this.#deadlineMs = target.clock.nowMs() + timeoutMs;
      if (timeoutMs <= LONGEST_TIMER_MS) {
        this.#timer = target.clock.after(timeoutMs, () => this.#onDeadline(timeoutMs));
      }
    }
    if (signal?.aborted) this.#settle(signal.reason, true);
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get failure(): { readonly reason: unknown } | undefined {
    return this.#failure;
  }

  /** Begins the stream and sends what waited for it. */
  begin(connection: Http2Connection): void {
    if (this.#isSettled) return;
    try {
      const stream = connection.openStream(this.#requestHead(), false, this);
      this.#stream = stream;
      for (const { message, end } of this.#early.splice(0)) this.#write(stream, message, end);
    } catch (thrown) {
      this.#settle(thrown, true);
    }
    this.#begun?.resolve();
  }

  /** The client cannot begin it, or lost what it ran on. */
  abort(error: GrpcError): void {
    this.#settle(error, true);
  }

  /** The caller does not want it any more. */
  cancel(): void {
    this.#settle(new GrpcError(Status.CANCELLED, "the call was cancelled by its caller"), true);
  }

  /** Sends a message; resolves when flow control took it. Rejects when the call is over. */
  async send(request: Request): Promise<void> {
    this.#throwIfOver();
    this.post(request, false);
    if (this.#stream === undefined) {
      this.#begun ??= Promise.withResolvers();
      await this.#begun.promise;
    }
    try {
      await this.#stream?.queue.whenTaken();
    } catch (thrown) {
      this.#throwIfOver();
      throw thrown;
    }
  }

  /** Sends a message without waiting for flow control, as calls with one request do. Throws GrpcError. */
  post(request: Request, end: boolean): void {
    const message = this.#target.requestType.encode(request).finish();
    if (this.#stream === undefined) this.#early.push({ message, end });
    else this.#write(this.#stream, message, end);
  }

  /** No more requests. */
  endRequests(): void {
    if (this.#stream === undefined) this.#early.push({ message: undefined, end: true });
    else this.#stream.finish("data");
  }

  // ---- what the stream says

  head(head: ResponseHead): void {
    this.#head = head;
    if (head.status !== 200) return;
    const type = findField(head.fields, "content-type");
    const encoding = findField(head.fields, "grpc-encoding") ?? "identity";
    if (type === undefined || !type.startsWith("application/grpc")) {
      this.#settle(new GrpcError(Status.UNKNOWN, `the server answered with content-type ${type}`), true);
    } else if (encoding !== "identity") {
      this.#settle(new GrpcError(Status.INTERNAL, `the server compresses with ${encoding}, unasked`), true);
    }
  }

  data(bytes: Uint8Array): void {
    if (this.#head?.status !== 200) {
      this.#stream?.consumed(bytes.length);
      return;
    }
    try {
      this.inbox.feed(bytes);
    } catch (thrown) {
      this.#settle(thrown, true);
    }
  }

  trailers(fields: readonly string[]): void {
    this.#trailers = fields;
  }

  end(): void {
    const fields = this.#trailers ?? this.#head?.fields ?? [];
    const error = errorOfTrailers(fields, this.#head?.status ?? 200);
    if (error === undefined && this.inbox.isPartial) {
      this.#settle(new GrpcError(Status.INTERNAL, "the server ended in the middle of a message"), false);
    } else {
      this.#settle(error, false);
    }
  }

  failed(failure: StreamFailure): void {
    // A server may reset after its status (NO_ERROR); that status is then already settled.
    this.#settle(errorOfFailure(failure), false);
  }

  #write(stream: Http2Stream, message: Uint8Array | undefined, end: boolean): void {
    if (message === undefined) {
      if (end) stream.finish("data");
      return;
    }
    if (!stream.mayQueue(message.length)) {
      throw new GrpcError(Status.RESOURCE_EXHAUSTED, "too much data waits to be sent on this connection");
    }
    stream.sendData(messagePrefix(message.length), message, end);
  }

  #onDeadline(timeoutMs: number): void {
    this.#settle(new GrpcError(Status.DEADLINE_EXCEEDED, `no answer within ${timeoutMs} ms`), true);
  }

  /** @param isOurs the call ends here and not at the server: nothing more is wanted of it */
  #settle(reason: unknown, isOurs: boolean): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#timer?.cancel();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#early = [];
    if (reason === undefined) {
      this.inbox.end();
    } else {
      this.#failure = { reason };
      this.inbox.fail(reason, isOurs);
    }
    if (isOurs) this.#stream?.reset(ErrorCode.CANCEL);
    this.#begun?.resolve();
    this.onSettled();
  }

  #throwIfOver(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
    if (this.#isSettled) {
      throw new GrpcError(Status.CANCELLED, "the server has ended the call");
    }
  }

  #requestHead(): string[] {
    const { path, authority, clock } = this.#target;
    const fields = [":method", "POST", ":scheme", "http", ":path", path, ":authority", authority];
    fields.push("content-type", "application/grpc", "te", "trailers");
    if (this.#deadlineMs !== undefined) {
      fields.push("grpc-timeout", formatGrpcTimeout(this.#deadlineMs - clock.nowMs()));
    }
    const { metadata } = this.#options;
    if (metadata !== undefined) appendMetadata(fields, Metadata.from(metadata));
    return fields;
  }
}
