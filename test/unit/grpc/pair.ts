/** Our client and our server, joined in memory. */

import { type MemoryPairOptions, memoryPair } from "../../../src/base/memory-connection.ts";
import { GrpcClient, type GrpcClientSettings } from "../../../src/grpc/client.ts";
import { GrpcServer, type GrpcServerOptions } from "../../../src/grpc/server.ts";
import { Echo, type EchoRecord, echoHandlers } from "./echo-service.ts";

export interface Pair {
  readonly client: GrpcClient;
  readonly server: GrpcServer;
  readonly record: EchoRecord;
}

export async function makePair(
  options: {
    readonly client?: GrpcClientSettings;
    readonly server?: GrpcServerOptions;
    readonly pipe?: MemoryPairOptions;
  } = {},
): Promise<Pair> {
  const record: EchoRecord = { aborts: [], contexts: [] };
  const server = new GrpcServer(options.server);
  server.addService(Echo, echoHandlers(record));
  const client = await GrpcClient.connect(async () => {
    const [near, far] = memoryPair(options.pipe);
    server.accept(far);
    return near;
  }, options.client);
  return { client, server, record };
}

/** All of an iterable. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}
