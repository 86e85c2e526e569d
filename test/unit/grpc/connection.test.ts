/** The HTTP/2 connection against a peer that sends single frames. What h2spec covers is not repeated here. */

import { describe, expect, test } from "bun:test";
import { until } from "../../../scripts/demo/until.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { memoryPair } from "../../../src/base/memory-connection.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { GrpcClient, type GrpcClientSettings } from "../../../src/grpc/client.ts";
import { Http2Connection } from "../../../src/grpc/http2/connection.ts";
import { Flag, FrameType } from "../../../src/grpc/http2/frame.ts";
import { readUint32 } from "../../../src/grpc/http2/frame-reader.ts";
import { CLIENT_LIMITS } from "../../../src/grpc/limits.ts";
import { Echo } from "./echo-service.ts";
import { collect } from "./pair.ts";
import { Code, grpcMessage, RawPeer, rawClient, setting, uint32 } from "./raw-peer.ts";

const OK_HEAD = [":status", "200", "content-type", "application/grpc"];
const END = Flag.END_HEADERS | Flag.END_STREAM;

/** Our client and a raw server. */
async function rawServer(
  settings: Uint8Array = Buffer.alloc(0),
  options: GrpcClientSettings = {},
): Promise<{ peer: RawPeer; client: GrpcClient }> {
  const [near, far] = memoryPair();
  const peer = new RawPeer(far, true);
  const connecting = GrpcClient.connect(async () => near, options);
  peer.frame(FrameType.SETTINGS, 0, 0, settings);
  return { peer, client: await connecting };
}

describe("sending", () => {
  test("a changed INITIAL_WINDOW_SIZE moves the windows of open streams, also below zero", async () => {
    const { peer } = rawClient();
    peer.hello(setting(4, 100)).request(1, "Say").data(1, grpcMessage("size:1000"), true);
    await peer.expect(FrameType.DATA, 1);
    expect(peer.dataOf(1)).toHaveLength(100);
    // 100 are used: a window of 40 leaves -60, so that an update by 70 allows 10.
    peer.frame(FrameType.SETTINGS, 0, 0, setting(4, 40));
    peer.frame(FrameType.WINDOW_UPDATE, 0, 1, uint32(70));
    await peer.expect(FrameType.DATA, 1, 2);
    expect(peer.dataOf(1)).toHaveLength(110);
    peer.frame(FrameType.SETTINGS, 0, 0, setting(4, 65_535));
    await until(() => peer.dataOf(1).length === 1005, "the rest");
    expect((await peer.expect(FrameType.HEADERS, 1, 2)).flags & Flag.END_STREAM).toBe(Flag.END_STREAM);
  });

  test("the connection's window is shared, streams take turns", async () => {
    const { peer } = rawClient();
    peer.hello(setting(4, 0));
    for (const id of [1, 3]) peer.request(id, "Say").data(id, grpcMessage("size:200000"), true);
    await peer.settle();
    peer.frame(FrameType.SETTINGS, 0, 0, setting(4, 1_000_000));
    const sent = () => [peer.dataOf(1).length, peer.dataOf(3).length];
    await until(() => (sent()[0] ?? 0) + (sent()[1] ?? 0) === 65_535, "the window is used up");
    expect(Math.abs((sent()[0] ?? 0) - (sent()[1] ?? 0))).toBeLessThanOrEqual(2 * 16_384);
    peer.frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(1_000_000));
    await peer.expect(FrameType.HEADERS, 1, 2);
    await peer.expect(FrameType.HEADERS, 3, 2);
  });

  test("a status without data waits for no window", async () => {
    const { peer } = rawClient();
    peer.hello(setting(4, 0)).request(1, "Say").data(1, grpcMessage("size:100"), true);
    peer.request(3, "Say").data(3, grpcMessage("fail:5:x"), true);
    expect((await peer.expect(FrameType.HEADERS, 3)).fields).toContain("5");
  });

  test("headers larger than a frame go as CONTINUATION", async () => {
    const { peer, client } = await rawServer();
    const metadata = { "x-large": "v".repeat(40_000) };
    client.unary(Echo, "say", "x", { metadata }).catch(() => undefined);
    const last = await peer.expect(FrameType.CONTINUATION, 1, 2);
    expect(last.flags).toBe(Flag.END_HEADERS);
    expect(last.fields.slice(-2)).toEqual(["x-large", metadata["x-large"]]);
    client.close();
  });

  test("frames are no longer than the peer allows", async () => {
    const { peer } = rawClient();
    peer.hello(Buffer.concat([setting(4, 1_000_000), setting(5, 20_000)]));
    peer.frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(1_000_000));
    peer.request(1, "Say").data(1, grpcMessage("size:100000"), true);
    await peer.expect(FrameType.HEADERS, 1, 2);
    expect(Math.max(...peer.of(FrameType.DATA).map(({ payload }) => payload.length))).toBe(20_000);
  });

  test("what is written in one turn leaves in one write", async () => {
    const [near, far] = memoryPair();
    const writes: number[] = [];
    const client = await (async () => {
      const peer = new RawPeer(far, true);
      const connecting = GrpcClient.connect(async () => ({
        peer: "memory",
        queuedBytes: 0,
        open: (receiver) => near.open(receiver),
        write: (data) => {
          writes.push(data.length);
          near.write(data);
        },
        pause: () => near.pause(),
        resume: () => near.resume(),
        end: () => near.end(),
        destroy: (error) => near.destroy(error),
      }));
      peer.frame(FrameType.SETTINGS);
      const connected = await connecting;
      await peer.settle();
      return connected;
    })();
    const before = writes.length;
    for (let at = 0; at < 10; at++) client.unary(Echo, "say", "x").catch(() => undefined);
    await until(() => writes.length > before, "a write");
    expect(writes.length).toBe(before + 1);
    client.close();
  });
});

