/** Help pages of kanto-cm, put together from its commands. */

import type { Command } from "./command.ts";
import { COMMANDS, commandsOfGroup, GROUPS, type Group } from "./command-table.ts";
import { GLOBAL_FLAGS, HELP_FLAG, PROGRAM } from "./globals.ts";
import { commandHelp, groupHelp, rootHelp } from "./help.ts";

function loadAll(names: readonly string[]): Promise<Command[]> {
  return Promise.all(names.flatMap((name) => COMMANDS[name]?.() ?? []));
}

export async function rootPage(): Promise<string> {
  const commands = await loadAll(Object.keys(COMMANDS).filter((name) => !name.includes(" ")));
  const groups = Object.values(GROUPS).map(({ name, short }) => ({ name, short, isOurs: true as const }));
  return rootHelp(PROGRAM, [...commands, ...groups], [...GLOBAL_FLAGS, HELP_FLAG]);
}

export async function groupPage(group: Group): Promise<string> {
  return groupHelp(PROGRAM, group, await loadAll(commandsOfGroup(group.name)), GLOBAL_FLAGS);
}

export function commandPage(command: Command): string {
  return commandHelp(PROGRAM, command, HELP_FLAG, GLOBAL_FLAGS);
}
