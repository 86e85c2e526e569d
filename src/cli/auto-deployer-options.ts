/**
 * Command line of the auto deployer: the documented usage text letter for letter, our own options after it, and the
 * peer's answers to mistakes (spec/kad.md §2).
 */

import { DEFAULT_SOCKET } from "../config/default-socket.ts";
import type { TakeOverOptions } from "./auto-deployer-take-over.ts";

export const DEFAULT_STATE_DIR = "/var/lib/kanto-auto-deployer";

export interface AutoDeployerOptions {
  readonly manifestsPath: string;
  readonly socketPath: string;
  readonly daemon: boolean;
  /** Take-over by the update manager was asked for. */
  readonly mqtt: boolean;
  readonly broker: TakeOverOptions;
  readonly stateDir: string;
  /** Seconds; undefined = the mode's default. */
  readonly probationSeconds: number | undefined;
  readonly stopTimeoutSeconds: number;
  readonly respectStopped: boolean;
  /** Containers made for files that are gone are removed. */
  readonly prune: boolean;
  /** What to do instead of deploying. */
  readonly show: "nothing" | "plan" | "status";
  readonly json: boolean;
}

export type CommandLine =
  | { readonly kind: "run"; readonly options: AutoDeployerOptions }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  /** Text for stderr; exit code 2. */
  | { readonly kind: "mistake"; readonly text: string };

const USAGE = `USAGE:
    kanto-auto-deployer [OPTIONS] [MANIFESTS_PATH]
`;

/** The usage text of the documents with our version, then what is new. */
export function helpText(version: string): string {
  return `kanto-auto-deployer ${version}
Automated deployment of Kanto Container Management Manifests

${USAGE}
ARGS:
    <MANIFESTS_PATH>    Set the path to the directory containing the manifests [default: .]

OPTIONS:
    -d, --daemon                   Run as a daemon that continuously monitors the provided path for
                                   changes
    -h, --help                     Print help information
    -s, --socket-cm <SOCKET_CM>    Set the path to the Kanto Container Management API socket
                                   [default: /run/container-management/container-management.sock]
    -V, --version                  Print version information

MORE OPTIONS:
        --dry-run                  Tell what would be done, and do nothing
        --json                     With --dry-run or --status: print JSON
    -m, --mqtt                     With --daemon: end for good when an update agent takes over
        --mqtt-broker-host <IP>    Broker for --mqtt [default: localhost]
        --mqtt-broker-port <PORT>  Its port [default: 1883]
        --mqtt-topic <TOPIC>       Where the update agent is heard
                                   [default: containersupdate/desiredstatefeedback]
        --probation <SECONDS>      How long a new version is watched before the old one is given up; if
                                   it does not stay up, the old one comes back [default: 10 with
                                   --daemon, else 3]
        --prune                    Remove containers that were made for manifests which are gone; an
                                   empty folder removes nothing
        --respect-stopped          Leave containers stopped that a user has stopped
        --state-dir <DIR>          Where to remember what was deployed
                                   [default: /var/lib/kanto-auto-deployer]
        --status                   Tell what became of each manifest
        --stop-timeout <SECONDS>   How long a container that is replaced may take to stop before it is
                                   killed [default: 1]

EXIT CODES:
    0    everything is deployed (--dry-run: can be), or there are no manifests
    1    a manifest could not be (--dry-run: cannot be) deployed, or Container Management could not be
         reached
    2    mistake on the command line
    255  the directory is not there
`;
}

type Option = { readonly name: string } & (
  | { readonly value: string; readonly check?: (text: string) => string | undefined }
  | { readonly value?: undefined }
);

const OPTIONS: readonly Option[] = [
  { name: "daemon" },
  { name: "help" },
  { name: "version" },
  { name: "socket-cm", value: "SOCKET_CM" },
  { name: "mqtt" },
  { name: "mqtt-broker-host", value: "IP" },
  { name: "mqtt-broker-port", value: "PORT", check: (text) => numberMistake(text, 65_535) },
  { name: "mqtt-topic", value: "TOPIC" },
  { name: "probation", value: "SECONDS", check: (text) => numberMistake(text, 86_400) },
  { name: "stop-timeout", value: "SECONDS", check: (text) => numberMistake(text, 86_400) },
  { name: "state-dir", value: "DIR" },
  { name: "respect-stopped" },
  { name: "prune" },
  { name: "dry-run" },
  { name: "status" },
  { name: "json" },
];
const SHORT: Readonly<Record<string, string>> = {
  d: "daemon",
  h: "help",
  V: "version",
  s: "socket-cm",
  m: "mqtt",
};

