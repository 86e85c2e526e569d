/** The program kanto-cm without a daemon. */

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContainersDefinition } from "../../../../src/api/gen/api/services/containers/containers.ts";
import { listenSocket } from "../../../../src/base/listen-socket.ts";
import { runKantoCm } from "../../../../src/cli/kanto-cm/run.ts";
import { GrpcServer } from "../../../../src/grpc/server.ts";
import { MemoryTerminal } from "../support/memory-terminal.ts";

async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const terminal = new MemoryTerminal();
  const code = await runKantoCm(words, terminal, AbortSignal.timeout(20_000));
  return { code, ...terminal.text };
}

test("an address that no waiting mends is refused at once, with the reason", async () => {
  const path = `/tmp/${"x".repeat(120)}.sock`;
  const { code, err } = await run("list", "--host", path, "--timeout", "3600");
  expect(code).toBe(1);
  expect(err).toContain(`error while dialing ${path}: ENAMETOOLONG`);
  expect(err).toContain("the path has 130 bytes, that of a socket at most 107");
});

test("a daemon that does not come is waited for as long as was asked, and then named", async () => {
  const { code, err } = await run("list", "--host", "/nowhere/cm.sock", "--timeout", "1");
  expect(code).toBe(1);
  expect(err).toContain("error while dialing /nowhere/cm.sock: context deadline exceeded");
  expect(err).toContain("No daemon answers at /nowhere/cm.sock: there is no such socket");
  expect(err).toContain("systemctl start container-management");
});

test("a mistyped command is answered with the one that was meant", async () => {
  expect(await run("strat")).toEqual({
    code: 1,
    out: "",
    err: 'Error: unknown command "strat" for "kanto-cm"\n\nDid you mean this?\n\tstart\n\n',
  });
  expect((await run("frobnicate")).err).toBe('Error: unknown command "frobnicate" for "kanto-cm"\n');
  expect((await run("images", "lsit")).err).toBe(
    'Error: unknown command "lsit" for "kanto-cm images"\n\nDid you mean this?\n\tlist\n\n',
  );
});

test("alone it prints its version and the help; a wrong flag the help before the error, on stderr", async () => {
  const { out: help } = await run("--help");
  const alone = await run();
  expect(alone).toMatchObject({ code: 0, err: "" });
  expect(alone.out).toMatch(/^CLI v\S+, API v1\.0\.0, \(build \S+ \S+\) \n\n/);
  expect(alone.out).toEndWith(help);
  expect(await run("--nonsense")).toEqual({
    code: 1,
    out: "",
    err: `${help}Error: unknown flag: --nonsense\n`,
  });
});

test("--debug says so in the peer's logger's form", async () => {
  const { err } = await run("list", "--debug", "--host", "http://x");
  expect(err).toMatch(
    /^time="[^"]+" level=info msg="start client at debug level"\nError: unsupported scheme http\n$/,
  );
});

test("list asks again when a daemon goes away before its first words", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sc-again-"));
  const unix = join(folder, "daemon.sock");
  const server = new GrpcServer();
  server.addService(ContainersDefinition, { list: async () => ({ containers: [] }) });
  let turnedAway = 0;
  const listener = listenSocket(
    { unix },
    {
      onConnection: (bytes) => {
        bytes.destroy();
        if (++turnedAway < 2) return;
        listener.close();
        server.listen({ unix });
      },
    },
  );
  try {
    expect(await run("list", "--host", unix)).toEqual({ code: 0, out: "No containers found.\n", err: "" });
    expect(turnedAway).toBe(2);
  } finally {
    await server.stop({ graceMs: 0 });
    rmSync(folder, { recursive: true });
  }
});
