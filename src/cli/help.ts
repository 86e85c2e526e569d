/** Help texts in the form of the peer's command line (spec/cli.md §3). */

import type { Command } from "./command.ts";
import type { Flag } from "./flags.ts";

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

export function flagLines(flags: readonly Flag[]): string {
  const heads = [...flags]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => ({
      flag,
      head: `  ${flag.shorthand === undefined ? "    " : `-${flag.shorthand}, `}--${flag.name}${typeWord(flag)}`,
    }));
  const width = Math.max(...heads.map(({ head }) => head.length));
  return heads
    .map(({ flag, head }) => `${head.padEnd(width)}   ${flag.usage}${defaultText(flag)}`)
    .join("\n");
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

export function rootHelp(program: string, commands: readonly Command[], flags: readonly Flag[]): string {
  const width = Math.max(...commands.map((command) => command.name.length), 10);
  return [
    "Usage:",
    `  ${program} [command]`,
    "",
    "Available Commands:",
    ...[...commands]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((command) => `  ${command.name.padEnd(width)}  ${command.short}`),
    "",
    "Flags:",
    flagLines(flags),
    "",
    `Use "${program} [command] --help" for more information about a command.`,
    "",
  ].join("\n");
}
