/** The program kanto-cm: finds the command, reads its flags, runs it, words its errors (spec/cli.md §1). */

import { ContainersClient } from "../api/containers-client.ts";
import { DaemonConnection } from "../api/daemon-connection.ts";
import { nearestWord } from "../base/json/nearest.ts";
import { DEFAULT_SOCKET } from "../config/default-socket.ts";
import { hasCode } from "../errors/error.ts";
import { BUILD_INFO } from "./build-info.ts";
import { type Command, CommandError } from "./command.ts";
import { isHopeless, waitForDaemon } from "./connect.ts";
import { errorHint, errorText } from "./error-text.ts";
import { type Flag, FlagError, type ParsedArguments, parseFlags } from "./flags.ts";
import { commandHelp, rootHelp } from "./help.ts";
import { parseHost } from "./host-address.ts";

const PROGRAM = "kanto-cm";
const HELP: Flag = {
  name: "help",
  shorthand: "h",
  kind: "bool",
  fallback: "false",
  usage: `help for ${PROGRAM}`,
};
const GLOBALS: readonly Flag[] = [
  {
    name: "host",
    kind: "string",
    fallback: DEFAULT_SOCKET,
    usage: "Address of the daemon: a socket path or tcp://host:port",
  },
  { name: "timeout", kind: "int", fallback: "30", usage: "Seconds to wait for the connection" },
  { name: "debug", kind: "bool", fallback: "false", usage: "Says more on stderr" },
];

/** Commands load when they are needed: a start of the program costs what the command costs. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  create: async () => (await import("./commands/create.ts")).createCommand,
  get: async () => (await import("./commands/get.ts")).getCommand,
  list: async () => (await import("./commands/list.ts")).listCommand,
  logs: async () => (await import("./commands/logs.ts")).logsCommand,
  remove: async () => (await import("./commands/remove.ts")).removeCommand,
  rename: async () => (await import("./commands/rename.ts")).renameCommand,
  start: async () => (await import("./commands/start.ts")).startCommand,
  stop: async () => (await import("./commands/stop.ts")).stopCommand,
  sysinfo: async () => (await import("./commands/sysinfo.ts")).sysinfoCommand,
  update: async () => (await import("./commands/update.ts")).updateCommand,
};

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

/** Position of the command's word: the first that is no flag and no flag's value. */
function commandIndex(words: readonly string[]): number {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (!word.startsWith("-")) return index;
    if (word === "--host" || word === "--timeout") index++;
  }
  return -1;
}

async function rootText(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return rootHelp(PROGRAM, commands, [...GLOBALS, HELP]);
}

function unknownCommand(word: string): string {
  const near = nearestWord(word, Object.keys(COMMANDS));
  const suggestion = near === undefined ? "" : `\n\nDid you mean this?\n\t${near}\n`;
  return `unknown command ${JSON.stringify(word)} for ${JSON.stringify(PROGRAM)}${suggestion}`;
}

function checkArguments(command: Command, args: readonly string[]): void {
  if (command.maxArgs === 0 && args.length > 0) {
    throw new CommandError(`unknown command ${JSON.stringify(args[0])} for "${PROGRAM} ${command.name}"`);
  }
  if (args.length > command.maxArgs) {
    throw new CommandError(`accepts at most ${command.maxArgs} arg(s), received ${args.length}`);
  }
}

async function runCommand(
  command: Command,
  parsed: ParsedArguments,
  terminal: Terminal,
  signal: AbortSignal,
) {
  const { values, rest } = parsed;
  checkArguments(command, rest);
  const connection = new DaemonConnection(parseHost(values.text("host")));
  const client = new ContainersClient(connection, "cli");
  try {
    await waitForDaemon(connection, values.number("timeout") * 1000, signal);
    await command.run({ values, args: rest, client, signal, out: (text) => terminal.out(text) });
  } finally {
    await client.close();
  }
}

/** Runs the program; answers its exit code. */
export async function runKantoCm(
  words: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const at = commandIndex(words);
  let host = DEFAULT_SOCKET;
  try {
    const name = at < 0 ? undefined : (words[at] ?? "");
    if (name === undefined) {
      const { values } = parseFlags([...GLOBALS, HELP], words, true);
      if (!values.bool("help")) {
        const { projectVersion, apiVersion, gitCommit, buildTime } = BUILD_INFO;
        terminal.out(`CLI v${projectVersion}, API v${apiVersion}, (build ${gitCommit} ${buildTime}) \n\n`);
      }
      terminal.out(await rootText());
      return 0;
    }
    const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (load === undefined) throw new CommandError(unknownCommand(name));
    const command = await load();
    const rest = [...words.slice(0, at), ...words.slice(at + 1)];
    const parsed = parseFlags([...command.flags, ...GLOBALS, HELP], rest, command.interspersed);
    if (parsed.values.bool("help")) {
      terminal.out(commandHelp(PROGRAM, command, HELP, GLOBALS));
      return 0;
    }
    host = parsed.values.text("host");
    if (parsed.values.bool("debug")) terminal.err("start client at debug level\n");
    await runCommand(command, parsed, terminal, signal);
    return 0;
  } catch (thrown) {
    if (thrown instanceof FlagError && at < 0) terminal.err(await rootText());
    if (hasCode(thrown, "SC_DAEMON_UNAVAILABLE") && thrown.fields["grpcStatus"] === undefined) {
      const stamp = new Date().toISOString();
      const reason = isHopeless(thrown) ? thrown.fields["errnoName"] : "context deadline exceeded";
      terminal.err(`time="${stamp}" level=fatal msg="error while dialing ${host}: ${reason}"\n`);
      terminal.err(`${thrown.message} (${thrown.hint})\n`);
      return 1;
    }
    const hint = errorHint(thrown);
    terminal.err(`Error: ${errorText(thrown)}\n${hint === "" ? "" : `${hint}\n`}`);
    return 1;
  }
}
