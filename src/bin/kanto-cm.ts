/** Wires kanto-cm to the terminal. */

import { writeSync } from "node:fs";
import { keepAlive } from "../base/keep-alive.ts";
import { errnoName } from "../base/libc.ts";
import { runKantoCm } from "../cli/kanto-cm.ts";

const EXIT_INTERRUPTED = 130;

/** Writes all of it; a reader that has gone (`| head`) ends the program without a complaint. */
function writeAll(descriptor: number, text: string): void {
  const data = Buffer.from(text, "utf8");
  let written = 0;
  while (written < data.length) {
    try {
      written += writeSync(descriptor, data, written);
    } catch (thrown) {
      if (errnoName(thrown) === "EPIPE") process.exit(0);
      if (errnoName(thrown) !== "EAGAIN") throw thrown;
    }
  }
}

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
