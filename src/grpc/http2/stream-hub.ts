/**
 * The streams of one connection: how they begin and end, their windows, and what they send.
 * Invariants: a stream is in the table from its beginning until both directions are closed or it is reset, then `isGone`;
 * its receiver hears `failed` at most once and nothing after it is gone.
 */

import type { Clock } from "../../base/clock.ts";
import { HpackEncoder } from "../hpack/encoder.ts";
import type { Limits } from "../limits.ts";
import type { FloodGuard } from "./flood-guard.ts";
import { ErrorCode, errorCodeName, Http2Error, MAX_WINDOW } from "./frame.ts";
import type { RequestHead } from "./header-rules.ts";
import type { IncomingStreamEvents } from "./incoming-streams.ts";
import type { Output } from "./output.ts";
import { type SchedulerEvents, SendScheduler } from "./send-scheduler.ts";
import type { PeerSettings } from "./settings.ts";
import { Http2Stream, type StreamFailure, type StreamHost, type StreamReceiver } from "./stream.ts";
import type { StreamTable } from "./stream-table.ts";

export interface HubEvents {
  /** A new request; only at a server. `head` is undefined when its header list was too large. */
  request(stream: Http2Stream, head: RequestHead | undefined): StreamReceiver;
  /** A stream is gone. */
  streamGone(): void;
  /** A stream has data that must wait. */
  waiting(): void;
}

/** Receiver of a stream whose owner has not said who listens. */
const NOBODY: StreamReceiver = {
  head: () => undefined,
  data: () => undefined,
  trailers: () => undefined,
  end: () => undefined,
  failed: () => undefined,
};

export class StreamHub implements StreamHost, SchedulerEvents, IncomingStreamEvents {
  readonly scheduler: SendScheduler;
  /** New streams are refused, on whichever side they begin. */
  isGoingAway = false;
  readonly #isServer: boolean;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #table: StreamTable;
  readonly #output: Output;
  readonly #guard: FloodGuard;
  readonly #events: HubEvents;
  readonly #encoder: HpackEncoder;
  /** The peer's settings, as far as they have come. */
  readonly #settings: PeerSettings;
  /** Bytes that the peer may send on the connection, and those that it may send again but does not know of. */
  #receiveWindow: number;
  #unreported = 0;

  constructor(
    isServer: boolean,
    limits: Limits,
    clock: Clock,
    table: StreamTable,
    output: Output,
    guard: FloodGuard,
    settings: PeerSettings,
    events: HubEvents,
  ) {
    this.#isServer = isServer;
    this.#limits = limits;
    this.#clock = clock;
    this.#table = table;
    this.#output = output;
    this.#guard = guard;
    this.#settings = settings;
    this.#events = events;
    this.#encoder = new HpackEncoder(limits.headerTableBytes);
    this.#receiveWindow = limits.connectionWindowBytes;
    this.scheduler = new SendScheduler(output, limits, this);
  }

  get pendingSendBytes(): number {
    return this.scheduler.pendingBytes;
  }

  get pendingSendLimit(): number {
    return this.#limits.pendingSendBytes;
  }

  /** Whether `openStream` may be called now. */
  get hasRoom(): boolean {
    return !this.isGoingAway && this.#table.open.size < this.#settings.concurrentStreams;
  }

  /** Begins a stream with its request head; only for clients, and only when `hasRoom`. */
  openStream(fields: readonly string[], end: boolean, receiver: StreamReceiver): Http2Stream {
    const stream = this.#makeStream(this.#table.nextOwnId);
    this.#table.nextOwnId += 2;
    stream.receiver = receiver;
    this.sendHeaders(stream, fields, end);
    return stream;
  }

