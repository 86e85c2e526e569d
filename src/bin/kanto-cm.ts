/** Wires kanto-cm to the terminal. */

import { runKantoCm } from "../cli/kanto-cm/run.ts";
import { runOnTerminal } from "./on-terminal.ts";

export function runKantoCmProgram(args: readonly string[]): Promise<never> {
  return runOnTerminal(runKantoCm, args);
}
