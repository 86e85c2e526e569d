/**
 * Help texts in the form of the peer's command line (spec/cli.md §3). What only we have stands behind what the peer has, and
 * does not move it: scripts and eyes find the peer's lines as they were.
 */

import { flagLines } from "../flag-lines.ts";
import type { Flag } from "../flags.ts";
import type { Command } from "./command.ts";

/** Least width of the names of commands. */
const NAME_WIDTH = 11;

export function commandHelp(
  program: string,
  command: Command,
  helpFlag: Flag,
  globals: readonly Flag[],
): string {
  return [
    command.long,
    "",
    "Usage:",
    `  ${program} ${command.usage}`,
    "",
    "Examples:",
    ...command.examples.map((line) => `  ${line}`),
    "",
    "Flags:",
    flagLines([...command.flags, { ...helpFlag, usage: `help for ${command.name}` }]),
    "",
    "Global Flags:",
    flagLines(globals),
    "",
  ].join("\n");
}

/** A command in a list of commands. */
export type NamedCommand = Pick<Command, "name" | "short" | "isOurs">;

function commandLines(commands: readonly NamedCommand[]): string[] {
  const byName = (a: NamedCommand, b: NamedCommand) => (a.name < b.name ? -1 : 1);
  const isOurs = (command: NamedCommand) => command.isOurs === true;
  return [
    ...commands.filter((command) => !isOurs(command)).sort(byName),
    ...commands.filter(isOurs).sort(byName),
  ].map((command) => `  ${command.name.padEnd(NAME_WIDTH)} ${command.short}`);
}

export function rootHelp(program: string, commands: readonly NamedCommand[], flags: readonly Flag[]): string {
  return [
    "Usage:",
    `  ${program} [command]`,
    "",
    "Available Commands:",
    ...commandLines(commands),
    "",
    "Flags:",
    flagLines(flags),
    "",
    `Use "${program} [command] --help" for more information about a command.`,
    "",
  ].join("\n");
}

/** Help of a word that has commands of its own. */
export function groupHelp(
  program: string,
  group: { readonly name: string; readonly long: string },
  commands: readonly Command[],
  globals: readonly Flag[],
): string {
  const named = commands.map(({ name, short }) => ({ name: name.slice(group.name.length + 1), short }));
  return [
    group.long,
    "",
    "Usage:",
    `  ${program} ${group.name} [command]`,
    "",
    "Available Commands:",
    ...commandLines(named),
    "",
    "Global Flags:",
    flagLines(globals),
    "",
    `Use "${program} ${group.name} [command] --help" for more information about a command.`,
    "",
  ].join("\n");
}