describe("receiving", () => {
  test("padding counts for the windows and is given back", async () => {
    const { peer } = rawClient({ limits: { streamWindowBytes: 65_535 } });
    peer.hello().request(1, "Say");
    // 1 byte of data and 255 of padding per frame: 1000 frames are more than the window.
    const message = grpcMessage("y".repeat(995));
    for (const byte of message) {
      peer.frame(
        FrameType.DATA,
        Flag.PADDED,
        1,
        Buffer.concat([Buffer.from([255, byte]), Buffer.alloc(255)]),
      );
    }
    peer.data(1, Buffer.alloc(0), true);
    await peer.expect(FrameType.HEADERS, 1, 2);
    expect(peer.dataOf(1)).toEqual(message);
  });

  test("bytes of a call whose messages nobody takes do not hold up other calls", async () => {
    const { peer } = rawClient({ limits: { streamWindowBytes: 100_000, connectionWindowBytes: 120_000 } });
    peer.hello(setting(4, 0));
    const message = grpcMessage("m".repeat(995));
    for (const id of [1, 3, 5]) {
      peer.request(id, "Chat");
      for (let at = 0; at < 60; at++) peer.data(id, message);
      await peer.settle();
    }
    peer.request(7, "Say").data(7, grpcMessage("fail:5:x"), true);
    expect((await peer.expect(FrameType.HEADERS, 7)).fields).toContain("5");
  });

  test("DATA that was on its way to a stream that we reset is dropped, its window given back", async () => {
    const { peer } = rawClient({ maxReceiveBytes: 100, limits: { connectionWindowBytes: 100_000 } });
    peer
      .hello()
      .request(1, "Chat")
      .data(1, grpcMessage("x".repeat(101)));
    await peer.expectReset(1);
    for (let at = 0; at < 20; at++) {
      peer.data(1, Buffer.alloc(16_000));
      await peer.settle();
    }
    expect(peer.isClosed).toBe(false);
    expect(peer.of(FrameType.RST_STREAM, 1)).toHaveLength(1);
  });

  test("a request whose path has no method is answered at once, even when it goes on", async () => {
    const { peer } = rawClient();
    peer.hello().request(1, "Nope");
    expect((await peer.expect(FrameType.HEADERS, 1)).fields).toContain("12");
    expect(await peer.expectReset(1)).toBe(Code.NO_ERROR);
  });

  test("what is not gRPC gets an answer of HTTP", async () => {
    const { peer } = rawClient();
    const head = [":scheme", "http", ":path", "/test.Echo/Say"];
    peer.hello().headers(1, [":method", "GET", ...head], END);
    expect((await peer.expect(FrameType.HEADERS, 1)).fields.slice(0, 2)).toEqual([":status", "415"]);
    peer.headers(3, [":method", "PUT", ...head, "content-type", "application/grpc"], END);
    expect((await peer.expect(FrameType.HEADERS, 3)).fields.slice(0, 2)).toEqual([":status", "405"]);
    peer.headers(5, [":method", "POST", ...head, "content-type", "application/grpc-web"], END);
    expect((await peer.expect(FrameType.HEADERS, 5)).fields.slice(0, 2)).toEqual([":status", "415"]);
  });

  test("malformed calls get a status that says why", async () => {
    const { peer } = rawClient();
    peer.hello().request(1, "Say", ["grpc-timeout", "soon"]);
    expect((await peer.expect(FrameType.HEADERS, 1)).fields).toContain('malformed grpc-timeout "soon"');
    peer.request(3, "Say", ["grpc-encoding", "gzip"]);
    expect((await peer.expect(FrameType.HEADERS, 3)).fields).toContain("12");
    peer.request(5, "Say").data(5, Buffer.alloc(0), true);
    expect((await peer.expect(FrameType.HEADERS, 5)).fields).toContain("the call has no request");
    peer.request(7, "Say").data(7, Buffer.concat([grpcMessage("a"), grpcMessage("b")]), true);
    expect((await peer.expect(FrameType.HEADERS, 7)).fields).toContain("13");
    peer.request(9, "Say").data(9, grpcMessage("cut").subarray(0, 6), true);
    expect((await peer.expect(FrameType.HEADERS, 9)).fields).toContain(
      "the request ends in the middle of a message",
    );
  });
});

