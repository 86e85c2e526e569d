import { afterEach, describe, expect, test } from "bun:test";
import { SupercargoError } from "../../../src/errors/error.ts";
import { type ProbeTarget, probeOnce } from "../../../src/health/probes.ts";
import type { Probe } from "../../../src/model/extras.ts";

const servers: { stop(closeAll: boolean): unknown }[] = [];
const LIMIT_MS = 5_000;

afterEach(() => {
  for (const server of servers.splice(0)) server.stop(true);
});

function serve(answer: (request: Request) => Response): number {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  servers.push(server);
  return server.port ?? 0;
}

function listen(onOpen: (socket: Bun.Socket<undefined>) => void): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { open: onOpen, data: () => {} } });
  servers.push(server);
  return server.port;
}

const target: ProbeTarget = {
  address: "127.0.0.1",
  run: async () => {
    throw new Error("not this one");
  },
};

function ask(probe: Probe, at: ProbeTarget = target, limitMs = LIMIT_MS) {
  return probeOnce(probe, at, limitMs, AbortSignal.timeout(limitMs));
}

describe("an http probe", () => {
  const TABLE = [
    { status: 200, kind: "success" },
    { status: 204, kind: "success" },
    { status: 399, kind: "success" },
    { status: 400, kind: "failure" },
    { status: 500, kind: "failure" },
  ] as const;
  for (const { status, kind } of TABLE) {
    test(`answered with ${status} is a ${kind}`, async () => {
      const port = serve(() => new Response(null, { status }));
      expect(await ask({ kind: "http", port, path: "/ready" })).toEqual({
        kind,
        output: `GET /ready: status ${status}`,
      });
    });
  }

  test("does not follow a redirect", async () => {
    let isFollowed = false;
    const other = serve(() => {
      isFollowed = true;
      return new Response("no");
    });
    const headers = { location: `http://127.0.0.1:${other}/` };
    const port = serve(() => new Response(null, { status: 302, headers }));
    expect(await ask({ kind: "http", port, path: "/" })).toMatchObject({ kind: "success" });
    expect(isFollowed).toBe(false);
  });

  test("does not read a body without end", async () => {
    const port = serve(
      () =>
        new Response(
          new ReadableStream({
            pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
          }),
        ),
    );
    const before = process.memoryUsage().rss;
    expect(await ask({ kind: "http", port, path: "/" })).toMatchObject({ kind: "success" });
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  test("that nobody listens to, or that is not answered in HTTP, is a failure with the reason", async () => {
    const closed = serve(() => new Response());
    servers.splice(0)[0]?.stop(true);
    expect(await ask({ kind: "http", port: closed, path: "/" })).toMatchObject({ kind: "failure" });
    const port = listen((socket) => {
      socket.end("garbage\r\n\r\n");
    });
    expect(await ask({ kind: "http", port, path: "/" })).toMatchObject({ kind: "failure" });
  });

  test("that is not answered ends with its signal", async () => {
    const port = listen(() => {});
    const signal = AbortSignal.timeout(50);
    await expect(probeOnce({ kind: "http", port, path: "/" }, target, LIMIT_MS, signal)).rejects.toThrow();
  });
});

describe("a tcp probe", () => {
  test("is a success when the connection is accepted, a failure when not", async () => {
    const port = listen(() => {});
    expect(await ask({ kind: "tcp", port })).toMatchObject({ kind: "success" });
    servers.splice(0)[0]?.stop(true);
    expect(await ask({ kind: "tcp", port })).toMatchObject({
      kind: "failure",
      output: `cannot connect to 127.0.0.1:${port}: ECONNREFUSED`,
    });
  });

  test("of a container without an address says nothing", async () => {
    expect(await ask({ kind: "tcp", port: 1 }, { ...target, address: undefined })).toEqual({
      kind: "unknown",
    });
  });
});

describe("an exec probe", () => {
  const command: Probe = { kind: "exec", command: ["check"] };
  const running = (run: ProbeTarget["run"]) => ask(command, { ...target, run });

  test("is a success with exit code 0 only, and tells what it said", async () => {
    expect(await running(async () => ({ exitCode: 0, output: "all good" }))).toEqual({
      kind: "success",
      output: "all good",
    });
    expect(await running(async () => ({ exitCode: 2, output: "broken\n" }))).toEqual({
      kind: "failure",
      output: "exit code 2: broken",
    });
    expect(await running(async () => ({ exitCode: 1, output: "" }))).toEqual({
      kind: "failure",
      output: "exit code 1",
    });
  });

  test("that cannot be run is a failure; an engine that is away is not", async () => {
    const failing = (code: "SC_ENGINE_FAILED" | "SC_ENGINE_UNAVAILABLE" | "SC_CONTAINER_STATE") =>
      running(async () => {
        throw new SupercargoError(code, "because");
      });
    expect(await failing("SC_ENGINE_FAILED")).toEqual({ kind: "failure", output: "because" });
    expect(await failing("SC_ENGINE_UNAVAILABLE")).toEqual({ kind: "unknown" });
    expect(await failing("SC_CONTAINER_STATE")).toEqual({ kind: "unknown" });
  });
});
