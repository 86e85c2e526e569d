/** From the words of a command line to the command that is meant, and the words that are left for it. */

import { nearestWord } from "../../base/json/nearest.ts";
import { CommandError } from "../command-error.ts";
import type { Command } from "./command.ts";
import { commandsOfGroup, firstWords, GROUPS, type Group, loadCommand } from "./command-table.ts";
import { GLOBAL_FLAGS, PROGRAM } from "./globals.ts";

export type FoundCommand =
  | { readonly kind: "command"; readonly command: Command; readonly rest: readonly string[] }
  | { readonly kind: "group"; readonly group: Group; readonly rest: readonly string[] }
  /** Only flags, or nothing at all. */
  | { readonly kind: "none" };

const FLAGS_WITH_VALUE = GLOBAL_FLAGS.filter((flag) => flag.kind !== "bool").map((flag) => `--${flag.name}`);

/** Position of the next word that is no flag and no global flag's value; -1 when there is none. */
export function nextWordIndex(words: readonly string[], from: number): number {
  for (let index = from; index < words.length; index++) {
    const word = words[index] ?? "";
    if (!word.startsWith("-")) return index;
    if (FLAGS_WITH_VALUE.includes(word)) index++;
  }
  return -1;
}

function without(words: readonly string[], ...positions: readonly number[]): string[] {
  return words.filter((_, index) => !positions.includes(index));
}

function unknownCommand(word: string, parent: string, known: readonly string[]): CommandError {
  const near = nearestWord(word, known);
  const suggestion = near === undefined ? "" : `\n\nDid you mean this?\n\t${near}\n`;
  return new CommandError(
    `unknown command ${JSON.stringify(word)} for ${JSON.stringify(parent)}${suggestion}`,
  );
}

/** Throws for a word that is no command. */
export async function findCommand(words: readonly string[]): Promise<FoundCommand> {
  const at = nextWordIndex(words, 0);
  if (at < 0) return { kind: "none" };
  const name = words[at] ?? "";
  if (Object.hasOwn(GROUPS, name)) return findInGroup(words, at, name);
  const command = name.includes(" ") ? undefined : await loadCommand(name);
  if (command === undefined) throw unknownCommand(name, PROGRAM, firstWords());
  return { kind: "command", command, rest: without(words, at) };
}

async function findInGroup(words: readonly string[], at: number, name: string): Promise<FoundCommand> {
  const group = GROUPS[name];
  if (group === undefined) return { kind: "none" };
  const nextAt = nextWordIndex(words, at + 1);
  const next = words[nextAt];
  const asksHelp =
    next === "help" || (next === undefined && words.some((word) => /^(-h|--help)$/.test(word)));
  if (asksHelp) return { kind: "group", group, rest: without(words, at, nextAt) };
  const command = await loadCommand(next === undefined ? group.usual : `${name} ${next}`);
  if (command === undefined) {
    const known = commandsOfGroup(name).map((full) => full.slice(name.length + 1));
    throw unknownCommand(next ?? "", `${PROGRAM} ${name}`, known);
  }
  return { kind: "command", command, rest: without(words, at, nextAt) };
}