describe("our client and servers that misbehave", () => {
  test("a server that allows few streams is obeyed, also when it changes its mind", async () => {
    const { peer, client } = await rawServer(setting(3, 1));
    const calls = ["a", "b", "c"].map((text) => client.unary(Echo, "say", text));
    const answer = (id: number) =>
      peer
        .headers(id, OK_HEAD)
        .data(id, grpcMessage(`${id}`))
        .headers(id, ["grpc-status", "0"], END);
    await peer.expect(FrameType.HEADERS, 1);
    await peer.settle();
    expect(peer.of(FrameType.HEADERS)).toHaveLength(1);
    answer(1);
    await peer.expect(FrameType.HEADERS, 3);
    peer.frame(FrameType.SETTINGS, 0, 0, setting(3, 10));
    await peer.expect(FrameType.HEADERS, 5);
    answer(5);
    answer(3);
    expect(await Promise.all(calls)).toEqual(["1", "3", "5"]);
    client.close();
  });

  test("GOAWAY: calls above its id fail with UNAVAILABLE, those below end well, then it closes", async () => {
    const { peer, client } = await rawServer();
    const low = client.unary(Echo, "say", "low");
    const high = client.unary(Echo, "say", "high");
    await peer.expect(FrameType.HEADERS, 3);
    peer.frame(FrameType.GOAWAY, 0, 0, Buffer.concat([uint32(1), uint32(0)]));
    await expect(high).rejects.toMatchObject({ status: 14 });
    await expect(client.unary(Echo, "say", "new")).rejects.toMatchObject({ status: 14 });
    peer.headers(1, OK_HEAD).data(1, grpcMessage("done")).headers(1, ["grpc-status", "0"], END);
    expect(await low).toBe("done");
    expect((await client.closed)?.message).toBe("the connection has ended in order");
  });

  test("every wrong answer is an error and not a hang", async () => {
    const { peer, client } = await rawServer();
    const answers: readonly (readonly [(id: number) => void, number])[] = [
      [(id) => peer.headers(id, [":status", "404"], END), 12],
      [(id) => peer.headers(id, [":status", "200", "content-type", "text/html"]), 2],
      [(id) => peer.headers(id, OK_HEAD, END), 2],
      [(id) => peer.headers(id, [...OK_HEAD, "grpc-encoding", "gzip"]), 13],
      [(id) => peer.headers(id, [...OK_HEAD, "grpc-status", "0"], END), 13],
      [(id) => peer.headers(id, OK_HEAD).data(id, Buffer.from([1, 0, 0, 0, 0])), 12],
      [
        (id) =>
          peer
            .headers(id, OK_HEAD)
            .data(id, Buffer.from([0, 0]))
            .headers(id, ["grpc-status", "0"], END),
        13,
      ],
      [(id) => peer.data(id, grpcMessage("before the head")), 13],
      [(id) => peer.headers(id, ["no", "status"]), 13],
      [(id) => peer.headers(id, [":status", "100"], END), 13],
      [(id) => peer.frame(FrameType.RST_STREAM, 0, id, uint32(Code.REFUSED_STREAM)), 14],
    ];
    let id = -1;
    for (const [answer, status] of answers) {
      const call = client.unary(Echo, "say", "x");
      id += 2;
      await peer.expect(FrameType.HEADERS, id);
      answer(id);
      await expect(call).rejects.toMatchObject({ status });
    }
    // Two messages instead of one; interim heads are skipped.
    const call = client.unary(Echo, "say", "x");
    id += 2;
    await peer.expect(FrameType.HEADERS, id);
    peer.headers(id, [":status", "103"]).headers(id, OK_HEAD);
    peer.data(id, grpcMessage("1")).data(id, grpcMessage("2")).headers(id, ["grpc-status", "0"], END);
    await expect(call).rejects.toMatchObject({ status: 13 });
    client.close();
  });

  test("a status that comes before all requests are sent ends the call; sending then rejects with it", async () => {
    const { peer, client } = await rawServer();
    const call = client.duplex(Echo, "chat");
    await call.send("a");
    peer.headers(1, [...OK_HEAD, "grpc-status", "9", "grpc-message", "no"], END);
    await expect(collect(call.responses)).rejects.toMatchObject({ status: 9, message: "no" });
    await expect(call.send("b")).rejects.toMatchObject({ status: 9 });
    expect(await peer.expectReset(1)).toBe(Code.CANCEL);
    client.close();
  });

  test("when the stream ids are used up the connection ends in order", async () => {
    const [near, far] = memoryPair();
    const peer = new RawPeer(far, true);
    const ended = Promise.withResolvers<Error | undefined>();
    const connection = new Http2Connection(
      near,
      { isServer: false, limits: CLIENT_LIMITS, clock: systemClock, firstStreamId: 2 ** 31 - 3 },
      {
        request: () => {
          throw new Error("not at a client");
        },
        ready: () => undefined,
        roomChanged: () => undefined,
        goingAway: () => undefined,
        closed: ended.resolve,
      },
    );
    const receiver = { head() {}, data() {}, trailers() {}, end() {}, failed() {} };
    const head = [":method", "POST", ":scheme", "http", ":path", "/x"];
    peer.frame(FrameType.SETTINGS);
    expect(connection.openStream(head, true, receiver).id).toBe(2 ** 31 - 3);
    expect(connection.hasRoom).toBe(true);
    expect(connection.openStream(head, true, receiver).id).toBe(2 ** 31 - 1);
    expect([connection.hasRoom, connection.isEnding]).toEqual([false, true]);
    for (const id of [2 ** 31 - 3, 2 ** 31 - 1]) {
      await peer.expect(FrameType.HEADERS, id);
      peer.headers(id, [":status", "200"], END);
    }
    expect((await ended.promise)?.message).toBe("the connection has ended in order");
  });

  test("PUSH_PROMISE ends the connection", async () => {
    const { peer, client } = await rawServer();
    peer.frame(FrameType.PUSH_PROMISE, Flag.END_HEADERS, 1, uint32(2));
    expect((await peer.expectGoaway()).code).toBe(Code.PROTOCOL_ERROR);
    expect(await client.closed).toBeInstanceOf(Error);
  });

  test("a server that closes without a word: calls fail, `closed` tells the reason", async () => {
    const { peer, client } = await rawServer();
    const call = client.unary(Echo, "say", "x");
    await peer.expect(FrameType.HEADERS, 1);
    peer.bytes.destroy();
    await expect(call).rejects.toMatchObject({ status: 14, message: "the peer closed the connection" });
    expect((await client.closed)?.message).toBe("the peer closed the connection");
  });
});

