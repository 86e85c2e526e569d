/** The program supercargo: finds the command, reads its flags, runs it, words its errors. */

import { nearestWord } from "../base/json/nearest.ts";
import { hasCode } from "../errors/error.ts";
import { BUILD_INFO } from "./build-info.ts";
import { errorHint, errorText } from "./error-text.ts";
import { flagLines } from "./flag-lines.ts";
import { type Flag, FlagError, parseFlags } from "./flags.ts";

import { parseHost } from "./host-address.ts";
import type { ToolCommand } from "./supercargo/command.ts";
import type { Terminal } from "./terminal.ts";

const PROGRAM = "supercargo";
const EXIT_USAGE = 2;
/** Of a program that was interrupted. */
const EXIT_INTERRUPTED = 130;
const HELP: Flag = {
  name: "help",
  shorthand: "h",
  kind: "bool",
  fallback: "false",
  usage: "Prints this help",
};

/** Commands load when they are needed. */
const COMMANDS: Readonly<Record<string, () => Promise<ToolCommand>>> = {
  validate: async () => (await import("./supercargo/validate.ts")).validateCommand,
  schema: async () => (await import("./supercargo/schema.ts")).schemaCommand,
  plan: async () => (await import("./supercargo/plan.ts")).planCommand,
  doctor: async () => (await import("./supercargo/doctor.ts")).doctorCommand,
  export: async () => (await import("./supercargo/export.ts")).exportCommand,
  update: async () => (await import("#broker-commands")).updateCommand,
  "current-state": async () => (await import("#broker-commands")).currentStateCommand,
  "hand-over": async () => (await import("./supercargo/hand-over.ts")).handOverCommand,
};

/** Runs the program; answers its exit code: 2 for a mistake on the command line, 1 for an error, else the command's own. */
export async function runSupercargo(
  words: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const [word, ...rest] = words;
  if (word === undefined || word === "--help" || word === "-h" || word === "help") {
    terminal.out(await rootHelp());
    return word === undefined ? EXIT_USAGE : 0;
  }
  if (word === "--version" || word === "-V") {
    terminal.out(`${PROGRAM} ${BUILD_INFO.projectVersion}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (load === undefined) {
    const near = nearestWord(word, Object.keys(COMMANDS));
    const advice = near === undefined ? "" : ` Did you mean ${near}?`;
    return mistake(terminal, `there is no command ${JSON.stringify(word)}.${advice}`);
  }
  const command = await load();
  let host: string | undefined;
  try {
    const { values, rest: args } = parseFlags([...command.flags, HELP], rest, true);
    if (values.bool("help")) {
      terminal.out(commandHelp(command));
      return 0;
    }
    if (command.flags.some(({ name }) => name === "host")) host = values.text("host");
    if (args.length < command.leastArgs)
      return mistake(terminal, `${command.usage}: too few arguments`, command);
    if (args.length > command.mostArgs) {
      return mistake(
        terminal,
        `${command.usage}: unexpected ${JSON.stringify(args[command.mostArgs])}`,
        command,
      );
    }
    return await command.run({
      terminal,
      values,
      args,
      signal,
      out: (text) => terminal.out(text),
      err: (text) => terminal.err(text),
    });
  } catch (thrown) {
    if (thrown instanceof FlagError) return mistake(terminal, thrown.message, command);
    if (signal.aborted) return EXIT_INTERRUPTED;
    await tellError(thrown, host, terminal);
    return 1;
  }
}

/** @param host where the daemon was looked for, if the command asks one */
async function tellError(thrown: unknown, host: string | undefined, terminal: Terminal): Promise<void> {
  if (
    host !== undefined &&
    hasCode(thrown, "SC_DAEMON_UNAVAILABLE") &&
    thrown.fields["grpcStatus"] === undefined
  ) {
    const { describeAbsence } = await import("./absent-daemon.ts");
    return terminal.err(`Error: ${describeAbsence(parseHost(host), thrown)}\n`);
  }
  const hint = errorHint(thrown);
  terminal.err(`Error: ${errorText(thrown)}\n${hint === "" ? "" : `${hint}\n`}`);
}

function mistake(terminal: Terminal, message: string, command?: ToolCommand): number {
  const about = command === undefined ? "" : ` ${command.name}`;
  terminal.err(`Error: ${message}\n"${PROGRAM}${about} --help" tells how it is used.\n`);
  return EXIT_USAGE;
}

async function rootHelp(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "What the other tools cannot do for the containers of this device.",
    "",
    "Usage:",
    `  ${PROGRAM} <command> [flags]`,
    "",
    "Commands:",
    ...commands.map(({ name, short }) => `  ${name.padEnd(width)}  ${short}`),
    "",
    `Use "${PROGRAM} <command> --help" for more about a command, "${PROGRAM} --version" for the version.`,
    "",
  ].join("\n");
}

function commandHelp(command: ToolCommand): string {
  return [
    command.long,
    "",
    "Usage:",
    `  ${PROGRAM} ${command.usage}`,
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${PROGRAM} ${example}`),
    "",
    "Flags:",
    flagLines([...command.flags, HELP]),
    "",
    "Exit codes:",
    ...Object.entries({ ...command.exitCodes, [EXIT_USAGE]: "mistake on the command line" }).map(
      ([code, meaning]) => `  ${code}  ${meaning}`,
    ),
    "",
  ].join("\n");
}
