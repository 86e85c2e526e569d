/**
 * Decides which stream's data leaves next: one frame per stream in turn, as far as both windows and the output's bound
 * allow. Invariants: a stream is in `#ready` once or not at all, and each that is there has bytes and window of its own.
 */

import type { Limits } from "../limits.ts";
import { DEFAULT_FRAME_BYTES, DEFAULT_WINDOW, Flag, FrameType } from "./frame.ts";
import type { Output } from "./output.ts";
import type { Http2Stream } from "./stream.ts";

export interface SchedulerEvents {
  /** Trailers are due. */
  trailers(stream: Http2Stream, fields: readonly string[]): void;
  /** The stream's last DATA frame has been written. */
  ended(stream: Http2Stream): void;
  /** A frame with data has been written. */
  sentData(): void;
}

/** Our own bound for frames to a peer that would take larger ones: others get their turn. */
const MAX_SENT_FRAME_BYTES = 64 * 1024;

export class SendScheduler {
  /** Bytes that the peer lets us send on all streams together. */
  connectionWindow = DEFAULT_WINDOW;
  /** Bytes that wait in all streams. */
  pendingBytes = 0;
  #maxFrameBytes = DEFAULT_FRAME_BYTES;
  readonly #ready: Http2Stream[] = [];
  readonly #output: Output;
  readonly #limits: Limits;
  readonly #events: SchedulerEvents;

  constructor(output: Output, limits: Limits, events: SchedulerEvents) {
    this.#output = output;
    this.#limits = limits;
    this.#events = events;
  }

  /** The peer's MAX_FRAME_SIZE. */
  set peerFrameBytes(bytes: number) {
    this.#maxFrameBytes = Math.min(bytes, MAX_SENT_FRAME_BYTES);
  }

  get maxFrameBytes(): number {
    return this.#maxFrameBytes;
  }

  /** A stream got data or an ending (`addedBytes` more than before), or more window. */
  schedule(stream: Http2Stream, addedBytes: number, nowMs: number): void {
    if (addedBytes > 0) {
      if (stream.queue.bytes === addedBytes) stream.progressMs = nowMs;
      this.pendingBytes += addedBytes;
    }
    if (stream.queue.bytes === 0) {
      // An end without data needs no window and waits for nobody.
      if (stream.queue.ending !== undefined) this.#sendFrame(stream, nowMs);
      return;
    }
    this.enqueue(stream);
    this.pump(nowMs);
  }

  /** The stream is gone with what it had. */
  discard(stream: Http2Stream, reason: Error): void {
    this.pendingBytes -= stream.queue.discard(reason);
    if (!stream.isReady) return;
    stream.isReady = false;
    this.#ready.splice(this.#ready.indexOf(stream), 1);
  }

  /** Writes as much as may go now. */
  pump(nowMs: number): void {
    while (this.#ready.length > 0 && this.#output.queuedBytes < this.#limits.outputBytes) {
      if (this.connectionWindow <= 0) return;
      const stream = this.#ready.shift();
      if (stream === undefined) return;
      stream.isReady = false;
      this.#sendFrame(stream, nowMs);
      this.enqueue(stream);
    }
  }

  /** Lets a stream take its turns, when it has something to send and may; `pump` then does it. */
  enqueue(stream: Http2Stream): void {
    if (stream.isReady || stream.isGone || stream.queue.bytes === 0 || stream.sendWindow <= 0) return;
    stream.isReady = true;
    this.#ready.push(stream);
  }

  #sendFrame(stream: Http2Stream, nowMs: number): void {
    const queue = stream.queue;
    const room = Math.min(stream.sendWindow, this.connectionWindow, this.#maxFrameBytes);
    const size = Math.min(queue.bytes, Math.max(0, room));
    const isLast = size === queue.bytes && queue.ending === "data";
    if (size > 0 || isLast) {
      this.#output.frame(size, FrameType.DATA, isLast ? Flag.END_STREAM : 0, stream.id);
      queue.take(size, (piece) => this.#output.bytes(piece));
    }
    if (size > 0) {
      stream.sendWindow -= size;
      this.connectionWindow -= size;
      this.pendingBytes -= size;
      stream.progressMs = nowMs;
      this.#events.sentData();
      queue.notify();
    }
    if (isLast) {
      queue.ending = undefined;
      this.#events.ended(stream);
    } else if (queue.bytes === 0 && typeof queue.ending === "object") {
      const fields = queue.ending;
      queue.ending = undefined;
      this.#events.trailers(stream, fields);
    }
  }
}
