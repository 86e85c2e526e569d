/** What DATA and HEADERS frames mean for their streams (RFC 9113 §5.1, §8.1). */

import type { HpackDecoder } from "../hpack/decoder.ts";
import { HpackError } from "../hpack/hpack-error.ts";
import type { Limits } from "../limits.ts";
import type { FloodGuard } from "./flood-guard.ts";
import { ErrorCode, Flag, Http2Error, protocolError } from "./frame.ts";
import { withoutPadding } from "./frame-reader.ts";
import { type CompleteBlock, HeaderBlock } from "./header-block.ts";
import { contentLength, type RequestHead, readRequest, readResponse, readTrailers } from "./header-rules.ts";
import type { Http2Stream } from "./stream.ts";
import type { StreamTable } from "./stream-table.ts";

/** What these frames make the connection do. */
export interface IncomingStreamEvents {
  /** Bytes of DATA frames arrived, padding included; throws when they are more than allowed. */
  receivedBytes(bytes: number): void;
  /** Begins a stream; undefined when it is refused. `head` is undefined when the list was too large. */
  beginStream(id: number, head: RequestHead | undefined): Http2Stream | undefined;
  /** Reset for a fault of the peer; the stream may not exist (any more). */
  fault(id: number, code: number, message: string): void;
  endRemote(stream: Http2Stream): void;
}

export class IncomingStreams {
  readonly #isServer: boolean;
  readonly #table: StreamTable;
  readonly #decoder: HpackDecoder;
  readonly #guard: FloodGuard;
  readonly #events: IncomingStreamEvents;
  readonly #block: HeaderBlock;

  constructor(
    isServer: boolean,
    limits: Limits,
    table: StreamTable,
    decoder: HpackDecoder,
    guard: FloodGuard,
    events: IncomingStreamEvents,
  ) {
    this.#isServer = isServer;
    this.#table = table;
    this.#decoder = decoder;
    this.#guard = guard;
    this.#events = events;
    this.#block = new HeaderBlock(limits);
  }

  /** Stream whose header block has begun and not ended; 0 when there is none. */
  get openBlockId(): number {
    return this.#block.openStreamId;
  }

