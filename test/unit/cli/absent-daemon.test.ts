/** A daemon that is not there: one sentence with the place, its owner and what to start. */

import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeAbsence } from "../../../src/cli/absent-daemon.ts";
import { runSupercargo } from "../../../src/cli/supercargo.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { MemoryTerminal } from "./support/memory-terminal.ts";

function absence(errnoName: string): SupercargoError {
  return new SupercargoError("SC_DAEMON_UNAVAILABLE", "no daemon answers", { fields: { errnoName } });
}

const START = "start it with: systemctl start container-management";

test("no socket, a socket that nobody listens at, one that is not for everybody, a port", () => {
  const folder = mkdtempSync(join(tmpdir(), "sc-absent-"));
  const path = join(folder, "cm.sock");
  try {
    expect(describeAbsence({ unix: path }, absence("ENOENT"))).toBe(
      `No daemon answers at ${path}: there is no such socket, so container-management does not run; ${START}`,
    );
    writeFileSync(path, "");
    chmodSync(path, 0o660);
    expect(describeAbsence({ unix: path }, absence("ECONNREFUSED"))).toBe(
      `No daemon answers at ${path}: the socket is there (it belongs to root:root, mode 0660) but nobody listens, so container-management has ended; ${START}`,
    );
    expect(describeAbsence({ unix: path }, absence("EACCES"))).toBe(
      `You may not use the daemon's socket ${path}: it belongs to root:root, mode 0660; run this as root, or join the group with: usermod -aG root $USER`,
    );
    expect(describeAbsence({ host: "127.0.0.1", port: 1 }, absence("ECONNREFUSED"))).toBe(
      `No daemon answers at 127.0.0.1:1 (ECONNREFUSED): container-management must be told to listen there (grpc_server in its configuration); ${START}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("supercargo says it in the same words", async () => {
  const terminal = new MemoryTerminal();
  const code = await runSupercargo(
    ["export", "--host", "/nowhere/cm.sock"],
    terminal,
    AbortSignal.timeout(20_000),
  );
  expect(code).toBe(1);
  expect(terminal.text.err).toBe(
    `Error: No daemon answers at /nowhere/cm.sock: there is no such socket, so container-management does not run; ${START}\n`,
  );
});
