/** Recorded conversations of our client with our server, and the feeding of damaged ones to fresh ends. */

import type { ByteConnection } from "../../../src/base/byte-connection.ts";
import { memoryPair } from "../../../src/base/memory-connection.ts";
import { GrpcClient } from "../../../src/grpc/client.ts";
import type { HandlersOf } from "../../../src/grpc/handlers.ts";
import { ErrorCode, FrameType, PREFACE } from "../../../src/grpc/http2/frame.ts";
import { GrpcServer } from "../../../src/grpc/server.ts";
import { Echo } from "../../unit/grpc/echo-service.ts";
import { collect } from "../../unit/grpc/pair.ts";
import { splitFrames } from "./mutate.ts";
import type { Random } from "./random.ts";

/** Handlers that do a bounded amount of work, whatever they are asked. */
export const BOUNDED: HandlersOf<typeof Echo> = {
  say: async (request) => request,
  repeat: async function* (request) {
    for (let at = 0; at < Math.min(50, request.length); at++) yield request;
  },
  join: async (requests) => {
    let length = 0;
    for await (const request of requests) length += request.length;
    return `${length}`;
  },
  chat: async function* (requests) {
    for await (const request of requests) yield request;
  },
};

/** Makes calls of every kind; errors are the server's matter. */
async function converse(client: GrpcClient, kind: number): Promise<void> {
  const options = {
    timeoutMs: 60_000,
    metadata: { "x-key": "value", "x-bytes-bin": new Uint8Array([1, 2]) },
  };
  switch (kind) {
    case 0:
      await client.unary(Echo, "say", "hello", options);
      break;
    case 1:
      await collect(client.serverStream(Echo, "repeat", "twelve bytes", options));
      break;
    case 2: {
      const chat = client.duplex(Echo, "chat", options);
      for (const text of ["a", "b".repeat(20_000), "c"]) await chat.send(text);
      chat.end();
      await collect(chat.responses);
      break;
    }
    case 3: {
      const join = client.duplex(Echo, "join");
      await join.send("x".repeat(1_000));
      join.end();
      await Promise.all([collect(join.responses), client.unary(Echo, "say", "y".repeat(40_000))]);
      break;
    }
    default:
      await Promise.all(["1", "2", "3"].map((text) => client.unary(Echo, "say", text)));
  }
}
export const KINDS = 5;

export interface Recording {
  /** What the client sent: preface and frames. */
  readonly fromClient: readonly Buffer[];
  /** What the server sent. */
  readonly fromServer: readonly Buffer[];
}

function recorded(bytes: ByteConnection, into: Buffer[]): ByteConnection {
  return {
    peer: bytes.peer,
    get queuedBytes() {
      return bytes.queuedBytes;
    },
    open: (receiver) => bytes.open(receiver),
    write: (data) => {
      into.push(Buffer.from(data));
      bytes.write(data);
    },
    pause: () => bytes.pause(),
    resume: () => bytes.resume(),
    end: () => bytes.end(),
    destroy: (error) => bytes.destroy(error),
  };
}

export async function record(kind: number): Promise<Recording> {
  const server = new GrpcServer();
  server.addService(Echo, BOUNDED);
  const [near, far] = memoryPair();
  const fromClient: Buffer[] = [];
  const fromServer: Buffer[] = [];
  server.accept(recorded(far, fromServer));
  const client = await GrpcClient.connect(async () => recorded(near, fromClient));
  await converse(client, kind);
  client.close();
  await client.closed;
  return {
    fromClient: splitFrames(Buffer.concat(fromClient), PREFACE.length),
    fromServer: splitFrames(Buffer.concat(fromServer), 0),
  };
}

/** Writes bytes in random pieces, letting the other end work in between. */
async function feed(bytes: ByteConnection, data: Buffer, random: Random): Promise<void> {
  for (let at = 0; at < data.length; ) {
    const size = random.below(4) === 0 ? 1 + random.below(30) : data.length;
    bytes.write(data.subarray(at, at + size));
    at += size;
    if (random.below(8) === 0) await turn();
  }
  await turn();
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Whether bytes hold a GOAWAY with INTERNAL_ERROR: something was thrown that nobody expected. */
function findInternalError(chunks: readonly Buffer[]): string | undefined {
  for (const piece of splitFrames(Buffer.concat(chunks), 0)) {
    if (piece[3] !== FrameType.GOAWAY || piece.readUInt32BE(13) !== ErrorCode.INTERNAL_ERROR) continue;
    return piece.subarray(17).toString();
  }
  return undefined;
}

/** Gives damaged bytes to a server; tells what must not be. */
export async function attackServer(
  server: GrpcServer,
  data: Buffer,
  random: Random,
): Promise<string | undefined> {
  const [near, far] = memoryPair();
  const answered: Buffer[] = [];
  server.accept(recorded(far, answered));
  near.open({ data: () => undefined, drained: () => undefined, closed: () => undefined });
  await feed(near, data, random);
  near.destroy();
  const unexpected = findInternalError(answered);
  return unexpected === undefined ? undefined : `the server was surprised: ${unexpected}`;
}

/** Gives damaged answers to a client with open calls; tells what must not be. */
export async function attackClient(kind: number, data: Buffer, random: Random): Promise<string | undefined> {
  const [near, far] = memoryPair();
  const sent: Buffer[] = [];
  far.open({ data: () => undefined, drained: () => undefined, closed: () => undefined });
  const client = new GrpcClient({ connect: async () => recorded(near, sent) });
  let isSettled = false;
  const calls = converse(client, kind)
    .catch(() => undefined)
    .then(() => {
      isSettled = true;
    });
  await turn();
  await feed(far, data, random);
  far.destroy();
  await client.closed;
  for (let rounds = 0; !isSettled && rounds < 20; rounds++) await turn();
  if (!isSettled) return "a call of the client hangs though its connection is gone";
  await calls;
  const unexpected = findInternalError([Buffer.concat(sent).subarray(PREFACE.length)]);
  return unexpected === undefined ? undefined : `the client was surprised: ${unexpected}`;
}
