/** What each received frame means: checks it against the rules of RFC 9113 and hands it on. */

import type { HpackDecoder } from "../hpack/decoder.ts";
import type { Limits } from "../limits.ts";
import type { FloodGuard } from "./flood-guard.ts";
import { ErrorCode, Flag, FrameType, Http2Error, MAX_WINDOW, protocolError } from "./frame.ts";
import { readUint32 } from "./frame-reader.ts";
import { IncomingStreams } from "./incoming-streams.ts";
import type { StreamHub } from "./stream-hub.ts";
import type { StreamTable } from "./stream-table.ts";

/** What frames of the whole connection make it do. */
export interface IncomingEvents {
  settings(payload: Uint8Array): void;
  ping(payload: Uint8Array): void;
  pingAnswered(payload: Uint8Array): void;
  goaway(lastStreamId: number, code: number, message: string): void;
}

export class Incoming {
  readonly #table: StreamTable;
  readonly #guard: FloodGuard;
  readonly #hub: StreamHub;
  readonly #events: IncomingEvents;
  readonly #streams: IncomingStreams;
  #sawSettings = false;
  /** Time of the chunk that is being read. */
  nowMs = 0;

  constructor(
    limits: Limits,
    table: StreamTable,
    decoder: HpackDecoder,
    guard: FloodGuard,
    isServer: boolean,
    hub: StreamHub,
    events: IncomingEvents,
  ) {
    this.#hub = hub;
    this.#table = table;
    this.#guard = guard;
    this.#events = events;
    this.#streams = new IncomingStreams(isServer, limits, table, decoder, guard, hub);
  }

  /** Whether a header block has begun and not ended. */
  get isInHeaderBlock(): boolean {
    return this.#streams.openBlockId !== 0;
  }

  /** Handles a frame. Throws Http2Error for faults that end the connection. */
  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    if (!this.#sawSettings) {
      if (type !== FrameType.SETTINGS || (flags & Flag.ACK) !== 0) {
        throw protocolError("the first frame is not SETTINGS");
      }
      this.#sawSettings = true;
    }
    const openBlock = this.#streams.openBlockId;
    if (openBlock !== 0 && (type !== FrameType.CONTINUATION || streamId !== openBlock)) {
      throw protocolError("another frame in the middle of a header block");
    }
    switch (type) {
      case FrameType.DATA:
        this.#streams.data(flags, streamId, payload, this.nowMs);
        break;
      case FrameType.HEADERS:
        this.#streams.headers(flags, streamId, payload);
        break;
      case FrameType.PRIORITY:
        this.#priority(streamId, payload);
        break;
      case FrameType.RST_STREAM:
        this.#reset(streamId, payload);
        break;
      case FrameType.SETTINGS:
        this.#settings(flags, streamId, payload);
        break;
      case FrameType.PUSH_PROMISE:
        throw protocolError("PUSH_PROMISE is not allowed here");
      case FrameType.PING:
        this.#ping(flags, streamId, payload);
        break;
      case FrameType.GOAWAY:
        this.#goaway(streamId, payload);
        break;
      case FrameType.WINDOW_UPDATE:
        this.#windowUpdate(streamId, payload);
        break;
      case FrameType.CONTINUATION:
        this.#streams.continuation(flags, payload);
        break;
      default:
        this.#guard.count("priorities", this.nowMs);
    }
  }

  #priority(streamId: number, payload: Uint8Array): void {
    if (streamId === 0) throw protocolError("PRIORITY on stream 0");
    this.#guard.count("priorities", this.nowMs);
    if (payload.length !== 5) {
      this.#hub.fault(streamId, ErrorCode.FRAME_SIZE_ERROR, "PRIORITY of a wrong length");
    } else if ((readUint32(payload, 0) & 0x7fffffff) === streamId) {
      this.#hub.fault(streamId, ErrorCode.PROTOCOL_ERROR, "the stream depends on itself");
    }
  }

  #reset(streamId: number, payload: Uint8Array): void {
    if (payload.length !== 4) {
      throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "RST_STREAM of a wrong length");
    }
    if (streamId === 0 || this.#table.isIdle(streamId)) throw protocolError("RST_STREAM on an idle stream");
    this.#guard.count("resets", this.nowMs);
    const stream = this.#table.open.get(streamId);
    if (stream !== undefined) this.#hub.resetByPeer(stream, readUint32(payload, 0));
  }

  #settings(flags: number, streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw protocolError("SETTINGS on a stream");
    if ((flags & Flag.ACK) === 0) {
      this.#guard.count("settings", this.nowMs);
      this.#events.settings(payload);
      return;
    }
    if (payload.length !== 0) throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS ACK with a payload");
  }

  #ping(flags: number, streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw protocolError("PING on a stream");
    if (payload.length !== 8) throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "PING of a wrong length");
    if ((flags & Flag.ACK) !== 0) {
      this.#events.pingAnswered(payload);
      return;
    }
    this.#guard.count("pings", this.nowMs);
    this.#events.ping(payload);
  }

  #goaway(streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw protocolError("GOAWAY on a stream");
    if (payload.length < 8) throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "GOAWAY of a wrong length");
    const text = Buffer.from(payload.subarray(8, 256)).toString("utf8");
    this.#events.goaway(readUint32(payload, 0) & 0x7fffffff, readUint32(payload, 4), text);
  }

  #windowUpdate(streamId: number, payload: Uint8Array): void {
    if (payload.length !== 4) {
      throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "WINDOW_UPDATE of a wrong length");
    }
    this.#guard.count("windowUpdates", this.nowMs);
    const increment = readUint32(payload, 0) & 0x7fffffff;
    if (streamId === 0) {
      if (increment === 0) throw protocolError("WINDOW_UPDATE by 0");
      this.#hub.widenConnection(increment);
      return;
    }
    if (this.#table.isIdle(streamId)) throw protocolError("WINDOW_UPDATE on an idle stream");
    const stream = this.#table.open.get(streamId);
    if (stream === undefined) return;
    if (increment === 0) this.#hub.fault(streamId, ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by 0");
    else if (stream.sendWindow + increment > MAX_WINDOW) {
      this.#hub.fault(streamId, ErrorCode.FLOW_CONTROL_ERROR, "the stream's window gets too large");
    } else this.#hub.widenStream(stream, increment);
  }
}
