/** The client of CLI and deployer at a daemon whose answers are large: a list is one message (spec/grpc-api.md §11). */

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContainersClient } from "../../../src/api/containers-client.ts";
import { DaemonConnection } from "../../../src/api/daemon-connection.ts";
import { ContainersDefinition } from "../../../src/api/gen/api/services/containers/containers.ts";
import { GrpcServer } from "../../../src/grpc/server.ts";
import { bareWire } from "./support/api-bench.ts";

test("a list of more than the 4 MiB at which other clients give up is read whole", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sc-list-"));
  const unix = join(folder, "daemon.sock");
  const server = new GrpcServer();
  const env = [`A=${"x".repeat(30_000)}`];
  const containers = Array.from({ length: 200 }, (_, index) =>
    bareWire({ id: `c${index}`, config: { env, cmd: [] } }),
  );
  server.addService(ContainersDefinition, { list: async () => ({ containers }) });
  server.listen({ unix });
  const client = new ContainersClient(new DaemonConnection({ unix }), "cli");
  try {
    const listed = await client.list(AbortSignal.timeout(20_000));
    expect(listed.map(({ id }) => id)).toEqual(containers.map(({ id }) => id));
  } finally {
    await client.close();
    await server.stop({ graceMs: 0 });
    rmSync(folder, { recursive: true });
  }
});
