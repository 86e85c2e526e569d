/**
 * The part of a container's hosts file that changes while it runs, between two comments. What stands around it is never
 * touched, because start scripts of containers add lines of their own. Pure.
 */

const BEGIN = "# Other containers and interfaces, kept up to date by supercargo";
const END = "# End of what is kept up to date";

export interface HostsParts {
  /** Lines before and after the block, each with its line end. */
  readonly before: string;
  readonly after: string;
}

/** Takes a file apart. Without a block, it belongs before the container's own line, which is the last that we write. */
export function splitHosts(text: string, ownLine: string): HostsParts {
  const lines = text.split(/(?<=\n)/);
  const is = (expected: string) => (line: string) => line.trimEnd() === expected;
  const begin = lines.findIndex(is(BEGIN));
  if (begin < 0) {
    const own = lines.findIndex(is(ownLine));
    return partsAt(lines, own < 0 ? lines.length : own, own < 0 ? lines.length : own);
  }
  const end = lines.findIndex((line, at) => at > begin && is(END)(line));
  if (end >= 0) return partsAt(lines, begin, end + 1);
  // Somebody has taken the closing comment away: only what follows from our own line on is surely not of the block.
  const own = lines.findIndex((line, at) => at > begin && is(ownLine)(line));
  return partsAt(lines, begin, own < 0 ? lines.length : own);
}

/** Puts a file together; no line, no block. */
export function joinHosts({ before, after }: HostsParts, lines: readonly string[]): string {
  if (lines.length === 0) return before + after;
  const gap = before === "" || before.endsWith("\n") ? "" : "\n";
  return `${before}${gap}${[BEGIN, ...lines, END].join("\n")}\n${after}`;
}

/** All names, lower case, about which these lines say something. */
export function namesIn(text: string): Set<string> {
  const names = text.split("\n").flatMap((line) => line.replace(/#.*/, "").trim().split(/\s+/).slice(1));
  return new Set(names.map((name) => name.toLowerCase()));
}

function partsAt(lines: readonly string[], begin: number, end: number): HostsParts {
  return { before: lines.slice(0, begin).join(""), after: lines.slice(end).join("") };
}
