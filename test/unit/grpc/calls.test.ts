/** Our client against our server: every kind of call and every way in which one can end. */

import { describe, expect, test } from "bun:test";
import { until } from "../../../scripts/demo/until.ts";
import { GrpcError, Status } from "../../../src/grpc/grpc-error.ts";
import { Echo } from "./echo-service.ts";
import { collect, makePair } from "./pair.ts";

async function failure(promise: Promise<unknown>): Promise<GrpcError> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof GrpcError) return thrown;
    throw thrown;
  }
  throw new Error("did not fail");
}

describe("calls that succeed", () => {
  test("one request, one response", async () => {
    const { client } = await makePair();
    expect(await client.unary(Echo, "say", "grüß dich")).toBe("grüß dich");
    expect(await client.unary(Echo, "say", "")).toBe("");
  });

  test("many at once, more than the server takes at a time", async () => {
    const { client } = await makePair({ server: { limits: { concurrentStreams: 7 } } });
    const texts = Array.from({ length: 300 }, (_, at) => `call ${at}`);
    expect(await Promise.all(texts.map((text) => client.unary(Echo, "say", text)))).toEqual(texts);
  });

  test("messages larger than every window, both ways", async () => {
    const { client } = await makePair();
    const large = "0123456789abcdef".repeat(220_000);
    expect(await client.unary(Echo, "say", large)).toBe(large);
  });

  test("many responses arrive in order, also more than the window takes", async () => {
    const { client } = await makePair();
    const text = "y".repeat(10_000);
    expect(await collect(client.serverStream(Echo, "repeat", `500:${text}`))).toEqual(Array(500).fill(text));
    expect(await collect(client.serverStream(Echo, "repeat", "0:"))).toEqual([]);
  });

  test("many requests, one response", async () => {
    const { client } = await makePair();
    const call = client.duplex(Echo, "join");
    for (let at = 0; at < 100; at++) await call.send(`${at},`);
    call.end();
    expect(await collect(call.responses)).toEqual([
      Array.from({ length: 100 }, (_, at) => `${at},`).join(""),
    ]);
  });

  test("requests and responses in turn", async () => {
    const { client } = await makePair();
    const call = client.duplex(Echo, "chat");
    const responses = call.responses[Symbol.asyncIterator]();
    for (const text of ["a", "bb", "c".repeat(200_000)]) {
      await call.send(text);
      expect((await responses.next()).value).toBe(`<${text}>`);
    }
    call.end();
    expect((await responses.next()).done).toBe(true);
  });

  test("send waits until the other side reads", async () => {
    const { client } = await makePair();
    const call = client.duplex(Echo, "chat");
    const text = "z".repeat(100_000);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 60; sent++) await call.send(text);
      call.end();
    })();
    await until(() => sent > 0, "the first message is taken");
    // Responses are not read: the server stops answering, then reading, then we stop sending.
    let last = 0;
    await until(() => {
      const same = sent === last;
      last = sent;
      return same;
    }, "sending stops");
    expect(sent).toBeLessThan(40);
    expect((await collect(call.responses)).length).toBe(60);
    await sending;
  });

  test("metadata, bytes included, reaches the handler; its headers and trailers come back", async () => {
    const { client, record } = await makePair();
    const bytes = new Uint8Array([0, 255, 1, 44, 254]);
    const metadata = { "X-Key": "value, with comma", "x-bytes-bin": bytes };
    await client.unary(Echo, "say", "metadata", { metadata });
    expect(record.contexts).toEqual([{ peer: "memory", key: "value, with comma" }]);
  });
});

