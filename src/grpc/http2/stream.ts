/** One HTTP/2 stream: its two windows, which directions are open, what waits to be sent, and who receives. */

import type { ResponseHead } from "./header-rules.ts";
import { type SendEnding, SendQueue } from "./send-queue.ts";

/** Gets what comes on a stream. After `failed` or after `end` nothing comes any more (but `failed` may follow `end`). */
export interface StreamReceiver {
  /** The final response head; only at a client. */
  head(head: ResponseHead): void;
  /** Bytes of the body; give them back with `Http2Stream.consumed`. */
  data(bytes: Uint8Array): void;
  trailers(fields: readonly string[]): void;
  /** The peer sends no more. */
  end(): void;
  /** The stream is gone before its end: reset by the peer, or by us for a fault of the peer, or the connection is lost. */
  failed(failure: StreamFailure): void;
}

export interface StreamFailure {
  /** HTTP/2 error code. */
  readonly code: number;
  readonly message: string;
  readonly origin: "peer" | "here" | "connection";
}

/** What a stream needs of its connection. */
export interface StreamHost {
  sendHeaders(stream: Http2Stream, fields: readonly string[], end: boolean): void;
  /** So many more bytes, or an ending, are in the stream's queue. */
  schedule(stream: Http2Stream, addedBytes: number): void;
  credit(stream: Http2Stream, bytes: number): void;
  reset(stream: Http2Stream, code: number): void;
  /** Bytes that all streams have waiting, and their bound. */
  readonly pendingSendBytes: number;
  readonly pendingSendLimit: number;
}

export class Http2Stream {
  readonly id: number;
  readonly queue = new SendQueue();
  receiver: StreamReceiver;
  /** Bytes that the peer lets us send. */
  sendWindow: number;
  /** Bytes that we let the peer send. */
  receiveWindow: number;
  /** Bytes that the application has taken and that the peer has not been told of. */
  unreported = 0;
  localClosed = false;
  remoteClosed = false;
  /** Out of the connection's table; everything is ignored now. */
  isGone = false;
  /** The request's or final response's head has come. */
  hasHead = false;
  /** What `content-length` promised, and what came. */
  promisedBytes: number | undefined;
  receivedBytes = 0;
  /** In the scheduler's queue. */
  isReady = false;
  /** When flow control last took something, or when waiting began. */
  progressMs = 0;
  readonly #host: StreamHost;

  constructor(
    id: number,
    host: StreamHost,
    receiver: StreamReceiver,
    sendWindow: number,
    receiveWindow: number,
  ) {
    this.id = id;
    this.#host = host;
    this.receiver = receiver;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /** Whether more may be sent. */
  get isWritable(): boolean {
    return !this.isGone && !this.localClosed && this.queue.ending === undefined;
  }

  /** Whether so many more bytes may wait in this connection. One message may always. */
  mayQueue(bytes: number): boolean {
    const pending = this.#host.pendingSendBytes;
    return pending === 0 || pending + bytes <= this.#host.pendingSendLimit;
  }

  sendHeaders(fields: readonly string[], end: boolean): void {
    if (this.isWritable) this.#host.sendHeaders(this, fields, end);
  }

  /** Queues data, which must not change any more. `whenTaken` tells when it has left. */
  sendData(first: Uint8Array, second: Uint8Array | undefined, end: boolean): void {
    if (!this.isWritable) return;
    this.queue.add(first);
    if (second !== undefined) this.queue.add(second);
    if (end) this.queue.ending = "data";
    this.#host.schedule(this, first.length + (second?.length ?? 0));
  }

  /** Ends our direction behind the queued data. */
  finish(ending: SendEnding): void {
    if (!this.isWritable) return;
    this.queue.ending = ending;
    this.#host.schedule(this, 0);
  }

  /** The application has taken bytes: the peer may send as many more. */
  consumed(bytes: number): void {
    if (!this.isGone && bytes > 0) this.#host.credit(this, bytes);
  }

  /** Ends the stream in both directions; the receiver hears nothing more. */
  reset(code: number): void {
    if (!this.isGone) this.#host.reset(this, code);
  }
}
