/** The real surroundings of a program on the command line: its three descriptors, its terminal, its environment. */

import { isTerminal, writeBytesToDescriptor } from "../base/standard-output.ts";
import type { LocalInput, Terminal } from "../cli/terminal.ts";
import { writeAll } from "./write-all.ts";

const DESCRIPTORS = { stdin: 0, stdout: 1, stderr: 2 } as const;
/** Of a terminal that does not tell its size. */
const USUAL_SIZE = { columns: 80, rows: 24 };

export const systemTerminal: Terminal = {
  out: (text) => writeAll(1, text),
  err: (text) => writeAll(2, text),
  write: (where, data) => {
    if (!writeBytesToDescriptor(DESCRIPTORS[where], data)) process.exit(0);
  },
  get env() {
    return process.env;
  },
  isTerminal: (descriptor) => isTerminal(DESCRIPTORS[descriptor]),
  size: () => {
    const { columns, rows } = process.stdout;
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL_SIZE;
  },
  onResize: (callback) => {
    // The stream that keeps the size up to date must exist before the signal comes.
    process.stdout.on("resize", callback);
    return { [Symbol.dispose]: () => process.stdout.off("resize", callback) };
  },
  openInput,
};

function openInput(isRaw: boolean): LocalInput {
  const input = process.stdin;
  if (isRaw) input.setRawMode(true);
  const restore = () => {
    if (isRaw) input.setRawMode(false);
  };
  // A program that ends in any way must not leave a terminal that echoes nothing.
  process.once("exit", restore);
  return {
    chunks: input,
    close: () => {
      process.off("exit", restore);
      restore();
      input.pause();
      input.unref();
    },
  };
}
