/** What a command of kanto-cm is made of, and what it may use. */

import type { ContainersClient } from "../api/containers-client.ts";
import type { Flag, FlagValues } from "./flags.ts";

/** Ends the command with `Error: <message>` and exit code 1. */
export class CommandError extends Error {}

export interface CommandContext {
  readonly values: FlagValues;
  readonly args: readonly string[];
  readonly client: ContainersClient;
  readonly signal: AbortSignal;
  out(text: string): void;
}

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly short: string;
  readonly long: string;
  readonly examples: readonly string[];
  readonly flags: readonly Flag[];
  /** Flags may stand behind positional arguments. */
  readonly interspersed: boolean;
  /** Most positional arguments; Infinity = any number. */
  readonly maxArgs: number;
  run(context: CommandContext): Promise<void>;
}

export const NAME_FLAG: Flag = {
  name: "name",
  shorthand: "n",
  kind: "string",
  fallback: "",
  usage: "Sets the name of the container to look for.",
};
