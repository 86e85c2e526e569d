/** A server in a process of its own, to be attacked over its socket (the argument); ends when its input ends. */

import { GrpcServer } from "../../../src/grpc/server.ts";
import { Echo } from "../../unit/grpc/echo-service.ts";
import { BOUNDED } from "./conversations.ts";

const server = new GrpcServer({ limits: { outputStallMs: 2_000, handshakeMs: 2_000 } });
server.addService(Echo, {
  ...BOUNDED,
  // What is there, for the test's questions.
  missing: async () => {
    Bun.gc(true);
    return JSON.stringify({
      connections: server.connectionCount,
      calls: server.activeCalls,
      rssBytes: process.memoryUsage.rss(),
    });
  },
  repeat: async function* (request, context) {
    while (!context.signal.aborted) yield request;
  },
});
server.listen({ unix: process.argv[2] ?? "" });
process.stdout.write("ready\n");
for await (const _chunk of Bun.stdin.stream()) {
  // Nothing is said: only the end counts.
}
await server.stop({ graceMs: 0 });
