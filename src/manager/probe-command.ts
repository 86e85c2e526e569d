/** Runs the command of a healthcheck in its container and keeps the beginning of what it says. */

import { plainExec } from "../model/exec.ts";
import type { Execs } from "./exec.ts";

const KEPT_BYTES = 1024;

/** Killed when the signal aborts. Everything that it writes is taken, so that it never waits for us. */
export async function runProbeCommand(
  execs: Execs,
  id: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const session = await execs.run(id, plainExec(command), signal);
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const { data } of session.output) {
    if (bytes < KEPT_BYTES) kept.push(data.subarray(0, KEPT_BYTES - bytes));
    bytes += data.length;
  }
  return { exitCode: await session.exitCode, output: Buffer.concat(kept).toString("utf8").trimEnd() };
}
