/**
 * Help texts in the form of the peer's command line (spec/cli.md §3). What only we have stands behind what the peer has, and
 * does not move it: scripts and eyes find the peer's lines as they were.
 */

import type { Command } from "./command.ts";
import type { Flag } from "./flags.ts";

/** Least width of the names of commands. */
const NAME_WIDTH = 11;

/** Type word behind a flag's name; a switch has none. */
function typeWord(flag: Flag): string {
  return flag.kind === "bool" ? "" : ` ${flag.kind}`;
}

function defaultText(flag: Flag): string {
  if (flag.kind === "string")
    return flag.fallback === "" ? "" : ` (default ${JSON.stringify(flag.fallback)})`;
  if (flag.kind.startsWith("int")) return flag.fallback === "0" ? "" : ` (default ${flag.fallback})`;
  return "";
}

function linesOf(flags: readonly Flag[], leastWidth: number): { lines: string[]; width: number } {
  const heads = [...flags]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => ({
      flag,
      head: `  ${flag.shorthand === undefined ? "    " : `-${flag.shorthand}, `}--${flag.name}${typeWord(flag)}`,
    }));
  const width = Math.max(leastWidth, ...heads.map(({ head }) => head.length));
  return {
    lines: heads.map(({ flag, head }) => `${head.padEnd(width)}   ${flag.usage}${defaultText(flag)}`),
    width,
  };
}

export function flagLines(flags: readonly Flag[]): string {
  const peers = linesOf(
    flags.filter((flag) => flag.isOurs !== true),
    0,
  );
  const ours = linesOf(
    flags.filter((flag) => flag.isOurs === true),
    peers.width,
  );
  return [...peers.lines, ...ours.lines].join("\n");
}

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
