/** Each number of limits.ts: what is just allowed works, one more ends as its comment says. */

import { describe, expect, test } from "bun:test";
import { until } from "../../../scripts/demo/until.ts";
import { memoryPair } from "../../../src/base/memory-connection.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { GrpcClient } from "../../../src/grpc/client.ts";
import { Flag, FrameType } from "../../../src/grpc/http2/frame.ts";
import { readUint32 } from "../../../src/grpc/http2/frame-reader.ts";
import { SERVER_LIMITS } from "../../../src/grpc/limits.ts";
import { GrpcServer } from "../../../src/grpc/server.ts";
import { Echo, echoHandlers } from "./echo-service.ts";
import { makePair } from "./pair.ts";
import { Code, frameBytes, grpcMessage, RawPeer, rawClient, setting, uint32 } from "./raw-peer.ts";

const PING = Buffer.alloc(8);

describe("header lists", () => {
  test("headerListBytes: a larger list ends its call with RESOURCE_EXHAUSTED, the connection lives", async () => {
    const { peer } = rawClient({ limits: { headerListBytes: 1000 } });
    peer
      .hello()
      .request(1, "Say", ["x-large", "v".repeat(1000)])
      .data(1, grpcMessage("x"), true);
    expect((await peer.expect(FrameType.HEADERS, 1)).fields).toContain("8");
    peer.request(3, "Say", ["x-small", "v"]).data(3, grpcMessage("hello"), true);
    await peer.expect(FrameType.HEADERS, 3, 2);
    expect(peer.dataOf(3)).toEqual(grpcMessage("hello"));
  });

  test("headerListBytes at the client", async () => {
    const [near, far] = memoryPair();
    const peer = new RawPeer(far, true);
    const connecting = GrpcClient.connect(async () => near, { limits: { headerListBytes: 200 } });
    peer.frame(FrameType.SETTINGS);
    const call = (await connecting).unary(Echo, "say", "x");
    await peer.expect(FrameType.HEADERS, 1);
    peer.headers(1, [":status", "200", "content-type", "application/grpc", "x", "y".repeat(200)]);
    await expect(call).rejects.toMatchObject({ status: 8 });
    expect(await peer.expectReset(1)).toBe(Code.ENHANCE_YOUR_CALM);
  });

  test("headerBlockBytes: a larger coded block ends the connection", async () => {
    const { peer } = rawClient({ limits: { headerBlockBytes: 20_000 } });
    peer.hello().frame(FrameType.HEADERS, 0, 1, Buffer.alloc(16_000));
    peer.frame(FrameType.CONTINUATION, 0, 1, Buffer.alloc(4_001));
    expect(await peer.expectGoaway()).toEqual({
      code: Code.ENHANCE_YOUR_CALM,
      message: "header block too large",
    });
  });

  test("continuationFrames: as many are taken, one more ends the connection", async () => {
    const { peer } = rawClient({ limits: { continuationFrames: 5 } });
    peer.hello();
    const fields = [":method", "POST", ":scheme", "http", ":path", "/test.Echo/Say"];
    const block = peer.encoder.encode([...fields, "content-type", "application/grpc"]);
    peer.frame(FrameType.HEADERS, 0, 1, block);
    for (let at = 1; at <= 5; at++) {
      peer.frame(FrameType.CONTINUATION, at === 5 ? Flag.END_HEADERS : 0, 1);
    }
    peer.data(1, grpcMessage("x"), true);
    await peer.expect(FrameType.HEADERS, 1, 2);
    peer.frame(FrameType.HEADERS, 0, 3, block);
    for (let at = 1; at <= 6; at++) peer.frame(FrameType.CONTINUATION, 0, 3);
    expect((await peer.expectGoaway()).message).toBe("too many CONTINUATION frames");
  });

  test("headerTableBytes: a larger size update is a COMPRESSION_ERROR", async () => {
    const { peer } = rawClient({ limits: { headerTableBytes: 100 } });
    peer.hello().frame(FrameType.HEADERS, Flag.END_HEADERS, 1, Buffer.from([0x3f, 0x46]));
    expect((await peer.expectGoaway()).code).toBe(Code.COMPRESSION_ERROR);
  });
});

