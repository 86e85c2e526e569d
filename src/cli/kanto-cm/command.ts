/** What a command of kanto-cm is made of, and what it may use. */

import type { ContainersClient } from "../../api/containers-client.ts";
import type { DaemonConnection } from "../../api/daemon-connection.ts";
import type { Flag, FlagValues } from "../flags.ts";
import type { Terminal } from "../terminal.ts";

/** What a command may use that speaks to the daemon in its own way, or not at all. */
export interface CallContext {
  readonly values: FlagValues;
  readonly args: readonly string[];
  /** For what `ContainersClient` has no call for. */
  readonly connection: DaemonConnection;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  out(text: string): void;
  /** The program's exit code, where the command has one of its own; else 0. */
  exitWith(code: number): void;
}

export interface CommandContext extends CallContext {
  readonly client: ContainersClient;
}

export interface CommandShape {
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
  /** Fewest; else the command itself says what it misses. */
  readonly minArgs?: number;
  /** It does not wait for a daemon. */
  readonly isOffline?: true;
  /** The peer has no such command; it stands behind the peer's in the help. */
  readonly isOurs?: true;
  /** What its positional arguments are, for completion. */
  readonly completes?: "container" | "containers" | "image";
}

export interface ClientCommand extends CommandShape {
  readonly withoutClient?: never;
  run(context: CommandContext): Promise<void>;
}

/**
 * A command for which the client of all rpcs need not be loaded. It asks, changes nothing, and prints when it has its answer:
 * while no daemon answers it is run again.
 */
export interface LeanCommand extends CommandShape {
  readonly withoutClient: true;
  run(context: CallContext): Promise<void>;
}

export type Command = ClientCommand | LeanCommand;

export const JSON_FLAG: Flag = {
  name: "json",
  kind: "bool",
  fallback: "false",
  usage: "Prints JSON, for programs.",
  isOurs: true,
};

export const NAME_FLAG: Flag = {
  name: "name",
  shorthand: "n",
  kind: "string",
  fallback: "",
  usage: "Sets the name of the container to look for.",
};
