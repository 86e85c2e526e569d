/** Wires supercargo to the terminal. */

import { keepAlive } from "../base/keep-alive.ts";
import { runSupercargo } from "../cli/supercargo.ts";
import { writeAll } from "./write-all.ts";

const EXIT_INTERRUPTED = 130;

export async function runSupercargoProgram(args: readonly string[]): Promise<number> {
  using _alive = keepAlive();
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new Error("interrupted")));
  process.once("SIGTERM", () => stop.abort(new Error("ended")));
  const terminal = {
    out: (text: string) => writeAll(1, text),
    err: (text: string) => writeAll(2, text),
  };
  const code = await runSupercargo(args, terminal, stop.signal);
  return stop.signal.aborted ? EXIT_INTERRUPTED : code;
}