/** Reads the arguments after the program's name. Help and version win over what follows them, not over mistakes before. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const given = new Map<string, string>();
  const words: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      words.push(...rest.splice(0));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      words.push(word);
      if (words.length > 1) return unexpected(word);
      continue;
    }
    const problem = word.startsWith("--") ? readLong(word, rest, given) : readShort(word, rest, given);
    if (problem !== undefined) return problem;
    if (given.has("help")) return { kind: "help" };
    if (given.has("version")) return { kind: "version" };
  }
  const second = words[1];
  if (second !== undefined) return unexpected(second);
  return { kind: "run", options: optionsOf(given, words[0]) };
}

function optionsOf(given: ReadonlyMap<string, string>, path: string | undefined): AutoDeployerOptions {
  const probation = given.get("probation");
  return {
    manifestsPath: path ?? ".",
    socketPath: given.get("socket-cm") ?? DEFAULT_SOCKET,
    daemon: given.has("daemon"),
    mqtt: given.has("mqtt"),
    broker: {
      host: given.get("mqtt-broker-host") ?? "localhost",
      port: Number(given.get("mqtt-broker-port") ?? 1883),
      topic: given.get("mqtt-topic") ?? "containersupdate/desiredstatefeedback",
    },
    stateDir: given.get("state-dir") ?? DEFAULT_STATE_DIR,
    probationSeconds: probation === undefined ? undefined : Number(probation),
    stopTimeoutSeconds: Number(given.get("stop-timeout") ?? 1),
    respectStopped: given.has("respect-stopped"),
    prune: given.has("prune"),
    show: given.has("dry-run") ? "plan" : given.has("status") ? "status" : "nothing",
    json: given.has("json"),
  };
}

function readLong(word: string, rest: string[], given: Map<string, string>): CommandLine | undefined {
  const [name = "", ...value] = word.slice(2).split("=");
  const option = OPTIONS.find((one) => one.name === name);
  if (option === undefined) return unexpected(`--${name}`);
  return take(option, value.length === 0 ? undefined : value.join("="), rest, given);
}

/** Short ones can stand together; the value of one that takes it follows at once, after `=`, or as the next word. */
function readShort(word: string, rest: string[], given: Map<string, string>): CommandLine | undefined {
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at);
    const option = OPTIONS.find((one) => one.name === SHORT[letter]);
    if (option === undefined) return unexpected(`-${letter}`);
    if (option.value === undefined) {
      const problem = take(option, undefined, rest, given);
      if (problem !== undefined) return problem;
      continue;
    }
    const attached = word.slice(at + 1).replace(/^=/, "");
    return take(option, attached === "" ? undefined : attached, rest, given);
  }
  return undefined;
}

function take(
  option: Option,
  attached: string | undefined,
  rest: string[],
  given: Map<string, string>,
): CommandLine | undefined {
  const label = option.value === undefined ? `--${option.name}` : `--${option.name} <${option.value}>`;
  if (given.has(option.name)) {
    return mistake(`The argument '${label}' was provided more than once, but cannot be used multiple times`);
  }
  if (option.value === undefined) {
    if (attached !== undefined) {
      return mistake(
        `The value '${attached}' was provided to '${label}' but it wasn't expecting any more values`,
      );
    }
    given.set(option.name, "");
    return undefined;
  }
  const value = attached ?? (rest[0]?.startsWith("-") === true ? undefined : rest.shift());
  if (value === undefined || value === "") {
    return mistake(`The argument '${label}' requires a value but none was supplied`);
  }
  const problem = option.check?.(value);
  if (problem !== undefined) return mistake(`Invalid value "${value}" for '${label}': ${problem}`, false);
  given.set(option.name, value);
  return undefined;
}

/** The peer's words for a text that is no number of its kind. */
function numberMistake(text: string, limit: number): string | undefined {
  if (!/^\+?\d+$/.test(text)) return "invalid digit found in string";
  return Number(text) > limit ? "number too large to fit in target type" : undefined;
}

function unexpected(word: string): CommandLine {
  return mistake(`Found argument '${word}' which wasn't expected, or isn't valid in this context`);
}

function mistake(message: string, withUsage = true): CommandLine {
  const usage = withUsage ? `${USAGE}\n` : "";
  return { kind: "mistake", text: `error: ${message}\n\n${usage}For more information try --help\n` };
}
