/** The program kanto-cm without a daemon. */

import { expect, test } from "bun:test";
import { runKantoCm } from "../../../../src/cli/kanto-cm/run.ts";
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
  const { code, err } = await run("strat");
  expect(code).toBe(1);
  expect(err).toContain('unknown command "strat" for "kanto-cm"');
  expect(err).toContain("start");
});
