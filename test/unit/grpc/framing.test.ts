/** Frames and messages come out the same, however the bytes are cut. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { GrpcError } from "../../../src/grpc/grpc-error.ts";
import { Http2Error, PREFACE } from "../../../src/grpc/http2/frame.ts";
import { FrameReader, withoutPadding } from "../../../src/grpc/http2/frame-reader.ts";
import { MessageReader } from "../../../src/grpc/message-framing.ts";
import { Echo } from "./echo-service.ts";
import { collect, makePair } from "./pair.ts";
import { frameBytes, grpcMessage } from "./raw-peer.ts";

/** Cuts bytes at the given places (any numbers). */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const to of [...at, bytes.length]) {
    pieces.push(bytes.subarray(from, to));
    from = to;
  }
  return pieces;
}

const places = fc.array(fc.nat(), { maxLength: 40 });
const frame = fc.record({
  type: fc.nat({ max: 255 }),
  flags: fc.nat({ max: 255 }),
  streamId: fc.nat({ max: 2 ** 31 - 1 }),
  payload: fc.uint8Array({ maxLength: 300 }),
});

function readFrames(pieces: readonly Uint8Array[], expectsPreface: boolean): unknown[] {
  const frames: unknown[] = [];
  const reader = new FrameReader(
    (type, flags, streamId, payload) => frames.push({ type, flags, streamId, payload: [...payload] }),
    16_384,
    expectsPreface,
  );
  for (const piece of pieces) reader.feed(piece);
  return frames;
}

describe("frames", () => {
  test("any split of any frames gives these frames", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 10 }), places, (frames, at) => {
        const bytes = Buffer.concat([
          PREFACE,
          ...frames.map(({ type, flags, streamId, payload }) => frameBytes(type, flags, streamId, payload)),
        ]);
        const wanted = frames.map((one) => ({ ...one, payload: [...one.payload] }));
        expect(readFrames(cut(bytes, at), true)).toEqual(wanted);
      }),
      { numRuns: 1000 },
    );
  });

  test("byte by byte", () => {
    const bytes = Buffer.concat([
      frameBytes(0, 1, 5, Buffer.alloc(100, 7)),
      frameBytes(6, 0, 0, Buffer.alloc(8)),
    ]);
    expect(
      readFrames(
        [...bytes].map((byte) => Buffer.from([byte])),
        false,
      ),
    ).toEqual(readFrames([bytes], false));
  });

  test("the reserved bit of a stream id is ignored", () => {
    expect(readFrames([frameBytes(0, 0, 0xffffffff, Buffer.alloc(0))], false)).toMatchObject([
      { streamId: 2 ** 31 - 1 },
    ]);
  });

  test("a wrong preface is refused at its first wrong byte", () => {
    const reader = new FrameReader(() => undefined, 16_384, true);
    reader.feed(Buffer.from("PRI * HT"));
    expect(() => reader.feed(Buffer.from("X"))).toThrow(Http2Error);
  });

  test("padding: none, some, all but one byte, too much", () => {
    expect([...withoutPadding(Buffer.from([0, 1, 2]))]).toEqual([1, 2]);
    expect([...withoutPadding(Buffer.from([2, 1, 0, 0]))]).toEqual([1]);
    expect([...withoutPadding(Buffer.from([1, 0]))]).toEqual([]);
    expect(() => withoutPadding(Buffer.from([2, 0]))).toThrow(Http2Error);
    expect(() => withoutPadding(Buffer.from([]))).toThrow(Http2Error);
  });
});

describe("messages", () => {
  test("any split of any messages gives these messages", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), places, (messages, at) => {
        const bytes = Buffer.concat(messages.map((one) => grpcMessage(Buffer.from(one).toString("base64"))));
        const seen: string[] = [];
        const reader = new MessageReader(4096, (message) => seen.push(Buffer.from(message).toString()));
        let fed = 0;
        for (const piece of cut(bytes, at)) {
          reader.feed(piece);
          fed += piece.length;
          const done = seen.reduce((sum, text) => sum + text.length + 5, 0);
          expect(reader.partialBytes).toBe(fed - done);
        }
        expect(seen).toEqual(messages.map((one) => Buffer.from(one).toString("base64")));
      }),
      { numRuns: 1000 },
    );
  });

  test("a claimed length above the limit, compression, an unknown flag are refused with the prefix", () => {
    const feed = (...bytes: number[]) => {
      new MessageReader(100, () => undefined).feed(Buffer.from(bytes));
    };
    expect(() => feed(0, 0, 0, 0, 101)).toThrow(GrpcError);
    expect(() => feed(0, 255, 255, 255, 255)).toThrow(
      "received message larger than max (4294967295 vs. 100)",
    );
    expect(() => feed(1, 0, 0, 0, 0)).toThrow("compressed messages are not supported");
    expect(() => feed(2, 0, 0, 0, 0)).toThrow("unknown flag 2");
    feed(0, 0, 0, 0, 100);
  });
});

test("whole conversations: any split in both directions gives the same results", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 20 }),
      async (sizes) => {
        let turn = 0;
        const split = (chunk: Uint8Array) => {
          const pieces: Uint8Array[] = [];
          for (let at = 0; at < chunk.length; ) {
            const size = sizes[turn++ % sizes.length] ?? 1;
            pieces.push(chunk.subarray(at, at + size));
            at += size;
          }
          return pieces;
        };
        const { client } = await makePair({ pipe: { split } });
        expect(await client.unary(Echo, "say", "ü".repeat(20_000))).toBe("ü".repeat(20_000));
        expect(await collect(client.serverStream(Echo, "repeat", "20:text"))).toEqual(Array(20).fill("text"));
        const chat = client.duplex(Echo, "chat");
        for (let at = 0; at < 5; at++) await chat.send(`${at}`);
        chat.end();
        expect(await collect(chat.responses)).toEqual(["<0>", "<1>", "<2>", "<3>", "<4>"]);
        await expect(client.unary(Echo, "say", "fail:9:ä")).rejects.toMatchObject({
          status: 9,
          message: "ä",
        });
        client.close();
      },
    ),
    { numRuns: 60 },
  );
});
