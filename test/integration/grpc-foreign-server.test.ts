/** Our client against a server that is not ours: grpcio (the C core) on a unix socket. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GrpcClient } from "../../src/grpc/client.ts";
import { GrpcError, Status } from "../../src/grpc/grpc-error.ts";
import { Echo } from "../unit/grpc/echo-service.ts";
import { collect } from "../unit/grpc/pair.ts";
import { untilReady } from "./support/until-ready.ts";

const folder = mkdtempSync(join(tmpdir(), "supercargo-grpc-"));
const path = join(folder, "grpcio.sock");
const foreign = Bun.spawn(["/usr/bin/python3", join(import.meta.dir, "grpc/grpcio_server.py"), path], {
  stdin: "pipe",
  stdout: "pipe",
  stderr: "inherit",
});
let client: GrpcClient;

async function failure(promise: Promise<unknown>): Promise<GrpcError> {
  const thrown = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (thrown instanceof GrpcError) return thrown;
  throw new Error(`no GrpcError but ${thrown}`);
}

beforeAll(async () => {
  await untilReady(foreign.stdout);
  client = await GrpcClient.connect({ unix: path }, { maxReceiveBytes: 16 << 20 });
}, 30_000);

afterAll(async () => {
  client?.close();
  await client?.closed;
  foreign.stdin.end();
  await foreign.exited;
  rmSync(folder, { recursive: true });
});

test("unary calls, small, empty, large, and many at once", async () => {
  expect(await client.unary(Echo, "say", "grüß dich 漢字")).toBe("grüß dich 漢字");
  expect(await client.unary(Echo, "say", "")).toBe("");
  const large = "0123456789".repeat(1_000_000);
  expect(await client.unary(Echo, "say", large)).toBe(large);
  const texts = Array.from({ length: 300 }, (_, at) => `call ${at}`);
  expect(await Promise.all(texts.map((text) => client.unary(Echo, "say", text)))).toEqual(texts);
});

test("streams in every direction", async () => {
  expect(await collect(client.serverStream(Echo, "repeat", "3000:ü"))).toEqual(Array(3000).fill("ü"));
  const joined = client.duplex(Echo, "join");
  for (const text of ["a", "b", "ç".repeat(300_000)]) await joined.send(text);
  joined.end();
  expect(await collect(joined.responses)).toEqual([`ab${"ç".repeat(300_000)}`]);
  const chat = client.duplex(Echo, "chat");
  const answers = chat.responses[Symbol.asyncIterator]();
  for (const text of ["1", "2", "z".repeat(200_000)]) {
    await chat.send(text);
    expect((await answers.next()).value).toBe(`<${text}>`);
  }
  chat.end();
  expect((await answers.next()).done).toBe(true);
});

test("status, non-ASCII message and trailers of an error", async () => {
  const error = await failure(client.unary(Echo, "say", "fail:5:nicht gefunden: Größe 100 % 漢字"));
  expect([error.status, error.message]).toEqual([Status.NOT_FOUND, "nicht gefunden: Größe 100 % 漢字"]);
  expect(error.metadata?.get("x-tail")).toBe("tail");
  expect([...(error.metadata?.getBytes("x-bytes-bin") ?? [])]).toEqual([0, 255, 44]);
  expect((await failure(collect(client.serverStream(Echo, "repeat", "2:fail")))).status).toBe(
    Status.DATA_LOSS,
  );
  expect((await failure(client.unary(Echo, "missing", "x"))).status).toBe(Status.UNIMPLEMENTED);
});

test("metadata and deadline reach the server", async () => {
  const metadata = { "x-key": "value", "x-bytes-bin": new Uint8Array([0, 255, 1]) };
  expect(await client.unary(Echo, "say", "metadata", { metadata })).toBe("value [0, 255, 1]");
  expect(await client.unary(Echo, "say", "deadline", { timeoutMs: 60_000 })).toBe("True");
  expect((await failure(client.unary(Echo, "say", "wait", { timeoutMs: 100 }))).status).toBe(4);
});

test("cancel by signal and by leaving the loop", async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  const run = (async () => {
    const options = { signal: controller.signal };
    for await (const text of client.serverStream(Echo, "repeat", "forever:x", options)) {
      seen.push(text);
      if (seen.length === 10) controller.abort(new Error("enough"));
    }
  })();
  await expect(run).rejects.toThrow("enough");
  for await (const _text of client.serverStream(Echo, "repeat", "forever:x")) break;
  expect(await client.unary(Echo, "say", "still here")).toBe("still here");
});

test("a message above our limit is RESOURCE_EXHAUSTED and the connection goes on", async () => {
  expect((await failure(client.unary(Echo, "say", `size:${(16 << 20) + 1}`))).status).toBe(8);
  expect(await client.unary(Echo, "say", `size:${16 << 20}`)).toHaveLength(16 << 20);
});
