/** Wires sdv-kanto-ctl to the terminal. */

import { runKantoCtl } from "../cli/kanto-ctl/run.ts";
import { runOnTerminal } from "./on-terminal.ts";

export function runSdvKantoCtl(args: readonly string[]): Promise<never> {
  return runOnTerminal(runKantoCtl, args);
}
