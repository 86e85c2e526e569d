/** Input and output of a further process in a container, as the one who runs it sees them. */

import type { TaskStdio } from "./engine.ts";

export interface ExecChunk {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
}

export interface ExecStreams {
  readonly tty: boolean;
  readonly openStdin: boolean;
}

/** The pipes of one process. Unread output is bounded: when it is full the process waits. */
export interface ExecPipes {
  readonly stdio: TaskStdio;
  /** What the process writes, in order per stream, until its end or `close`. To be iterated once. */
  readonly output: AsyncIterable<ExecChunk>;
  /** Resolves when the writers have gone and everything was handed to the reader's queue, or after `close`. */
  readonly ended: Promise<void>;
  /** Bytes taken out of the pipes so far. */
  readonly takenBytes: number;
  /** The reader of the output has not taken what waits for it. */
  readonly isReaderBehind: boolean;
  /** Resolves when taken. SC_INPUT_CLOSED without or after the end of input. */
  write(data: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Our side of the input. */
  endInput(): void;
  /** No more output is taken from the process; what was taken can still be read. */
  close(): void;
}

/** Pipes that exist, by container and process: also those that a killed daemon left behind. */
export interface ExecPipeKeeper {
  open(id: string, execId: string, streams: ExecStreams): ExecPipes;
  /** All there are: the record of processes that may still be known to the engine. */
  existing(): readonly { readonly id: string; readonly execId: string }[];
  /** Missing is fine. */
  remove(id: string, execId: string): void;
  close(): Promise<void>;
}
