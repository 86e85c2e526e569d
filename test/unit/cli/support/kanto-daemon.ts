/** A daemon as Kanto's: its 14 rpcs and nothing else, over containers in memory; and kanto-cm run against it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContainersDefinition } from "../../../../src/api/gen/api/services/containers/containers.ts";
import { SystemInfoDefinition } from "../../../../src/api/gen/api/services/sysinfo/system_info.ts";
import { sysinfoService } from "../../../../src/api/sysinfo-service.ts";
import { containerToWire } from "../../../../src/api/to-wire.ts";
import { runKantoCm } from "../../../../src/cli/kanto-cm/run.ts";
import { GrpcServer } from "../../../../src/grpc/server.ts";
import type { Container } from "../../../../src/model/container.ts";
import { MemoryTerminal } from "./memory-terminal.ts";

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface KantoDaemon {
  readonly socket: string;
  /** Rpcs that were called, in order, with the id they were about. */
  readonly calls: string[];
  /** Runs kanto-cm; the first word is the command. */
  run(...words: string[]): Promise<Run>;
  runAt(terminal: MemoryTerminal, ...words: string[]): Promise<Run>;
}

async function* attachedTo(requests: AsyncIterable<{ readonly id: string }>) {
  for await (const { id } of requests) {
    yield { id, stdIn: false, writeCommittedSize: 0n, readData: Buffer.from(`output of ${id}\n`) };
    return;
  }
}

export async function withKantoDaemon(
  containers: readonly Container[],
  use: (daemon: KantoDaemon) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sc-kanto-"));
  const socket = join(folder, "cm.sock");
  const server = new GrpcServer();
  const calls: string[] = [];
  const wire = containers.map((container) => containerToWire(container));
  const noted = (name: string) => async (request: { readonly id: string }) => {
    calls.push(`${name} ${request.id}`);
    return {};
  };
  server.addService(ContainersDefinition, {
    create: async ({ container }) => {
      calls.push(`create ${container?.name}`);
      return { container: container && { ...container, id: "made" } };
    },
    get: async ({ id }) => ({ container: wire.find((one) => one.id === id) }),
    list: async () => ({ containers: wire }),
    listStream: async function* () {
      for (const container of wire) yield { container };
    },
    start: noted("start"),
    attach: (requests) => {
      calls.push("attach");
      return attachedTo(requests);
    },
    stop: noted("stop"),
    update: noted("update"),
    restart: noted("restart"),
    pause: noted("pause"),
    unpause: noted("unpause"),
    rename: noted("rename"),
    remove: noted("remove"),
    logs: async function* ({ id }) {
      yield { log: `{"stream":"stdout","log":"of ${id}\\n","time":"2026-01-02T03:04:0${id.length}Z"}` };
      yield { log: "\n" };
    },
  });
  server.addService(
    SystemInfoDefinition,
    sysinfoService({ projectVersion: "9", apiVersion: "1.0.0", gitCommit: "abc", buildTime: "today" }),
  );
  server.listen({ unix: socket });
  const runAt = async (terminal: MemoryTerminal, ...words: string[]) => {
    const [command = "", ...rest] = words;
    const code = await runKantoCm(
      [command, "--host", socket, ...rest],
      terminal,
      AbortSignal.timeout(20_000),
    );
    return { code, ...terminal.text };
  };
  try {
    await use({ socket, calls, runAt, run: (...words) => runAt(new MemoryTerminal(), ...words) });
  } finally {
    await server.stop({ graceMs: 0 });
    rmSync(folder, { recursive: true, force: true });
  }
}
