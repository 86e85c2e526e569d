/** A password that does not stand on the command line, where every user of the device can read it: typed unseen, or from standard input. */

import { SupercargoError } from "../../errors/error.ts";
import type { Terminal } from "../terminal.ts";

const LIMIT_BYTES = 64 * 1024;
const ENTER: readonly number[] = [0x0a, 0x0d];
const INTERRUPT = 0x03;
const END = 0x04;
const BACKSPACE: readonly number[] = [0x08, 0x7f];

/** Asks on the terminal without echo. Throws SC_CANCELLED at Ctrl-C. */
export async function askPassword(terminal: Terminal, question: string): Promise<string> {
  terminal.err(question);
  const input = terminal.openInput(true);
  const typed: number[] = [];
  try {
    for await (const chunk of input.chunks) {
      for (const byte of chunk) {
        if (ENTER.includes(byte) || byte === END) return text(typed);
        if (byte === INTERRUPT) throw new SupercargoError("SC_CANCELLED", "interrupted; nothing was changed");
        if (BACKSPACE.includes(byte)) typed.pop();
        else typed.push(byte);
      }
    }
    return text(typed);
  } finally {
    input.close();
    terminal.err("\n");
  }
}

/** All of standard input, without the end of its last line. */
export async function readPassword(terminal: Terminal): Promise<string> {
  const input = terminal.openInput(false);
  const read: number[] = [];
  try {
    for await (const chunk of input.chunks) {
      read.push(...chunk);
      if (read.length > LIMIT_BYTES)
        throw new SupercargoError(
          "SC_CONFIG_INVALID",
          `the password on standard input has more than ${LIMIT_BYTES} bytes`,
        );
    }
  } finally {
    input.close();
  }
  return text(read).replace(/\r?\n$/, "");
}

function text(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString("utf8");
}