describe("calls that fail", () => {
  test("status, non-ASCII message and trailers of the handler's error arrive", async () => {
    const { client } = await makePair();
    const error = await failure(client.unary(Echo, "say", "fail:5:nicht gefunden: Größe 100 % 漢字\nZeile"));
    expect(error.status).toBe(Status.NOT_FOUND);
    expect(error.message).toBe("nicht gefunden: Größe 100 % 漢字\nZeile");
  });

  test("a plain error is UNKNOWN with its message; mapError decides otherwise", async () => {
    const { client } = await makePair();
    const error = await failure(client.unary(Echo, "say", "throw:boom"));
    expect([error.status, error.message]).toEqual([Status.UNKNOWN, "boom"]);
    const mapped = await makePair({
      server: { mapError: () => new GrpcError(Status.ABORTED, "mapped") },
    });
    expect((await failure(mapped.client.unary(Echo, "say", "throw:boom"))).message).toBe("mapped");
  });

  test("a message too long for trailers is cut", async () => {
    const { client } = await makePair();
    const error = await failure(client.unary(Echo, "say", `fail:3:${"ä".repeat(100_000)}`));
    expect(error.status).toBe(3);
    expect(error.message).toMatch(/^ä{600,}\.\.\.$/);
  });

  test("messages before an error still arrive", async () => {
    const { client } = await makePair();
    const seen: string[] = [];
    const run = (async () => {
      for await (const text of client.serverStream(Echo, "repeat", "3:fail")) seen.push(text);
    })();
    expect((await failure(run)).status).toBe(Status.DATA_LOSS);
    expect(seen).toEqual(["fail", "fail", "fail"]);
  });

  test("a method without a handler, an unknown service", async () => {
    const { client } = await makePair();
    const error = await failure(client.unary(Echo, "missing", ""));
    expect([error.status, error.message]).toEqual([12, "unknown method Missing for service test.Echo"]);
    const other = { ...Echo, fullName: "test.Other" };
    expect((await failure(client.unary(other, "say", ""))).message).toBe("unknown service test.Other");
  });

  test("a received message above the limit: RESOURCE_EXHAUSTED, at the server and at the client", async () => {
    const { client } = await makePair({
      server: { maxReceiveBytes: 1000 },
      client: { maxReceiveBytes: 2000 },
    });
    expect(await client.unary(Echo, "say", "x".repeat(1000))).toHaveLength(1000);
    const atServer = await failure(client.unary(Echo, "say", "x".repeat(1001)));
    expect([atServer.status, atServer.message]).toEqual([
      8,
      "received message larger than max (1001 vs. 1000)",
    ]);
    const atClient = await failure(client.unary(Echo, "say", "size:2001"));
    expect([atClient.status, atClient.message]).toEqual([
      8,
      "received message larger than max (2001 vs. 2000)",
    ]);
    expect(await client.unary(Echo, "say", "size:2000")).toHaveLength(2000);
  });

  test("the default limit of a message is 4 MiB", async () => {
    const { client } = await makePair();
    expect(await client.unary(Echo, "say", `size:${4 << 20}`)).toHaveLength(4 << 20);
    expect((await failure(client.unary(Echo, "say", `size:${(4 << 20) + 1}`))).status).toBe(8);
  });

  test("metadata that cannot be sent fails the call and nothing else", async () => {
    const { client } = await makePair();
    for (const metadata of [{ "x-a": "ü" }, { "x a": "1" }, { "grpc-x": "1" }, { "x-bin": "text" }]) {
      expect((await failure(client.unary(Echo, "say", "", { metadata }))).status).toBe(Status.INTERNAL);
    }
    expect(await client.unary(Echo, "say", "still here")).toBe("still here");
  });
});

