/**
 * Flags as help texts list them, in the form of the peer's command line (spec/cli.md §3). What only we have stands behind what
 * the peer has, and does not move it: scripts and eyes find the peer's lines as they were.
 */

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
