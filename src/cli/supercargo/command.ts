/** What a command of supercargo is made of, and what it may use. */

import type { Flag, FlagValues } from "../flags.ts";
import type { Terminal } from "../terminal.ts";

export interface ToolContext {
  readonly terminal: Terminal;
  readonly values: FlagValues;
  readonly args: readonly string[];
  readonly signal: AbortSignal;
  out(text: string): void;
  err(text: string): void;
}

export interface ToolCommand {
  readonly name: string;
  /** Words after the program's name. */
  readonly usage: string;
  /** One line, for the list of commands. */
  readonly short: string;
  readonly long: string;
  readonly examples: readonly string[];
  readonly flags: readonly Flag[];
  readonly leastArgs: number;
  readonly mostArgs: number;
  /** Exit codes by meaning, for the help. */
  readonly exitCodes: Readonly<Record<number, string>>;
  /** Answers the exit code. Errors that it throws are worded by the program, exit code 1. */
  run(context: ToolContext): Promise<number>;
}

export const JSON_FLAG: Flag = {
  name: "json",
  kind: "bool",
  fallback: "false",
  usage: "Prints JSON, for programs",
};
