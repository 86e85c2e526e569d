/** Wires supercargo to the terminal. */

import { runSupercargo } from "../cli/supercargo.ts";
import { runOnTerminal } from "./on-terminal.ts";

export function runSupercargoProgram(args: readonly string[]): Promise<never> {
  return runOnTerminal(runSupercargo, args);
}
