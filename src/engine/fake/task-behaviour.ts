/** How a task of the fake engine behaves; all times by the clock that the engine was given. */

export interface TaskBehaviour {
  /** createTask is refused with this text, as runc does for a command that is not there. */
  readonly failsToCreate?: string;
  readonly failsToStart?: string;
  /** Ends by itself so long after its start; absent = never. */
  readonly endsAfterMs?: number;
  /** Of an end by itself; default 0. */
  readonly exitCode?: number;
  /** An out-of-memory notice is sent just before it ends by itself. */
  readonly runsOutOfMemory?: boolean;
  /** Only SIGKILL ends it. */
  readonly ignoresSignals?: boolean;
  /** Even SIGKILL does nothing (a process in the kernel's hands). */
  readonly ignoresKill?: boolean;
  /** Between signal and end; default 0: before the answer to the kill. */
  readonly endsAfterSignalMs?: number;
  /** After a signal other than SIGKILL; default 128 + signal. */
  readonly exitCodeAfterSignal?: number;
  /** Leaves its file system as it found it. */
  readonly writesNothing?: boolean;
}
