/** How a container is asked to stop: signal names and numbers, defaults and the refusals of spec/grpc-api.md §7. */

import type { StopOptions } from "./container.ts";
import { clip } from "./fault.ts";

const NAMES = (
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG " +
  "XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
).split(" ");
const NUMBER_OF: ReadonlyMap<string, number> = new Map(NAMES.map((name, index) => [`SIG${name}`, index + 1]));
const ALIASES = new Map([
  ["SIGIOT", 6],
  ["SIGCLD", 17],
  ["SIGPOLL", 29],
]);
const HIGHEST = 255;

export const SIGTERM = 15;
export const SIGKILL = 9;

/** Number of `SIGTERM`, `15` ...; undefined for anything else (lower case and missing prefix included). Empty = SIGTERM. */
export function signalNumber(text: string): number | undefined {
  if (text === "") return SIGTERM;
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= HIGHEST ? number : undefined;
  }
  return NUMBER_OF.get(text) ?? ALIASES.get(text);
}

/** `SIGTERM` for 15; a number without a name stays a number. */
export function signalName(number: number): string {
  const name = NAMES[number - 1];
  return name === undefined ? String(number) : `SIG${name}`;
}

/** The peer's text of what is wrong, or undefined. */
export function stopOptionsFault(options: StopOptions): string | undefined {
  if (options.timeoutSeconds < 0) return `the timeout = ${options.timeoutSeconds} shouldn't be negative`;
  if (signalNumber(options.signal) === undefined) return `invalid signal = ${clip(options.signal)}`;
  return undefined;
}

/** Timeout and signal filled in; a timeout of 0 becomes the daemon's default. */
export function stopOptionsWithDefaults(options: StopOptions, defaultTimeoutSeconds: number): StopOptions {
  return {
    timeoutSeconds: options.timeoutSeconds === 0 ? defaultTimeoutSeconds : options.timeoutSeconds,
    force: options.force,
    signal: options.signal === "" ? "SIGTERM" : options.signal,
  };
}