  /** A CONTINUATION frame. */
  continuation(flags: number, payload: Uint8Array): void {
    if (this.#block.openStreamId === 0) throw protocolError("CONTINUATION without HEADERS");
    const complete = this.#block.add(flags, payload);
    if (complete !== undefined) this.#complete(complete);
  }

  /** A DATA frame. */
  data(flags: number, streamId: number, payload: Uint8Array, nowMs: number): void {
    if (streamId === 0) throw protocolError("DATA on stream 0");
    const stream = this.#table.open.get(streamId);
    if (stream === undefined && this.#table.isIdle(streamId)) throw protocolError("DATA on an idle stream");
    const data = (flags & Flag.PADDED) !== 0 ? withoutPadding(payload) : payload;
    const isEnd = (flags & Flag.END_STREAM) !== 0;
    if (data.length > 0) this.#guard.earn();
    else if (!isEnd) this.#guard.count("emptyData", nowMs);
    this.#events.receivedBytes(payload.length);
    if (stream === undefined || stream.remoteClosed) {
      if (stream === undefined && this.#table.wasReset(streamId)) return;
      this.#events.fault(streamId, ErrorCode.STREAM_CLOSED, "DATA on a closed stream");
      return;
    }
    if (payload.length > stream.receiveWindow) {
      this.#events.fault(streamId, ErrorCode.FLOW_CONTROL_ERROR, "more data than the stream's window");
      return;
    }
    if (!this.#isServer && !stream.hasHead) {
      this.#events.fault(streamId, ErrorCode.PROTOCOL_ERROR, "DATA before the response's head");
      return;
    }
    stream.receiveWindow -= payload.length;
    stream.receivedBytes += data.length;
    if (stream.promisedBytes !== undefined && stream.receivedBytes > stream.promisedBytes) {
      this.#events.fault(streamId, ErrorCode.PROTOCOL_ERROR, "more data than content-length");
      return;
    }
    stream.consumed(payload.length - data.length);
    if (data.length > 0) stream.receiver.data(data);
    if (isEnd && !stream.isGone) this.#end(stream);
  }

  /** A HEADERS frame. */
  headers(flags: number, streamId: number, payload: Uint8Array): void {
    if (streamId === 0) throw protocolError("HEADERS on stream 0");
    const complete = this.#block.begin(flags, streamId, payload);
    if (complete !== undefined) this.#complete(complete);
  }

  #complete(complete: CompleteBlock): void {
    const { streamId } = complete;
    // Every block is decoded, also one that is not wanted: the tables must stay equal.
    const { fields, tooLarge } = this.#decode(complete.block);
    const stream = this.#table.open.get(streamId);
    if (stream !== undefined) {
      this.#nextHeaders(stream, complete, fields, tooLarge);
      return;
    }
    if (!this.#table.isIdle(streamId)) {
      if (this.#table.wasReset(streamId)) return;
      throw new Http2Error(ErrorCode.STREAM_CLOSED, "HEADERS on a closed stream");
    }
    if (!this.#isServer || streamId % 2 === 0)
      throw protocolError("HEADERS on a stream that is not the peer's");
    this.#table.lastPeerId = streamId;
    if (complete.dependsOnItself) {
      this.#events.fault(streamId, ErrorCode.PROTOCOL_ERROR, "the stream depends on itself");
      return;
    }
    const head = tooLarge ? undefined : readRequest(fields);
    const length = head === undefined ? undefined : contentLength(head.fields);
    const isWrong = (!tooLarge && head === undefined) || Number.isNaN(length);
    if (isWrong || (complete.endStream && (length ?? 0) > 0)) {
      this.#events.fault(streamId, ErrorCode.PROTOCOL_ERROR, "malformed request");
      return;
    }
    const begun = this.#events.beginStream(streamId, head);
    if (begun === undefined) return;
    begun.promisedBytes = length;
    if (complete.endStream && !begun.isGone) this.#end(begun);
  }

  #decode(block: Uint8Array): { readonly fields: readonly string[]; readonly tooLarge: boolean } {
    try {
      return this.#decoder.decode(block);
    } catch (thrown) {
      if (!(thrown instanceof HpackError)) throw thrown;
      throw new Http2Error(ErrorCode.COMPRESSION_ERROR, thrown.message);
    }
  }

  /** A response's head, or trailers. */
  #nextHeaders(
    stream: Http2Stream,
    complete: CompleteBlock,
    list: readonly string[],
    tooLarge: boolean,
  ): void {
    if (stream.remoteClosed) {
      this.#events.fault(stream.id, ErrorCode.STREAM_CLOSED, "HEADERS on a half-closed stream");
    } else if (tooLarge) {
      this.#events.fault(stream.id, ErrorCode.ENHANCE_YOUR_CALM, "header list too large");
    } else {
      const wrong = complete.dependsOnItself
        ? "the stream depends on itself"
        : this.#isServer || stream.hasHead
          ? this.#trailers(stream, list, complete.endStream)
          : this.#responseHead(stream, list, complete.endStream);
      if (wrong !== undefined) this.#events.fault(stream.id, ErrorCode.PROTOCOL_ERROR, wrong);
      else if (complete.endStream && !stream.isGone) this.#end(stream);
    }
  }

  /** Hands trailers on; says what is wrong with them instead. */
  #trailers(stream: Http2Stream, list: readonly string[], isEnd: boolean): string | undefined {
    const fields = readTrailers(list);
    if (fields === undefined || !isEnd) return "malformed trailers";
    stream.receiver.trailers(fields);
    return undefined;
  }

  /** Hands the final head on and drops interim ones; says what is wrong instead. */
  #responseHead(stream: Http2Stream, list: readonly string[], isEnd: boolean): string | undefined {
    const head = readResponse(list);
    if (head === undefined) return "malformed response";
    if (head.status < 200) return isEnd ? "the response ends with its interim head" : undefined;
    stream.hasHead = true;
    stream.promisedBytes = contentLength(head.fields);
    stream.receiver.head(head);
    return undefined;
  }

  #end(stream: Http2Stream): void {
    if (stream.promisedBytes !== undefined && stream.receivedBytes !== stream.promisedBytes) {
      this.#events.fault(stream.id, ErrorCode.PROTOCOL_ERROR, "data and content-length differ");
      return;
    }
    this.#events.endRemote(stream);
  }
}
