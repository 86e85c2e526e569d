/**
 * One container as the manager holds it: the immutable values, and what runs for it at this moment.
 * Invariant: only a job of this id's worker changes an entry (the restart timer and the save retry only start such jobs).
 */

import type { Timer } from "../base/clock.ts";
import type { TerminalSize } from "../engine/exec.ts";
import type { Output } from "../logs/logs.ts";
import type { Container } from "../model/container.ts";
import type { Additions } from "../store/store.ts";
import type { Probation } from "./probation.ts";
import type { TaskWatch } from "./task-watch.ts";

/** One task of a container, from its creation until everything of it is cleared away. */
export interface Run {
  readonly output: Output;
  readonly watch: TaskWatch;
  /** Monotonic; for the length of the run. */
  readonly startedAtMs: number;
  /** An out-of-memory notice came; counts only when the exit code is 137. */
  oomSeen: boolean;
}

export interface PendingRestart {
  readonly waitMs: number;
  /** Monotonic: when it is tried. */
  readonly dueAtMs: number;
  /** Why it is started again, for people. */
  readonly reason: string;
  /** Cancelled, or asked for and waiting for its turn, when undefined. */
  timer: Timer | undefined;
}

export class Entry {
  run: Run | undefined;
  restart: PendingRestart | undefined;
  /** The wait before the present run, if it was started automatically. */
  previousWaitMs: number | undefined;
  /** Set while a successor is watched. */
  probation: Probation | undefined;
  /** Why lifecycle requests are refused at the moment; undefined = they are not. */
  blocked: string | undefined;
  /** `<id>.old.<n>` snapshots that exist. */
  readonly savedSnapshots = new Set<string>();
  /** Somebody else took its file system away; told until it has one again. */
  isRobbed = false;
  /** The last save failed; it is tried again. */
  isUnsaved = false;
  /** Called with the output of the next run (attach before a start). */
  readonly outputWaiters = new Set<(output: Output) => void>();
  /** As a client asked for it. */
  terminalSize: TerminalSize | undefined;
  /** Resolves when the engine has taken the size, as often as it was told; never rejects. */
  resizing: Promise<void> = Promise.resolve();
  /** Of a run that is being started. */
  nextOutput: Output | undefined;

  constructor(
    public container: Container,
    public additions: Additions,
  ) {}

  get id(): string {
    return this.container.id;
  }

  /** Before anything is written to it, so that who waits misses nothing. */
  offerOutput(output: Output): void {
    this.nextOutput = output;
    for (const waiter of [...this.outputWaiters]) waiter(output);
  }
}

/** Engine key of a container's writable snapshot; as the peer names it, so that it can take the device back. */
export function snapshotKey(id: string): string {
  return `${id}-snapshot`;
}

/** The same additions with one value set, or taken away when it is undefined. */
export function withValue(additions: Additions, name: string, value: unknown): Additions {
  const { [name]: _, ...rest } = additions.values;
  return { ...additions, values: value === undefined ? rest : { ...rest, [name]: value } };
}
