/** What the manager sees of container output: FIFOs read into a log driver. Facts: spec/engine.md §15, spec/pitfalls.md §2. */

import type { TaskStdio } from "../engine/engine.ts";
import type { LogConfig } from "../model/container.ts";
import type { OutputLosses } from "./log-writer.ts";

export interface OutputRequest {
  readonly id: string;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly logConfig: LogConfig;
  /** `<home>/containers/<id>`; used unless the driver has a root_dir (then `<root_dir>/<id>`). */
  readonly logDir: string;
}

/** The open output of one task. */
export interface Output {
  readonly stdio: TaskStdio;
  /** Copies of what is written, for attach; a slow listener loses nothing of the log (its own bounded buffer drops, and says so). */
  listen(listener: (stream: "stdout" | "stderr", chunk: Uint8Array) => void): () => void;
  /** Writes to the container's stdin; resolves when taken. */
  write(data: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Closes our side of stdin (the engine's closeStdin ends it for the container). */
  endInput(): void;
  /** What of it is not in the log, as things stand. */
  readonly losses: OutputLosses;
  /** Resolves when both streams have ended and everything is in the log. */
  readonly ended: Promise<void>;
  /**
   * After the task ended: reads what is left without waiting for writers, flushes, closes, removes the FIFOs.
   * `keepFifos` leaves FIFOs and holder as they are (daemon going down while the container runs).
   */
  close(keepFifos: boolean): Promise<void>;
}

export interface LogQuery {
  /** Below 0: all lines, as texts of many of them; n: the last n over rotated files, one text per line. */
  readonly tail: number;
  /** Only lines from this moment on, RFC 3339. */
  readonly since?: string;
  /**
   * Given: goes on with what is written, over rotations, until this aborts and everything written by then has been read. All
   * texts then hold whole lines, each with its end; a log that is not there yet is waited for.
   */
  readonly followUntil?: AbortSignal;
}

export interface Logs {
  /** Starts or finds the holder process that keeps the read ends open while the daemon is away. */
  open(signal: AbortSignal): Promise<void>;
  /** Makes new FIFOs for a task that will be created, readers open. */
  create(request: OutputRequest): Promise<Output>;
  /** Goes on reading the FIFOs of a task that runs or has ended. */
  reattach(request: OutputRequest, stdio: TaskStdio): Promise<Output>;
  /** FIFO folders whose id is not in `keep` are taken away. */
  sweep(keep: ReadonlySet<string>): Promise<void>;
  /** Ends; the holder stays when `keepFifos`. */
  close(keepFifos: boolean): Promise<void>;
  /** Stored raw JSON lines. Errors with the texts of spec/grpc-api.md §8 (Logs), and SC_LOG_QUERY_INVALID. */
  read(
    id: string,
    logConfig: LogConfig,
    logDir: string,
    query: LogQuery,
    signal: AbortSignal,
  ): AsyncIterable<string>;
}
