/** The program kanto-cm: finds the command, reads its flags, runs it, words its errors (spec/cli.md §1). */

import { DaemonConnection } from "../../api/daemon-connection.ts";
import { DEFAULT_SOCKET } from "../../config/default-socket.ts";
import { hasCode } from "../../errors/error.ts";
import { CommandError } from "../command-error.ts";
import { errorHint, errorText } from "../error-text.ts";
import { FlagError, type ParsedArguments, parseFlags } from "../flags.ts";
import { parseHost } from "../host-address.ts";
import type { Terminal } from "../terminal.ts";
import type { CallContext, Command } from "./command.ts";
import { isHopeless, waitForDaemon } from "./connect.ts";
import { findCommand } from "./find-command.ts";
import { GLOBAL_FLAGS, HELP_FLAG, PROGRAM } from "./globals.ts";

/** Of a program that was interrupted. */
const EXIT_INTERRUPTED = 130;

function checkArguments(command: Command, args: readonly string[]): void {
  if (command.maxArgs === 0 && args.length > 0) {
    throw new CommandError(`unknown command ${JSON.stringify(args[0])} for "${PROGRAM} ${command.name}"`);
  }
  if (args.length > command.maxArgs) {
    throw new CommandError(`accepts at most ${command.maxArgs} arg(s), received ${args.length}`);
  }
  const least = command.minArgs ?? 0;
  if (args.length < least) {
    throw new CommandError(
      `requires at least ${least} arg(s), only received ${args.length}: ${command.usage}`,
    );
  }
}

async function runCommand(
  command: Command,
  parsed: ParsedArguments,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { values, rest } = parsed;
  checkArguments(command, rest);
  const connection = new DaemonConnection(parseHost(values.text("host")));
  try {
    let exitCode = 0;
    const context: CallContext = {
      ...{ values, args: rest, connection, signal, terminal },
      out: (text) => terminal.out(text),
      exitWith: (code) => {
        exitCode = code;
      },
    };
    const limitMs = values.number("timeout") * 1000;
    if (command.withoutClient) {
      await waitForDaemon(connection, limitMs, signal, terminal, () => command.run(context));
    } else {
      if (command.isOffline !== true) await waitForDaemon(connection, limitMs, signal, terminal);
      const { ContainersClient } = await import("../../api/containers-client.ts");
      await command.run({ ...context, client: new ContainersClient(connection, "cli") });
    }
    return exitCode;
  } finally {
    await connection.close();
  }
}

async function rootWithoutCommand(words: readonly string[], terminal: Terminal): Promise<number> {
  const { rootPage } = await import("./help-pages.ts");
  try {
    const { values } = parseFlags([...GLOBAL_FLAGS, HELP_FLAG], words, true);
    if (!values.bool("help")) {
      const { projectVersion, apiVersion, gitCommit, buildTime } = (await import("../build-info.ts"))
        .BUILD_INFO;
      terminal.out(`CLI v${projectVersion}, API v${apiVersion}, (build ${gitCommit} ${buildTime}) \n\n`);
    }
    terminal.out(await rootPage());
    return 0;
  } catch (thrown) {
    if (thrown instanceof FlagError) terminal.err(await rootPage());
    throw thrown;
  }
}

/** A line as the peer's logger writes it (spec/cli.md §1). */
function logLine(level: "info" | "fatal", message: string): string {
  return `time="${new Date().toISOString()}" level=${level} msg="${message}"\n`;
}

/** What went wrong, in the peer's words, and what to do about it in ours. */
async function tellError(thrown: unknown, host: string, terminal: Terminal): Promise<void> {
  if (hasCode(thrown, "SC_DAEMON_UNAVAILABLE") && thrown.fields["grpcStatus"] === undefined) {
    const { describeAbsence } = await import("../absent-daemon.ts");
    const reason = isHopeless(thrown) ? thrown.fields["errnoName"] : "context deadline exceeded";
    terminal.err(logLine("fatal", `error while dialing ${host}: ${reason}`));
    terminal.err(`${describeAbsence(parseHost(host), thrown)}\n`);
    return;
  }
  const hint = errorHint(thrown);
  terminal.err(`Error: ${errorText(thrown)}\n${hint === "" ? "" : `${hint}\n`}`);
}

/** Runs the program; answers its exit code. */
export async function runKantoCm(
  words: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  let host = DEFAULT_SOCKET;
  try {
    const found = await findCommand(words);
    if (found.kind === "none") return await rootWithoutCommand(words, terminal);
    if (found.kind === "group") {
      terminal.out(await (await import("./help-pages.ts")).groupPage(found.group));
      return 0;
    }
    const { command, rest } = found;
    const parsed = parseFlags([...command.flags, ...GLOBAL_FLAGS, HELP_FLAG], rest, command.interspersed);
    if (parsed.values.bool("help")) {
      terminal.out((await import("./help-pages.ts")).commandPage(command));
      return 0;
    }
    host = parsed.values.text("host");
    if (parsed.values.bool("debug")) terminal.err(logLine("info", "start client at debug level"));
    return await runCommand(command, parsed, terminal, signal);
  } catch (thrown) {
    if (signal.aborted) return EXIT_INTERRUPTED;
    await tellError(thrown, host, terminal);
    return 1;
  }
}
