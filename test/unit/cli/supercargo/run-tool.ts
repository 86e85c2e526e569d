/** The program supercargo in this process. */

import { runSupercargo } from "../../../../src/cli/supercargo.ts";

export async function runTool(...words: readonly string[]) {
  const said = { out: "", err: "" };
  const terminal = {
    out: (text: string) => {
      said.out += text;
    },
    err: (text: string) => {
      said.err += text;
    },
  };
  const code = await runSupercargo(words, terminal, new AbortController().signal);
  return { code, ...said };
}