  /** The peer's settings have changed; `oldWindow` is the initial window until now. Throws Http2Error. */
  applySettings(oldWindow: number): void {
    this.#encoder.setPeerMaxBytes(this.#settings.headerTableBytes);
    this.scheduler.peerFrameBytes = this.#settings.frameBytes;
    const change = this.#settings.initialWindow - oldWindow;
    if (change === 0) return;
    // All open streams move by the difference (RFC 9113 §6.9.2), also below zero.
    for (const stream of [...this.#table.open.values()]) {
      if (stream.sendWindow + change > MAX_WINDOW) {
        throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE makes a window too large");
      }
      stream.sendWindow += change;
      this.scheduler.enqueue(stream);
    }
    this.scheduler.pump(this.#clock.nowMs());
  }

  /** The peer takes no streams above this id. */
  failAbove(lastStreamId: number): void {
    const failure = {
      code: ErrorCode.REFUSED_STREAM,
      message: "the server is going away",
      origin: "peer",
    } as const;
    for (const stream of [...this.#table.open.values()]) {
      if (stream.id > lastStreamId) this.#fail(stream, failure);
    }
  }

  /** The connection is lost. */
  failAll(code: number, message: string): void {
    for (const stream of [...this.#table.open.values()]) {
      this.#fail(stream, { code, message, origin: "connection" });
    }
  }

  // ---- what streams ask for

  sendHeaders(stream: Http2Stream, fields: readonly string[], end: boolean): void {
    const block = this.#encoder.encode(fields);
    this.#output.headers(stream.id, block, end, this.scheduler.maxFrameBytes);
    if (end) this.ended(stream);
  }

  schedule(stream: Http2Stream, addedBytes: number): void {
    this.scheduler.schedule(stream, addedBytes, this.#clock.nowMs());
    if (stream.queue.bytes > 0) this.#events.waiting();
  }

  credit(stream: Http2Stream, bytes: number): void {
    stream.unreported += bytes;
    if (stream.remoteClosed || stream.unreported * 2 < this.#limits.streamWindowBytes) return;
    this.#output.windowUpdate(stream.id, stream.unreported);
    stream.receiveWindow += stream.unreported;
    stream.unreported = 0;
  }

  reset(stream: Http2Stream, code: number): void {
    this.#output.reset(stream.id, code);
    this.#table.rememberReset(stream.id);
    this.#remove(stream, `the stream was reset with ${errorCodeName(code)}`);
  }

  // ---- what the scheduler says

  trailers(stream: Http2Stream, fields: readonly string[]): void {
    this.sendHeaders(stream, fields, true);
  }

  ended(stream: Http2Stream): void {
    stream.localClosed = true;
    if (stream.remoteClosed) this.#remove(stream, "the stream has ended");
    // The answer is complete: what the client would still send is of no use (RFC 9113 §8.1).
    else if (this.#isServer) this.reset(stream, ErrorCode.NO_ERROR);
  }

  sentData(): void {
    this.#guard.earn();
  }

  // ---- what frames say

  receivedBytes(bytes: number): void {
    if (bytes > this.#receiveWindow) {
      throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "more data than the connection's window");
    }
    this.#receiveWindow -= bytes;
    this.#unreported += bytes;
    if (this.#unreported * 2 < this.#limits.connectionWindowBytes) return;
    this.#output.windowUpdate(0, this.#unreported);
    this.#receiveWindow += this.#unreported;
    this.#unreported = 0;
  }

  /** WINDOW_UPDATE of the connection. Throws Http2Error when the window gets too large. */
  widenConnection(increment: number): void {
    const scheduler = this.scheduler;
    scheduler.connectionWindow += increment;
    if (scheduler.connectionWindow > MAX_WINDOW) {
      throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "the connection's window gets too large");
    }
    scheduler.pump(this.#clock.nowMs());
  }

  /** WINDOW_UPDATE of a stream, already checked. */
  widenStream(stream: Http2Stream, increment: number): void {
    stream.sendWindow += increment;
    if (stream.queue.bytes > 0) this.scheduler.schedule(stream, 0, this.#clock.nowMs());
  }

  beginStream(id: number, head: RequestHead | undefined): Http2Stream | undefined {
    if (this.isGoingAway || this.#table.open.size >= this.#limits.concurrentStreams) {
      this.#guard.count("resets", this.#clock.nowMs());
      this.#output.reset(id, ErrorCode.REFUSED_STREAM);
      this.#table.rememberReset(id);
      return undefined;
    }
    const stream = this.#makeStream(id);
    stream.hasHead = true;
    stream.receiver = this.#events.request(stream, head);
    return stream;
  }

  fault(id: number, code: number, message: string): void {
    this.#guard.count("resets", this.#clock.nowMs());
    const stream = this.#table.open.get(id);
    if (stream !== undefined) {
      this.abandon(stream, code, message);
      return;
    }
    this.#output.reset(id, code);
    this.#table.rememberReset(id);
  }

  /** Resets a stream whose owner does not expect it. */
  abandon(stream: Http2Stream, code: number, message: string): void {
    this.#output.reset(stream.id, code);
    this.#table.rememberReset(stream.id);
    this.#fail(stream, { code, message, origin: "here" });
  }

  /** The peer has reset a stream. */
  resetByPeer(stream: Http2Stream, code: number): void {
    // Not remembered: the peer knows of it, so that anything it sends afterwards is a fault.
    this.#fail(stream, { code, message: `the stream was reset with ${errorCodeName(code)}`, origin: "peer" });
  }

  endRemote(stream: Http2Stream): void {
    stream.remoteClosed = true;
    stream.receiver.end();
    if (stream.isGone) return;
    if (stream.localClosed) this.#remove(stream, "the stream has ended");
    // The server has answered: nobody reads what we still have.
    else if (!this.#isServer) this.reset(stream, ErrorCode.CANCEL);
  }

  #makeStream(id: number): Http2Stream {
    const stream = new Http2Stream(
      id,
      this,
      NOBODY,
      this.#settings.initialWindow,
      this.#limits.streamWindowBytes,
    );
    this.#table.open.set(id, stream);
    return stream;
  }

  #fail(stream: Http2Stream, failure: StreamFailure): void {
    this.#remove(stream, failure.message);
    stream.receiver.failed(failure);
  }

  #remove(stream: Http2Stream, reason: string): void {
    stream.isGone = true;
    this.#table.open.delete(stream.id);
    this.scheduler.discard(stream, new Error(reason));
    this.#events.streamGone();
  }
}
