/** Wires supercargo to the terminal. */

import { keepAlive } from "../base/keep-alive.ts";
import { runSupercargo } from "../cli/supercargo.ts";
import { systemTerminal } from "./console.ts";

const EXIT_INTERRUPTED = 130;

export async function runSupercargoProgram(args: readonly string[]): Promise<number> {
  using _alive = keepAlive();
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new Error("interrupted")));
  process.once("SIGTERM", () => stop.abort(new Error("ended")));
  const code = await runSupercargo(args, systemTerminal, stop.signal);
  return stop.signal.aborted ? EXIT_INTERRUPTED : code;
}
