/** Wires kanto-cm to the terminal. */

import { keepAlive } from "../base/keep-alive.ts";
import { runKantoCm } from "../cli/kanto-cm.ts";
import { writeAll } from "./write-all.ts";

const EXIT_INTERRUPTED = 130;

export async function runKantoCmProgram(args: readonly string[]): Promise<number> {
  using _alive = keepAlive();
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new Error("interrupted")));
  process.once("SIGTERM", () => stop.abort(new Error("ended")));
  const terminal = {
    out: (text: string) => writeAll(1, text),
    err: (text: string) => writeAll(2, text),
  };
  const code = await runKantoCm(args, terminal, stop.signal);
  return stop.signal.aborted ? EXIT_INTERRUPTED : code;
}
