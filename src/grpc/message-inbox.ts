/**
 * Messages of one direction of a call between the wire and the application: decoded when taken, in order.
 * Its bound is the stream's window: bytes are given back to the peer when the message is taken; those of a message that is
 * not complete are given back at once, but only while nothing else waits, so that a message may be larger than the window.
 */

import { GrpcError, Status } from "./grpc-error.ts";
import { MessageReader, PREFIX_BYTES } from "./message-framing.ts";
import type { Codec } from "./method.ts";

interface Waiting {
  readonly message: Uint8Array;
  /** Bytes to give back when it is taken. */
  readonly cost: number;
}

interface Taker<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (reason: unknown) => void;
}

export class MessageInbox<T> implements AsyncIterable<T> {
  readonly #codec: Codec<T>;
  readonly #credit: (bytes: number) => void;
  readonly #onAbandoned: () => void;
  readonly #reader: MessageReader;
  #queue: Waiting[] = [];
  /** Bytes of the incomplete message that have been given back. */
  #creditedEarly = 0;
  #taker: Taker<T> | undefined;
  #isEnded = false;
  #failure: { readonly reason: unknown } | undefined;

  /**
   * @param credit gives bytes back to the peer
   * @param onAbandoned the application stopped iterating before the end
   */
  constructor(
    codec: Codec<T>,
    maxBytes: number,
    credit: (bytes: number) => void,
    onAbandoned: () => void = () => undefined,
  ) {
    this.#codec = codec;
    this.#credit = credit;
    this.#onAbandoned = onAbandoned;
    this.#reader = new MessageReader(maxBytes, (message) => this.#onMessage(message));
  }

  /** Messages that wait. */
  get size(): number {
    return this.#queue.length;
  }

  /** Whether the body stopped in the middle of a message. */
  get isPartial(): boolean {
    return this.#reader.partialBytes > 0;
  }

  /** Bytes from the wire. Throws GrpcError when they are no messages or one is too large. */
  feed(data: Uint8Array): void {
    this.#reader.feed(data);
    this.#deliver();
    this.#creditPartial();
  }

  /** No more messages; those that wait can still be taken. */
  end(): void {
    this.#isEnded = true;
    this.#deliver();
  }

  /** Ends with an error, behind the messages that wait, or at once without them. */
  fail(reason: unknown, dropsWaiting: boolean): void {
    if (dropsWaiting) this.#queue = [];
    this.#failure ??= { reason };
    this.#deliver();
  }

  /** The oldest message; undefined when none waits. Throws GrpcError INTERNAL when it cannot be decoded. */
  take(): T | undefined {
    const waiting = this.#queue.shift();
    return waiting === undefined ? undefined : this.#open(waiting);
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () =>
        new Promise((resolve, reject) => {
          if (this.#taker !== undefined) {
            reject(new GrpcError(Status.INTERNAL, "messages are taken twice at the same time"));
            return;
          }
          this.#taker = { resolve, reject };
          this.#deliver();
        }),
      return: () => {
        if (!this.#isEnded && this.#failure === undefined) this.#onAbandoned();
        this.#queue = [];
        this.#isEnded = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #onMessage(message: Uint8Array): void {
    this.#queue.push({ message, cost: PREFIX_BYTES + message.length - this.#creditedEarly });
    this.#creditedEarly = 0;
  }

  #creditPartial(): void {
    if (this.#queue.length > 0) return;
    const bytes = this.#reader.partialBytes - this.#creditedEarly;
    this.#creditedEarly += bytes;
    if (bytes > 0) this.#credit(bytes);
  }

  #deliver(): void {
    const taker = this.#taker;
    if (taker === undefined) return;
    const waiting = this.#queue.shift();
    if (waiting !== undefined) {
      this.#taker = undefined;
      try {
        taker.resolve({ done: false, value: this.#open(waiting) });
      } catch (thrown) {
        taker.reject(thrown);
      }
    } else if (this.#failure !== undefined) {
      this.#taker = undefined;
      taker.reject(this.#failure.reason);
    } else if (this.#isEnded) {
      this.#taker = undefined;
      taker.resolve({ done: true, value: undefined });
    }
  }

  #open({ message, cost }: Waiting): T {
    this.#credit(cost);
    this.#creditPartial();
    try {
      return this.#codec.decode(message);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new GrpcError(Status.INTERNAL, `cannot decode a message: ${reason}`, undefined, cause);
    }
  }
}
