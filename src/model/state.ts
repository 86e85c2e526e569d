/** State changes of a container as pure functions (table of spec/engine.md §1). Stamps are RFC 3339 texts of the clock. */

import type { State, Status } from "./container.ts";

/** The flags of the wire and of the stored form; only the one of the present status is true, `restarting` never. */
export interface StateFlags {
  readonly running: boolean;
  readonly paused: boolean;
  readonly exited: boolean;
  readonly dead: boolean;
  readonly restarting: boolean;
}

export function flagsOf(status: Status): StateFlags {
  return {
    running: status === "Running",
    paused: status === "Paused",
    exited: status === "Exited",
    dead: status === "Dead",
    restarting: false,
  };
}

/** Whether a task exists for it. */
export function isActive(status: Status): boolean {
  return status === "Running" || status === "Paused";
}

/** How a container came to its end. */
export interface Ending {
  /** -1 (unknown) is stored as 0. */
  readonly exitCode: number;
  /** Empty when nothing went wrong. */
  readonly error: string;
  readonly stamp: string;
}

const BLANK: State = {
  status: "Creating",
  pid: -1,
  startedAt: "",
  finishedAt: "",
  exitCode: 0,
  error: "",
  oomKilled: false,
};

export const OOM_ERROR = "OOM Killed";

export function creating(): State {
  return BLANK;
}

export function toCreated(state: State): State {
  return { ...state, status: "Created", pid: -1, exitCode: 0 };
}

/** After a start; `finishedAt` of the run before is kept. */
export function toRunning(state: State, pid: number, stamp: string): State {
  return {
    ...state,
    status: "Running",
    pid,
    exitCode: 0,
    error: "",
    startedAt: stamp,
    oomKilled: false,
  };
}

function ended(state: State, status: Status, ending: Ending): State {
  return {
    ...state,
    status,
    pid: -1,
    exitCode: ending.exitCode === -1 ? 0 : ending.exitCode,
    error: ending.error,
    finishedAt: ending.stamp,
  };
}

/** Ended by a stop, by the daemon's own end, or by a start that failed. */
export function toStopped(state: State, ending: Ending): State {
  return ended(state, "Stopped", ending);
}

/** Ended by itself, or lost. */
export function toExited(state: State, ending: Ending & { readonly oomKilled: boolean }): State {
  const next = ended(state, "Exited", ending);
  if (!ending.oomKilled) return next;
  return { ...next, oomKilled: true, error: next.error === "" ? OOM_ERROR : next.error };
}

export function toPaused(state: State): State {
  return { ...state, status: "Paused" };
}

export function toUnpaused(state: State): State {
  return { ...state, status: "Running" };
}

export function toDead(state: State): State {
  return { ...state, status: "Dead" };
}
