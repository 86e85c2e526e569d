/** The program supercargo in this process. */

import { runSupercargo } from "../../../../src/cli/supercargo.ts";
import { MemoryTerminal } from "../support/memory-terminal.ts";

export async function runTool(...words: readonly string[]) {
  const terminal = new MemoryTerminal();
  const code = await runSupercargo(words, terminal, new AbortController().signal);
  return { code, ...terminal.text };
}
