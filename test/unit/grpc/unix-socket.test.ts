/** Our client and our server over a real unix socket: sizes at which the system's buffers fill up in the middle of frames. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SupercargoError } from "../../../src/errors/error.ts";
import { GrpcClient } from "../../../src/grpc/client.ts";
import { GrpcServer } from "../../../src/grpc/server.ts";
import { Echo, echoHandlers } from "./echo-service.ts";
import { collect } from "./pair.ts";

const folder = mkdtempSync(join(tmpdir(), "supercargo-grpc-"));
const unix = join(folder, "grpc.sock");
const server = new GrpcServer({ maxReceiveBytes: 64 << 20 });
let client: GrpcClient;

beforeAll(async () => {
  server.addService(Echo, echoHandlers());
  server.listen({ unix });
  client = await GrpcClient.connect({ unix }, { maxReceiveBytes: 64 << 20 });
});

afterAll(async () => {
  await server.stop({ graceMs: 0 });
  expect(existsSync(unix)).toBe(false);
  rmSync(folder, { recursive: true });
});

/** Text in which each place differs from its surroundings. */
function counted(length: number): string {
  let text = "";
  for (let at = 0; text.length < length; at++) text += `${at},`;
  return text.slice(0, length);
}

test("20 MB both ways, with small calls and streams in between", async () => {
  const large = counted(20_000_000);
  const [echoed, streamed, ...small] = await Promise.all([
    client.unary(Echo, "say", large),
    collect(client.serverStream(Echo, "repeat", `300:${counted(50_000)}`)),
    ...Array.from({ length: 50 }, (_, at) => client.unary(Echo, "say", `${at}`)),
  ]);
  expect(echoed === large).toBe(true);
  expect(streamed.every((text) => text === counted(50_000)) && streamed.length === 300).toBe(true);
  expect(small).toEqual(Array.from({ length: 50 }, (_, at) => `${at}`));
});

test("an upload of many messages, each as soon as flow control takes it", async () => {
  const call = client.duplex(Echo, "join");
  const part = counted(100_000);
  for (let at = 0; at < 100; at++) await call.send(part);
  call.end();
  expect((await collect(call.responses))[0] === part.repeat(100)).toBe(true);
});

test("a server that is not there is SC_CONNECT_FAILED with its path", async () => {
  const connecting = GrpcClient.connect({ unix: join(folder, "nobody.sock") });
  await expect(connecting).rejects.toBeInstanceOf(SupercargoError);
  const late = new GrpcClient({ connect: { unix: join(folder, "nobody.sock") } });
  await expect(late.unary(Echo, "say", "x")).rejects.toMatchObject({ status: 14 });
  expect((await late.closed)?.message).toContain("nobody.sock");
});
