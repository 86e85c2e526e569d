/** All commands of kanto-cm. They load when they are needed: a start of the program costs what the command costs. */

import type { Command } from "./command.ts";

type Load = () => Promise<Command>;

/** Commands of a group stand under both words. */
export const COMMANDS: Readonly<Record<string, Load>> = {
  attach: async () => (await import("./commands/attach.ts")).attachCommand,
  completion: async () => (await import("./commands/completion.ts")).completionCommand,
  create: async () => (await import("./commands/create.ts")).createCommand,
  get: async () => (await import("./commands/get.ts")).getCommand,
  help: async () => (await import("./commands/help.ts")).helpCommand,
  list: async () => (await import("./commands/list.ts")).listCommand,
  logs: async () => (await import("./commands/logs.ts")).logsCommand,
  remove: async () => (await import("./commands/remove.ts")).removeCommand,
  rename: async () => (await import("./commands/rename.ts")).renameCommand,
  start: async () => (await import("./commands/start.ts")).startCommand,
  stop: async () => (await import("./commands/stop.ts")).stopCommand,
  sysinfo: async () => (await import("./commands/sysinfo.ts")).sysinfoCommand,
  update: async () => (await import("./commands/update.ts")).updateCommand,
  cp: async () => (await import("./commands/cp.ts")).cpCommand,
  events: async () => (await import("./commands/events.ts")).eventsCommand,
  exec: async () => (await import("./commands/exec.ts")).execCommand,
  explain: async () => (await import("./commands/explain.ts")).explainCommand,
  "images export": async () => (await import("./commands/images-export.ts")).imagesExportCommand,
  "images import": async () => (await import("./commands/images-import.ts")).imagesImportCommand,
  "images list": async () => (await import("./commands/images-list.ts")).imagesListCommand,
  "images prune": async () => (await import("./commands/images-prune.ts")).imagesPruneCommand,
  "images pull": async () => (await import("./commands/images-pull.ts")).imagesPullCommand,
  "images remove": async () => (await import("./commands/images-remove.ts")).imagesRemoveCommand,
  pause: async () => (await import("./commands/pause.ts")).pauseCommand,
  restart: async () => (await import("./commands/restart.ts")).restartCommand,
  stats: async () => (await import("./commands/stats.ts")).statsCommand,
  unpause: async () => (await import("./commands/unpause.ts")).unpauseCommand,
  wait: async () => (await import("./commands/wait.ts")).waitCommand,
};

/** Called by completion scripts only, shown by no help. */
export const HIDDEN_COMMANDS: Readonly<Record<string, Load>> = {
  __complete: async () => (await import("./commands/complete.ts")).completeCommand,
};

export interface Group {
  readonly name: string;
  readonly short: string;
  readonly long: string;
  /** Command that runs when none is named. */
  readonly usual: string;
}

export const GROUPS: Readonly<Record<string, Group>> = {
  images: {
    name: "images",
    short: "List, pull, import, export, remove and prune images.",
    long: "The images of the device. Without a command they are listed.",
    usual: "images list",
  },
};

/** Names of the commands of a group. */
export function commandsOfGroup(group: string): string[] {
  return Object.keys(COMMANDS).filter((name) => name.startsWith(`${group} `));
}

/** Words that can stand first. */
export function firstWords(): string[] {
  return [...Object.keys(COMMANDS).filter((name) => !name.includes(" ")), ...Object.keys(GROUPS)];
}

export function loadCommand(name: string): Promise<Command> | undefined {
  for (const table of [COMMANDS, HIDDEN_COMMANDS]) {
    if (Object.hasOwn(table, name)) return table[name]?.();
  }
  return undefined;
}
