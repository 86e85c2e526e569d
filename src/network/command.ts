/** Running the system's network tools: found also where PATH lacks /sbin, their failure made an error that quotes them. */

import { type CommandOptions, type CommandResult, runCommand } from "../base/process.ts";
import { SupercargoError } from "../errors/error.ts";

/** These tools answer in milliseconds; more means that the machine hangs. */
const LIMIT_MS = 15_000;

/** Runs a program; a non-zero exit code is an answer. */
export function runTool(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const path = `${process.env["PATH"] ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`;
  // Their texts are read, so they must not be translated.
  const env = { ...options.env, PATH: path, LC_ALL: "C" };
  return runCommand(command, { timeoutMs: LIMIT_MS, ...options, env });
}

/** Runs a program that has to succeed. @throws SC_NETWORK_FAILED with what it said */
export async function demandTool(
  command: readonly string[],
  purpose: string,
  options: CommandOptions = {},
): Promise<string> {
  const result = await runTool(command, options);
  if (result.exitCode === 0) return result.stdout;
  throw toolFailed(result, purpose);
}

export function toolFailed(result: CommandResult, purpose: string): SupercargoError {
  const said = (result.stderr.trim() || result.stdout.trim() || `exit code ${result.exitCode}`).slice(
    0,
    1000,
  );
  return new SupercargoError("SC_NETWORK_FAILED", `cannot ${purpose}: ${result.command[0]} says: ${said}`, {
    fields: { command: result.command.join(" ").slice(0, 300), exitCode: result.exitCode },
  });
}