describe("keepalive", () => {
  const keepalive = { intervalMs: 1_000, timeoutMs: 200 };

  test("silence is answered by a ping; a peer that answers is kept, one that does not is dropped", async () => {
    const clock = new VirtualClock();
    const errors: string[] = [];
    const { peer, server } = rawClient({
      clock,
      keepalive,
      onConnectionError: (error) => errors.push(error.message),
    });
    peer.hello();
    await clock.advance(900);
    peer.frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(1));
    await clock.advance(900);
    expect(peer.of(FrameType.PING)).toEqual([]);
    await clock.advance(150);
    const ping = await peer.expect(FrameType.PING);
    peer.frame(FrameType.PING, Flag.ACK, 0, ping.payload);
    await clock.advance(1_000);
    expect(server.connectionCount).toBe(1);
    await clock.advance(1_500);
    await until(() => server.connectionCount === 0, "it is dropped");
    expect(errors).toEqual(["no answer to a ping within 200 ms"]);
  });
});

describe("the orderly end of a server", () => {
  test("GOAWAY with the largest id, a ping, then GOAWAY with the real one; calls in between are served", async () => {
    const { peer, server } = rawClient();
    peer.hello().request(1, "Chat");
    await peer.settle();
    const stopped = server.stop({ graceMs: 10_000 });
    const first = await peer.expect(FrameType.GOAWAY);
    expect(readUint32(first.payload, 0)).toBe(2 ** 31 - 1);
    const goodbye = peer.of(FrameType.PING).find(({ flags }) => flags === 0);
    // Sent before the client knew of it.
    peer.request(3, "Say").data(3, grpcMessage("late"), true);
    await peer.expect(FrameType.HEADERS, 3, 2);
    peer.frame(FrameType.PING, Flag.ACK, 0, goodbye?.payload ?? Buffer.alloc(8));
    const second = await peer.expect(FrameType.GOAWAY, 0, 2);
    expect(readUint32(second.payload, 0)).toBe(3);
    peer.request(5, "Say");
    expect(await peer.expectReset(5)).toBe(Code.REFUSED_STREAM);
    peer.data(1, Buffer.alloc(0), true);
    await stopped;
    expect(peer.of(FrameType.HEADERS, 1)).not.toEqual([]);
  });
});
