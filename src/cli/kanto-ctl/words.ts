/** What is typed behind sdv-kanto-ctl: global options, the command, its options (spec/registries-and-tools.md §1.1, §1.2). */

/** Ends the program with this text on standard output, as the peer's tool says it, and exit code 1. */
export class UsageMistake extends Error {}

export interface GlobalOptions {
  /** Configuration to edit; empty: the usual one. */
  readonly config: string;
  readonly reloads: boolean;
  readonly verbose: boolean;
  readonly showsSecrets: boolean;
}

export interface Words {
  readonly options: GlobalOptions;
  /** undefined: help is wanted. */
  readonly command: string | undefined;
  readonly rest: readonly string[];
}

export const PROGRAM = "sdv-kanto-ctl";

export function readWords(words: readonly string[]): Words {
  let options: GlobalOptions = { config: "", reloads: true, verbose: false, showsSecrets: false };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--no-reload" || word === "-r") options = { ...options, reloads: false };
    else if (word === "--verbose" || word === "-v") options = { ...options, verbose: true };
    else if (word === "--show-secrets") options = { ...options, showsSecrets: true };
    else if (word === "--config") options = { ...options, config: valueBehind(word, rest) };
    else if (word === "--help") return { options, command: undefined, rest: [] };
    // The peer's tool paints nothing either.
    else if (word !== "--ansi") return { options, command: word, rest };
  }
  return { options, command: undefined, rest: [] };
}

function valueBehind(word: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined || value === "")
    throw new UsageMistake(`ERROR: Missing value for option: ${word}\nTry ${PROGRAM} --help`);
  return value;
}

export function unknownWord(word: string): UsageMistake {
  return new UsageMistake(`ERROR: Unkown command or option: ${word}\nTry ${PROGRAM} --help`);
}

export interface RegistryWords {
  readonly host: string;
  readonly user: string;
  readonly password: string;
  readonly passwordFile: string;
  readonly passwordFromInput: boolean;
  readonly check: boolean;
}

const TEXT_OPTIONS: Readonly<Record<string, "host" | "user" | "password" | "passwordFile">> = {
  "-h": "host",
  "--hostname": "host",
  "-u": "user",
  "--username": "user",
  "-p": "password",
  "--password": "password",
  "--password-file": "passwordFile",
};

/** Options of a command about one registry, in any order; `allowed` are those that it takes. */
export function readRegistryWords(
  command: string,
  words: readonly string[],
  allowed: readonly string[],
): RegistryWords {
  let read: RegistryWords = {
    host: "",
    user: "",
    password: "",
    passwordFile: "",
    passwordFromInput: false,
    check: false,
  };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const key = TEXT_OPTIONS[word];
    if (!allowed.includes(word))
      throw new UsageMistake(`Error: Unknown argument for command ${command}: ${word}`);
    if (word === "--password-stdin") read = { ...read, passwordFromInput: true };
    else if (word === "--check") read = { ...read, check: true };
    else if (key !== undefined) read = { ...read, [key]: valueBehind(word, rest) };
  }
  return read;
}

const HOST_WORDS = ["-h", "--hostname"];
export const REMOVE_WORDS: readonly string[] = HOST_WORDS;
export const ADD_WORDS: readonly string[] = [
  ...HOST_WORDS,
  "-u",
  "--username",
  "-p",
  "--password",
  "--password-file",
  "--password-stdin",
];
export const LOGIN_WORDS: readonly string[] = [...ADD_WORDS, "--check"];

/** Exactly one or two words, and nothing behind them. */
export function readKeyAndValue(command: string, words: readonly string[]): readonly [string, string] {
  const [key, value] = words;
  if (words.length !== 2 || key === undefined || value === undefined)
    throw new UsageMistake(`ERROR: ${command} command requires two arguments: <key> and <value>`);
  return [key, value];
}

export function readKey(command: string, words: readonly string[]): string {
  const [key] = words;
  if (words.length !== 1 || key === undefined)
    throw new UsageMistake(`ERROR: ${command} command requires one argument: <key>`);
  return key;
}

export function readNothing(command: string, words: readonly string[]): void {
  if (words[0] !== undefined)
    throw new UsageMistake(`Error: Unknown argument for command ${command}: ${words[0]}`);
}

export function missingForAdd(command: string): UsageMistake {
  return new UsageMistake(
    [
      `Error: missing arguments for command ${command}`,
      "Usage:",
      `\t${PROGRAM} ${command} -h <hostname> -u <username> -p <password>`,
      `\t${PROGRAM} ${command} --hostname <hostname> --username <username> --password <password>`,
      "",
      "Note: For GitHub Container Registry, you can use a Personal Access Token (PAT) as password.",
      "Without -p the password is asked for; --password-stdin reads it from standard input.",
      "Example:",
      ` ${PROGRAM} ${command} -h ghcr.io -u github -p <YOUR_PAT>`,
    ].join("\n"),
  );
}

export function missingForRemove(): UsageMistake {
  return new UsageMistake(
    [
      "Error: missing arguments for command remove-registry",
      "Usage:",
      `\t${PROGRAM} [--no-reload] remove-registry -h <hostname>`,
      `\t${PROGRAM} [--no-reload] remove-registry --hostname <hostname>`,
    ].join("\n"),
  );
}