describe("frames and streams", () => {
  test("frameBytes: a longer frame is a FRAME_SIZE_ERROR, whatever its type", async () => {
    for (const type of [FrameType.DATA, FrameType.HEADERS, 0xbb]) {
      const { peer } = rawClient();
      peer.hello().frame(0xbb, 0, 0, Buffer.alloc(SERVER_LIMITS.frameBytes));
      await peer.settle();
      peer.frame(type, 0, 1, Buffer.alloc(SERVER_LIMITS.frameBytes + 1));
      expect((await peer.expectGoaway()).code).toBe(Code.FRAME_SIZE_ERROR);
    }
  });

  test("concurrentStreams: one more is refused, and taken when another has ended", async () => {
    const { peer } = rawClient({ limits: { concurrentStreams: 3 } });
    peer.hello();
    for (const id of [1, 3, 5, 7]) peer.request(id, "Say");
    expect(await peer.expectReset(7)).toBe(Code.REFUSED_STREAM);
    peer.data(1, grpcMessage("x"), true);
    await peer.expect(FrameType.HEADERS, 1, 2);
    peer.request(9, "Say").data(9, grpcMessage("y"), true);
    await peer.expect(FrameType.HEADERS, 9, 2);
  });

  test("streamWindowBytes: more than the window resets the stream, not the connection", async () => {
    const { peer } = rawClient({ limits: { streamWindowBytes: 70_000, connectionWindowBytes: 1 << 20 } });
    // A call with one message that is never complete is read on; one whose handler does not read is not.
    peer.hello().request(1, "Chat");
    await peer.settle();
    const messages = Buffer.concat(Array(14).fill(grpcMessage("m".repeat(4_995))));
    // The peer's own window for answers is closed, so that the handler stops reading.
    peer.frame(FrameType.SETTINGS, 0, 0, setting(4, 0));
    for (let at = 0; at < messages.length; at += 14_000) peer.data(1, messages.subarray(at, at + 14_000));
    await peer.settle();
    expect(peer.of(FrameType.RST_STREAM)).toEqual([]);
    for (let round = 0; round < 2; round++) peer.data(1, messages.subarray(0, 10_000));
    expect(await peer.expectReset(1)).toBe(Code.FLOW_CONTROL_ERROR);
    peer.frame(FrameType.SETTINGS, 0, 0, setting(4, 65_535));
    peer.request(3, "Say").data(3, grpcMessage("x"), true);
    await peer.expect(FrameType.HEADERS, 3, 2);
  });

  test("connectionWindowBytes: more than the window ends the connection", async () => {
    const { peer } = rawClient({ limits: { connectionWindowBytes: 65_535, streamWindowBytes: 1 << 20 } });
    peer.hello().request(1, "Chat");
    // In one write: nothing is given back in between.
    const frames = Array(5).fill(frameBytes(FrameType.DATA, 0, 1, Buffer.alloc(16_000)));
    peer.bytes.write(Buffer.concat(frames.slice(0, 4)));
    await peer.settle();
    expect(peer.isClosed).toBe(false);
    const { peer: other } = rawClient({
      limits: { connectionWindowBytes: 10_000, streamWindowBytes: 1 << 20 },
    });
    other.hello().request(1, "Chat").data(1, Buffer.alloc(10_001));
    expect((await other.expectGoaway()).code).toBe(Code.FLOW_CONTROL_ERROR);
  });

  test("a window that grows over 2^31-1: by WINDOW_UPDATE of stream or connection, or by SETTINGS", async () => {
    const { peer } = rawClient();
    peer.hello().request(1, "Chat");
    peer.frame(FrameType.WINDOW_UPDATE, 0, 1, uint32(2 ** 31 - 1));
    expect(await peer.expectReset(1)).toBe(Code.FLOW_CONTROL_ERROR);
    peer.frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1));
    expect((await peer.expectGoaway()).code).toBe(Code.FLOW_CONTROL_ERROR);
    const { peer: other } = rawClient();
    other
      .hello()
      .request(1, "Chat")
      .frame(FrameType.WINDOW_UPDATE, 0, 1, uint32(2 ** 31 - 65_536));
    other.frame(FrameType.SETTINGS, 0, 0, setting(4, 65_536));
    expect((await other.expectGoaway()).code).toBe(Code.FLOW_CONTROL_ERROR);
  });
});

