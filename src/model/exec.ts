/** A further process that somebody wants to run in a container. */

export interface ExecWish {
  /** Program and arguments; the program is looked for on the container's PATH. */
  readonly command: readonly string[];
  /** `NAME=value`, beside and over the container's own. */
  readonly env: readonly string[];
  /** `user`, `user:group`, `uid`, `uid:gid`; empty = the main process's. */
  readonly user: string;
  /** Absolute; empty = the main process's. */
  readonly workingDir: string;
  readonly tty: boolean;
  readonly openStdin: boolean;
  /** All capabilities of the daemon. */
  readonly privileged: boolean;
}

/** A wish with nothing but its command. */
export function plainExec(command: readonly string[]): ExecWish {
  return { command, env: [], user: "", workingDir: "", tty: false, openStdin: false, privileged: false };
}
