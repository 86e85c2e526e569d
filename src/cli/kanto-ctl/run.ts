/** The program sdv-kanto-ctl: edits the daemon's configuration and puts the change into force (spec/registries-and-tools.md §1). */

import { SupercargoError } from "../../errors/error.ts";
import { BUILD_INFO } from "../build-info.ts";
import { errorHint, errorText } from "../error-text.ts";
import type { Terminal } from "../terminal.ts";
import type { Applying } from "./apply.ts";
import { HELP } from "./help.ts";
import { placeOf } from "./place.ts";
import {
  addRegistry,
  listRegistries,
  login,
  removeAllRegistries,
  removeRegistry,
} from "./registry-commands.ts";
import { addEntry, getValue, removeEntry, setValue, showConfig, unset } from "./value-commands.ts";
import { PROGRAM, readWords, UsageMistake, unknownWord } from "./words.ts";

type Command = (words: readonly string[], applying: Applying) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  "add-registry": addRegistry,
  login,
  "remove-registry": removeRegistry,
  "remove-all-registries": removeAllRegistries,
  "list-registries": listRegistries,
  "show-config": showConfig,
  "set-value": (words, applying) => setValue("set-value", words, applying),
  // The documents call it so.
  set: (words, applying) => setValue("set", words, applying),
  get: getValue,
  unset,
  "add-entry": addEntry,
  "remove-entry": removeEntry,
};

/** Runs the program; answers its exit code: 1 for every mistake and failure, as the peer's. */
export async function runKantoCtl(
  words: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  try {
    const { options, command, rest } = readWords(words);
    if (command === undefined) {
      terminal.out(HELP);
      return 0;
    }
    if (command === "--version" || command === "-V") {
      terminal.out(`${PROGRAM} ${BUILD_INFO.projectVersion}\n`);
      return 0;
    }
    const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
    if (run === undefined) throw unknownWord(command);
    const place = placeOf(options.config, terminal.env["HOME"]);
    if (options.verbose && place.from !== undefined)
      terminal.out(`Configuration named by ${place.from}: ${place.path}\n`);
    return await run(rest, { place, options, terminal, signal });
  } catch (thrown) {
    if (thrown instanceof UsageMistake) {
      terminal.out(`${thrown.message}\n`);
      return 1;
    }
    if (!(thrown instanceof SupercargoError)) throw thrown;
    const hint = errorHint(thrown);
    terminal.err(`Error: ${errorText(thrown)}\n${hint === "" ? "" : `${hint}\n`}`);
    return 1;
  }
}
