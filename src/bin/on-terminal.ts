/** A program of the command line on the real terminal: what was typed, signals that end it, its exit code. */

import { keepAlive } from "../base/keep-alive.ts";
import type { Terminal } from "../cli/terminal.ts";
import { systemTerminal } from "./console.ts";

const EXIT_INTERRUPTED = 130;

type Run = (args: readonly string[], terminal: Terminal, signal: AbortSignal) => Promise<number>;

export async function runOnTerminal(run: Run, args: readonly string[]): Promise<never> {
  using _alive = keepAlive();
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new Error("interrupted")));
  process.once("SIGTERM", () => stop.abort(new Error("ended")));
  const code = await run(args, systemTerminal, stop.signal);
  // All has been written. Without this the process would wait until the daemon, too, has closed the connection.
  process.exit(stop.signal.aborted ? EXIT_INTERRUPTED : code);
}
