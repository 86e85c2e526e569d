/** A program that a private device runs, and the usual way of starting one. */

import { spawn } from "node:child_process";

export interface Program {
  readonly pid: number | undefined;
  /** File that its output is added to. */
  readonly log: string;
  /** Its exit code, -1 when a signal ended it. */
  readonly ended: Promise<number>;
  /** The same, undefined while it runs. */
  exitCode(): number | undefined;
  /** Fine when it has ended. */
  kill(signal: NodeJS.Signals): void;
}

/** Starts a program whose output is added to a file; resolves when it runs, or has already ended. */
export type Launch = (command: readonly [string, ...string[]], log: string) => Promise<Program>;

/** Starts it as a process of ours, in a session of its own: the terminal's Ctrl-C is for us alone, we end programs in order. */
export function spawnProgram(command: readonly [string, ...string[]], log: string): Program {
  const child = spawn("sh", ["-c", 'exec "$0" "$@" >>"$LOG" 2>&1', ...command], {
    stdio: "ignore",
    env: { ...process.env, LOG: log },
    detached: true,
  });
  return {
    pid: child.pid,
    log,
    ended: new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? -1))),
    exitCode: () => child.exitCode ?? (child.signalCode === null ? undefined : -1),
    kill: (signal) => void child.kill(signal),
  };
}
