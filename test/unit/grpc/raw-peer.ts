/** A peer that speaks single HTTP/2 frames, well or badly; what it gets back is recorded. */

import { until } from "../../../scripts/demo/until.ts";
import type { ByteConnection } from "../../../src/base/byte-connection.ts";
import { memoryPair } from "../../../src/base/memory-connection.ts";
import { HpackDecoder } from "../../../src/grpc/hpack/decoder.ts";
import { HpackEncoder } from "../../../src/grpc/hpack/encoder.ts";
import { ErrorCode, Flag, FrameType, PREFACE } from "../../../src/grpc/http2/frame.ts";
import { FrameReader, readUint32 } from "../../../src/grpc/http2/frame-reader.ts";
import { messagePrefix } from "../../../src/grpc/message-framing.ts";
import { GrpcServer, type GrpcServerOptions } from "../../../src/grpc/server.ts";
import { Echo, type EchoRecord, echoHandlers } from "./echo-service.ts";

export interface Received {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
  /** Decoded fields of the frame that ends a header block. */
  readonly fields: readonly string[];
}

export function frameBytes(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(9 + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame[3] = type;
  frame[4] = flags;
  frame.writeUInt32BE(streamId, 5);
  frame.set(payload, 9);
  return frame;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, id]), uint32(value)]);
}

/** A message with its prefix. */
export function grpcMessage(text: string): Buffer {
  const message = Buffer.from(text, "utf8");
  return Buffer.concat([messagePrefix(message.length), message]);
}

export class RawPeer {
  readonly frames: Received[] = [];
  isClosed = false;
  readonly encoder = new HpackEncoder(4096);
  readonly #decoder = new HpackDecoder(4096, 1 << 20);
  readonly #reader: FrameReader;
  #block: Buffer = Buffer.alloc(0);

  /** @param isServer whether a client is at the other end */
  constructor(
    readonly bytes: ByteConnection,
    isServer = false,
  ) {
    this.#reader = new FrameReader(
      (type, flags, streamId, payload) => {
        let fields: readonly string[] = [];
        if (type === FrameType.HEADERS || type === FrameType.CONTINUATION) {
          this.#block = Buffer.concat([this.#block, payload]);
          if ((flags & Flag.END_HEADERS) !== 0) {
            fields = this.#decoder.decode(this.#block).fields;
            this.#block = Buffer.alloc(0);
          }
        }
        this.frames.push({ type, flags, streamId, payload: new Uint8Array(payload), fields });
      },
      1 << 24,
      isServer,
    );
    bytes.open({
      data: (chunk) => this.#reader.feed(chunk),
      drained: () => undefined,
      closed: () => {
        this.isClosed = true;
      },
    });
  }

  frame(type: number, flags = 0, streamId = 0, payload: Uint8Array = Buffer.alloc(0)): this {
    this.bytes.write(frameBytes(type, flags, streamId, payload));
    return this;
  }

  /** Preface and SETTINGS. */
  hello(settings: Uint8Array = Buffer.alloc(0)): this {
    this.bytes.write(PREFACE);
    return this.frame(FrameType.SETTINGS, 0, 0, settings);
  }

  headers(streamId: number, fields: readonly string[], flags: number = Flag.END_HEADERS): this {
    return this.frame(FrameType.HEADERS, flags, streamId, this.encoder.encode(fields));
  }

  /** Head of a call of the echo service. */
  request(streamId: number, method: string, extra: readonly string[] = []): this {
    return this.headers(streamId, [
      ...[
        ":method",
        "POST",
        ":scheme",
        "http",
        ":path",
        `/test.Echo/${method}`,
        ":authority",
        "%2Frun%2Fx.sock",
      ],
      ...["content-type", "application/grpc", "te", "trailers"],
      ...extra,
    ]);
  }

  data(streamId: number, data: Uint8Array, end = false): this {
    return this.frame(FrameType.DATA, end ? Flag.END_STREAM : 0, streamId, data);
  }

  of(type: number, streamId?: number): Received[] {
    return this.frames.filter(
      (frame) => frame.type === type && (streamId === undefined || frame.streamId === streamId),
    );
  }

  /** Waits for the n-th frame of a type. */
  async expect(type: number, streamId?: number, count = 1): Promise<Received> {
    await until(
      () => this.of(type, streamId).length >= count,
      `frame ${type} on ${streamId}; got ${this.frames.map((frame) => `${frame.type}@${frame.streamId}`)}`,
    );
    const frame = this.of(type, streamId)[count - 1];
    if (frame === undefined) throw new Error("no such frame");
    return frame;
  }

  /** Waits for the connection's end; gives the code and text of its GOAWAY. */
  async expectGoaway(): Promise<{ code: number; message: string }> {
    const { payload } = await this.expect(FrameType.GOAWAY);
    return { code: readUint32(payload, 4), message: Buffer.from(payload.subarray(8)).toString() };
  }

  async expectReset(streamId: number): Promise<number> {
    return readUint32((await this.expect(FrameType.RST_STREAM, streamId)).payload, 0);
  }

  /** A PING and its answer: all that was sent before has been handled. */
  async settle(): Promise<void> {
    const count = this.of(FrameType.PING).filter((frame) => frame.flags === Flag.ACK).length;
    this.frame(FrameType.PING, 0, 0, Buffer.alloc(8));
    await until(
      () =>
        this.isClosed || this.of(FrameType.PING).filter((frame) => frame.flags === Flag.ACK).length > count,
      "the answer to a ping",
    );
  }

  dataOf(streamId: number): Buffer {
    return Buffer.concat(this.of(FrameType.DATA, streamId).map((frame) => frame.payload));
  }
}

/** The code of an error, for readable expectations. */
export const Code = ErrorCode;

/** A raw client of our server. */
export function rawClient(options: GrpcServerOptions = {}): {
  peer: RawPeer;
  server: GrpcServer;
  record: EchoRecord;
} {
  const record: EchoRecord = { aborts: [], contexts: [] };
  const server = new GrpcServer(options);
  server.addService(Echo, echoHandlers(record));
  const [near, far] = memoryPair();
  server.accept(far);
  return { peer: new RawPeer(near), server, record };
}