describe("calls that end early", () => {
  test("an aborted signal rejects with its reason and aborts the handler's signal", async () => {
    const { client, record } = await makePair();
    const controller = new AbortController();
    const call = client.unary(Echo, "say", "wait", { signal: controller.signal });
    await client.unary(Echo, "say", "the other has begun");
    controller.abort(new Error("not wanted"));
    await expect(call).rejects.toThrow("not wanted");
    await until(() => record.aborts.length === 1, "the handler hears of it");
    expect(record.aborts[0]).toMatchObject({ status: Status.CANCELLED });
    expect(await client.unary(Echo, "say", "next")).toBe("next");
  });

  test("a signal that is aborted already sends nothing", async () => {
    const { client, server } = await makePair();
    const signal = AbortSignal.abort(new Error("before"));
    await expect(client.unary(Echo, "say", "x", { signal })).rejects.toThrow("before");
    await expect(collect(client.serverStream(Echo, "repeat", "1:x", { signal }))).rejects.toThrow("before");
    expect(server.activeCalls).toBe(0);
  });

  test("the deadline ends the call at both sides with DEADLINE_EXCEEDED", async () => {
    const { client, record } = await makePair();
    expect((await failure(client.unary(Echo, "say", "wait", { timeoutMs: 30 }))).status).toBe(4);
    await until(() => record.aborts.length === 1, "the handler hears of it");
    expect(await client.unary(Echo, "say", "deadline", { timeoutMs: 60_000 })).toBe("true");
    expect(await client.unary(Echo, "say", "deadline")).toBe("false");
  });

  test("a deadline longer than the runtime's timers can wait does not end the call at once", async () => {
    const { client } = await makePair();
    for (const timeoutMs of [2 ** 31, 1e12, Number.MAX_VALUE]) {
      const call = client.duplex(Echo, "chat", { timeoutMs });
      const responses = call.responses[Symbol.asyncIterator]();
      for (const text of ["1", "2"]) {
        await call.send(text);
        expect((await responses.next()).value).toBe(`<${text}>`);
      }
      call.end();
      expect((await responses.next()).done).toBe(true);
    }
  });

  test("breaking out of responses cancels the call", async () => {
    const { client, record, server } = await makePair();
    let seen = 0;
    for await (const _text of client.serverStream(Echo, "repeat", "forever:x")) if (++seen === 5) break;
    await until(() => record.aborts.length === 1, "the handler hears of it");
    await until(() => server.activeCalls === 0, "the call is over");
  });

  test("cancel of a call with many requests", async () => {
    const { client, record } = await makePair();
    const call = client.duplex(Echo, "chat");
    await call.send("one");
    call.cancel();
    expect((await failure(collect(call.responses))).status).toBe(Status.CANCELLED);
    expect((await failure(call.send("two"))).status).toBe(Status.CANCELLED);
    await until(() => record.aborts.length === 1, "the handler hears of it");
  });

  test("a send that waits for flow control rejects when the call ends", async () => {
    const { client } = await makePair();
    const controller = new AbortController();
    const call = client.duplex(Echo, "chat", { signal: controller.signal });
    const sending = (async () => {
      for (;;) await call.send("z".repeat(100_000));
    })();
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await expect(sending).rejects.toThrow("enough");
  });

  test("a lost connection fails every call with UNAVAILABLE, and later calls at once", async () => {
    const { client, server, record } = await makePair();
    const calls = [
      failure(client.unary(Echo, "say", "wait")),
      failure(collect(client.serverStream(Echo, "repeat", "forever:x"))),
    ];
    await client.unary(Echo, "say", "the others have begun");
    await server.stop({ graceMs: 0 });
    for (const error of await Promise.all(calls)) expect(error.status).toBe(Status.UNAVAILABLE);
    await client.closed;
    expect(client.isOpen).toBe(false);
    expect((await failure(client.unary(Echo, "say", "x"))).status).toBe(Status.UNAVAILABLE);
    await until(() => record.aborts.length === 2, "the handlers hear of it");
  });

  test("a client that closes fails its calls and says no error", async () => {
    const { client, server } = await makePair();
    const call = failure(client.unary(Echo, "say", "wait"));
    client.close();
    expect((await call).status).toBe(Status.UNAVAILABLE);
    expect(await client.closed).toBeUndefined();
    await until(() => server.connectionCount === 0, "the server has seen it");
  });
});

describe("stopping the server", () => {
  test("in grace: running calls end well, new ones are refused, then the connection closes", async () => {
    const { client, server } = await makePair();
    const call = client.duplex(Echo, "chat");
    const responses = call.responses[Symbol.asyncIterator]();
    await call.send("a");
    await responses.next();
    const stopped = server.stop({ graceMs: 5_000 });
    await until(() => !client.isOpen, "the client has heard GOAWAY");
    expect((await failure(client.unary(Echo, "say", "x"))).status).toBe(Status.UNAVAILABLE);
    await call.send("b");
    expect((await responses.next()).value).toBe("<b>");
    call.end();
    expect((await responses.next()).done).toBe(true);
    await stopped;
    await client.closed;
  });

  test("when the grace is over, what still runs is cut", async () => {
    const { client, server } = await makePair();
    const call = failure(client.unary(Echo, "say", "wait"));
    await client.unary(Echo, "say", "the other has begun");
    await server.stop({ graceMs: 30 });
    expect((await call).status).toBe(Status.UNAVAILABLE);
  });

  test("an idle server stops at once", async () => {
    const { server } = await makePair();
    const before = performance.now();
    await server.stop({ graceMs: 60_000 });
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});