describe("floods", () => {
  const FLOODS: readonly (readonly [string, (peer: RawPeer, at: number) => void])[] = [
    ["pings", (peer) => peer.frame(FrameType.PING, 0, 0, PING)],
    ["settings", (peer) => peer.frame(FrameType.SETTINGS)],
    ["priorities", (peer) => peer.frame(FrameType.PRIORITY, 0, 1, Buffer.alloc(5))],
    ["priorities", (peer) => peer.frame(0xbb, 0, 0)],
    ["windowUpdates", (peer) => peer.frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(1))],
    ["emptyData", (peer) => peer.data(1, Buffer.alloc(0))],
  ];
  for (const [kind, send] of FLOODS) {
    test(`${kind}: the burst is taken, and what comes back with time; one more ends the connection`, async () => {
      const clock = new VirtualClock();
      const { peer } = rawClient({
        clock,
        limits: { [kind]: { burst: 20, perSecond: 10 }, settings: { burst: 20, perSecond: 10 } },
      });
      peer.hello().request(1, "Chat");
      const used = kind === "settings" ? 1 : 0;
      for (let at = used; at < 20; at++) send(peer, at);
      await clock.advance(500);
      expect(peer.isClosed).toBe(false);
      for (let at = 0; at < 5; at++) send(peer, at);
      await clock.advance(0);
      expect(peer.of(FrameType.GOAWAY)).toEqual([]);
      send(peer, 0);
      await clock.advance(0);
      expect(await peer.expectGoaway()).toEqual({
        code: Code.ENHANCE_YOUR_CALM,
        message: `too many ${kind}`,
      });
    });
  }

  test("resets: rapid reset by the peer ends the connection", async () => {
    const { peer } = rawClient({ limits: { resets: { burst: 20, perSecond: 1 } } });
    peer.hello();
    for (let at = 0; at < 21; at++) {
      peer.request(1 + 2 * at, "Say").frame(FrameType.RST_STREAM, 0, 1 + 2 * at, uint32(Code.CANCEL));
    }
    expect((await peer.expectGoaway()).message).toBe("too many resets");
  });

  test("resets: so do streams that the peer makes us reset", async () => {
    const { peer } = rawClient({ limits: { resets: { burst: 20, perSecond: 1 } } });
    peer.hello();
    for (let at = 0; at < 21; at++) {
      peer.request(1 + 2 * at, "Say").frame(FrameType.WINDOW_UPDATE, 0, 1 + 2 * at, uint32(0));
    }
    expect((await peer.expectGoaway()).message).toBe("too many resets");
  });

  test("pings and window updates that go with data are free", async () => {
    const limits = { pings: { burst: 20, perSecond: 0 }, windowUpdates: { burst: 20, perSecond: 0 } };
    const { peer } = rawClient({ limits });
    peer.hello().request(1, "Chat");
    for (let at = 0; at < 500; at++) {
      peer.data(1, grpcMessage("x"));
      peer.frame(FrameType.PING, 0, 0, PING).frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(10));
    }
    await until(() => peer.of(FrameType.PING).length === 500 || peer.isClosed, "all pings are answered");
    expect(peer.isClosed).toBe(false);
  });
});

