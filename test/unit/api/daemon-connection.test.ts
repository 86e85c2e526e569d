/** The client of CLI and deployer at a daemon whose answers are large: a list is one message (spec/grpc-api.md §11). */

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listRows } from "../../../src/api/container-rows.ts";
import { ContainersClient } from "../../../src/api/containers-client.ts";
import { DaemonConnection } from "../../../src/api/daemon-connection.ts";
import { ContainersDefinition } from "../../../src/api/gen/api/services/containers/containers.ts";
import { listenSocket } from "../../../src/base/listen-socket.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { PREFACE } from "../../../src/grpc/http2/frame.ts";
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

async function atSocket(act: (unix: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sc-ask-"));
  try {
    await act(join(folder, "daemon.sock"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a question leaves in one write with the greeting, before the daemon has said a word", () =>
  atSocket(async (unix) => {
    const { promise: first, resolve } = Promise.withResolvers<Uint8Array>();
    const listener = listenSocket(
      { unix },
      {
        onConnection: (bytes) =>
          bytes.open({
            data: (chunk) => {
              resolve(chunk);
              bytes.destroy();
            },
            drained: () => undefined,
            closed: () => undefined,
          }),
      },
    );
    const connection = new DaemonConnection({ unix });
    const answer = listRows(connection, AbortSignal.timeout(20_000)).catch((thrown: unknown) => thrown);
    const chunk = Buffer.from(await first);
    expect(chunk.subarray(0, PREFACE.length).equals(PREFACE)).toBe(true);
    // The message of List is empty: a DATA frame of five bytes that ends the stream is the last thing sent.
    expect(chunk.subarray(-14).toString("hex")).toBe("0000050001000000010000000000");
    const thrown = await answer;
    expect(thrown).toBeInstanceOf(SupercargoError);
    // As if nobody were there: who asks may try again.
    expect(thrown).toMatchObject({ code: "SC_DAEMON_UNAVAILABLE" });
    expect((thrown as SupercargoError).fields["grpcStatus"]).toBeUndefined();
    await connection.close();
    listener.close();
  }));

test("a daemon that goes away after its first words is one that was lost, and a refusal is its own", () =>
  atSocket(async (unix) => {
    const server = new GrpcServer();
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    server.addService(ContainersDefinition, {
      list: async () => {
        resolve();
        return new Promise<never>(() => undefined);
      },
    });
    server.listen({ unix });
    const connection = new DaemonConnection({ unix });
    const answer = listRows(connection, AbortSignal.timeout(20_000)).catch((thrown: unknown) => thrown);
    await asked;
    await server.stop({ graceMs: 0 });
    const thrown = await answer;
    expect(thrown).toMatchObject({ code: "SC_DAEMON_UNAVAILABLE" });
    expect((thrown as SupercargoError).fields["grpcStatus"]).toBeDefined();
    await connection.close();
  }));