describe("slow readers", () => {
  test("outputBytes and outputPauseBytes: what waits for a peer that does not read is bounded", async () => {
    const limits = { outputBytes: 50_000, outputPauseBytes: 60_000, pings: { burst: 1e6, perSecond: 0 } };
    const [near, far] = memoryPair({ pipeBytes: 1_000 });
    const server = new GrpcServer({ limits });
    server.addService(Echo, echoHandlers());
    let isPaused = false;
    server.accept({
      peer: far.peer,
      get queuedBytes() {
        return far.queuedBytes;
      },
      open: (receiver) => far.open(receiver),
      write: (data) => far.write(data),
      pause: () => {
        isPaused = true;
        far.pause();
      },
      resume: () => {
        isPaused = false;
        far.resume();
      },
      end: () => far.end(),
      destroy: (error) => far.destroy(error),
    });
    const peer = new RawPeer(near);
    peer.hello(setting(4, 10_000_000)).frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(10_000_000));
    peer.request(1, "Repeat").data(1, grpcMessage(`forever:${"x".repeat(9_000)}`), true);
    await peer.expect(FrameType.DATA, 1);
    near.pause();
    await until(() => far.queuedBytes > 40_000, "output waits");
    // DATA stops at its bound; answers to pings may go above it, then nothing is read any more.
    for (let at = 0; at < 100_000 && !isPaused; at++) {
      peer.frame(FrameType.PING, 0, 0, PING);
      if (at % 100 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(isPaused).toBe(true);
    expect(far.queuedBytes).toBeLessThan(60_000 + 200 * 17 + 20_000);
    const before = peer.frames.length;
    near.resume();
    await until(() => !isPaused && peer.frames.length > before + 100, "it goes on");
    peer.bytes.destroy();
  });

  test("outputStallMs: a peer that takes no byte for so long is dropped", async () => {
    const clock = new VirtualClock();
    const errors: string[] = [];
    const [near, far] = memoryPair({ pipeBytes: 1_000 });
    const server = new GrpcServer({
      clock,
      limits: { outputStallMs: 1_000 },
      onConnectionError: (error) => errors.push(error.message),
    });
    server.addService(Echo, echoHandlers());
    server.accept(far);
    const peer = new RawPeer(near);
    peer.hello().request(1, "Say").data(1, grpcMessage("size:50000"), true);
    near.pause();
    await clock.advance(700);
    expect(server.connectionCount).toBe(1);
    await clock.advance(700);
    await until(() => server.connectionCount === 0, "the connection is dropped");
    expect(errors).toEqual(["the peer did not read for too long"]);
  });

  test("outputStallMs: a peer that reads slowly but reads is kept", async () => {
    const clock = new VirtualClock();
    const [near, far] = memoryPair({ pipeBytes: 100 });
    const server = new GrpcServer({ clock, limits: { outputStallMs: 1_000 } });
    server.addService(Echo, echoHandlers());
    server.accept(far);
    const peer = new RawPeer(near);
    peer.hello().request(1, "Repeat").data(1, grpcMessage("40:xxxxxxxxxxxxxxxxxxxx"), true);
    for (let round = 0; round < 10; round++) {
      near.pause();
      await clock.advance(600);
      near.resume();
      peer.request(3 + 2 * round, "Say").data(3 + 2 * round, grpcMessage("size:300"), true);
      await clock.advance(1);
    }
    expect(server.connectionCount).toBe(1);
  });

  test("streamStallMs: a stream whose window stays closed for so long is reset, others go on", async () => {
    const clock = new VirtualClock();
    const { peer, record } = rawClient({ clock, limits: { streamStallMs: 1_000 } });
    peer.hello(setting(4, 10)).request(1, "Say").data(1, grpcMessage("size:50000"), true);
    peer.request(3, "Chat").data(3, grpcMessage("0123456789"));
    await clock.advance(900);
    expect(peer.of(FrameType.RST_STREAM)).toEqual([]);
    peer.frame(FrameType.WINDOW_UPDATE, 0, 3, uint32(1));
    await clock.advance(600);
    expect(await peer.expectReset(1)).toBe(Code.CANCEL);
    expect(peer.of(FrameType.RST_STREAM, 3)).toEqual([]);
    await clock.advance(1_000);
    expect(await peer.expectReset(3)).toBe(Code.CANCEL);
    expect(record.aborts).toHaveLength(1);
    await peer.settle();
    expect(peer.isClosed).toBe(false);
  });

  test("pendingSendBytes: the call that would add more fails with RESOURCE_EXHAUSTED", async () => {
    const { peer } = rawClient({ limits: { pendingSendBytes: 100_000 } });
    peer.hello(setting(4, 0));
    for (const id of [1, 3, 5]) peer.request(id, "Say").data(id, grpcMessage("size:60000"), true);
    const refused = await peer.expect(FrameType.HEADERS, 3);
    expect(refused.fields).toContain("8");
    expect((await peer.expect(FrameType.HEADERS, 1)).fields).not.toContain("8");
    // One message alone may be larger.
    const { peer: other } = rawClient({ limits: { pendingSendBytes: 1_000 } });
    other.hello().request(1, "Say").data(1, grpcMessage("size:60000"), true);
    await other.expect(FrameType.HEADERS, 1, 2);
    expect(other.dataOf(1)).toHaveLength(60_005);
  });
});

describe("connections", () => {
  test("handshakeMs: a connection that says nothing, or not enough, is closed", async () => {
    for (const beginning of ["", "PRI * HTTP/2.0\r\n"]) {
      const clock = new VirtualClock();
      const { peer, server } = rawClient({ clock, limits: { handshakeMs: 1_000, lingerMs: 100 } });
      peer.bytes.write(Buffer.from(beginning));
      await clock.advance(999);
      expect(server.connectionCount).toBe(1);
      await clock.advance(2);
      expect((await peer.expectGoaway()).code).toBe(Code.SETTINGS_TIMEOUT);
    }
  });

  test("handshakeMs: so is one that begins a header block and does not end it", async () => {
    const clock = new VirtualClock();
    const { peer, server } = rawClient({ clock, limits: { handshakeMs: 1_000 } });
    peer.hello();
    await clock.advance(5_000);
    peer.frame(FrameType.HEADERS, 0, 1, peer.encoder.encode([":method", "POST"]));
    await clock.advance(999);
    expect(server.connectionCount).toBe(1);
    await clock.advance(2);
    expect((await peer.expectGoaway()).message).toBe("a header block did not end in time");
  });

  test("handshakeMs at the client: a server that does not answer", async () => {
    const [near] = memoryPair();
    const connecting = GrpcClient.connect(async () => near, { limits: { handshakeMs: 20 } });
    await expect(connecting).rejects.toThrow("no HTTP/2 settings within 20 ms");
  });

  test("lingerMs: after an error the peer has so long to read our GOAWAY", async () => {
    const clock = new VirtualClock();
    const server = new GrpcServer({ clock, limits: { lingerMs: 1_000 } });
    const [near, far] = memoryPair();
    // A peer that never closes its side.
    let isDestroyed = false;
    server.accept({
      peer: far.peer,
      queuedBytes: 0,
      open: (receiver) => far.open(receiver),
      write: (data) => far.write(data),
      pause: () => far.pause(),
      resume: () => far.resume(),
      end: () => undefined,
      destroy: () => {
        isDestroyed = true;
        far.destroy();
      },
    });
    const peer = new RawPeer(near);
    peer.bytes.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    await clock.advance(900);
    expect((await peer.expectGoaway()).code).toBe(Code.PROTOCOL_ERROR);
    expect(isDestroyed).toBe(false);
    await clock.advance(200);
    expect(isDestroyed).toBe(true);
    expect(server.connectionCount).toBe(0);
  });

  test("connections: one more is closed at once, and there is room again when another has gone", async () => {
    const server = new GrpcServer({ limits: { connections: 3 } });
    const peers = Array.from({ length: 4 }, () => {
      const [near, far] = memoryPair();
      server.accept(far);
      return new RawPeer(near);
    });
    await until(() => peers[3]?.isClosed === true, "the fourth is closed");
    expect(server.connectionCount).toBe(3);
    peers[0]?.bytes.destroy();
    await until(() => server.connectionCount === 2, "one has gone");
    const [near, far] = memoryPair();
    server.accept(far);
    const peer = new RawPeer(near).hello();
    await peer.settle();
    expect(peer.isClosed).toBe(false);
  });

  test("queuedCalls: one more call that waits for a free stream fails with RESOURCE_EXHAUSTED", async () => {
    const { client } = await makePair({
      server: { limits: { concurrentStreams: 1 } },
      client: { limits: { queuedCalls: 2 } },
    });
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const waiting = [1, 2, 3].map(() => client.unary(Echo, "say", "wait", options).catch((thrown) => thrown));
    await expect(client.unary(Echo, "say", "x")).rejects.toMatchObject({ status: 8 });
    controller.abort(new Error("enough"));
    for (const reason of await Promise.all(waiting)) expect(reason).toBe(options.signal.reason);
    expect(await client.unary(Echo, "say", "x")).toBe("x");
  });
});

test("our windows are announced, the peer's settings acknowledged", async () => {
  const { peer } = rawClient();
  peer.hello(setting(3, 7));
  const settings = await peer.expect(FrameType.SETTINGS);
  const announced = new Map<number, number>();
  for (let at = 0; at < settings.payload.length; at += 6) {
    announced.set(settings.payload[at + 1] ?? 0, readUint32(settings.payload, at + 2));
  }
  expect(announced.get(3)).toBe(SERVER_LIMITS.concurrentStreams);
  expect(announced.get(4)).toBe(SERVER_LIMITS.streamWindowBytes);
  expect(announced.get(6)).toBe(SERVER_LIMITS.headerListBytes);
  const update = await peer.expect(FrameType.WINDOW_UPDATE, 0);
  expect(65_535 + readUint32(update.payload, 0)).toBe(SERVER_LIMITS.connectionWindowBytes);
  await peer.expect(FrameType.SETTINGS, 0, 2);
  expect(peer.of(FrameType.SETTINGS)[1]?.flags).toBe(Flag.ACK);
});

test("every number has a test here", async () => {
  const text = await Bun.file(import.meta.path).text();
  const isTested = (name: string) => new RegExp(`(test\\("[^"]*\\b${name}\\b|\\["${name}", )`).test(text);
  expect(Object.keys(SERVER_LIMITS).filter((name) => !isTested(name))).toEqual([]);
  expect(isTested("aNewNumber")).toBe(false);
});
