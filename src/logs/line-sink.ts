/** The way of one container's output into its log: chunks to lines, lines to records, records to the writer. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { IntakeJournal } from "./intake-journal.ts";
import type { RecordBuffer, StreamName } from "./json-lines.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { LogFile } from "./log-file.ts";
import { type LogWriter, NO_LOSSES, type OutputLosses } from "./log-writer.ts";

export interface Sink {
  /**
   * Works on what the reader before us had taken and not finished; before anything is pushed. `dropHeld` takes bytes out of a
   * stream's FIFO if they are the next ones in it.
   */
  resume(dropHeld: (stream: StreamName, bytes: Uint8Array) => void): Promise<void>;
  /**
   * Takes a chunk of at most 64 KiB; `release` is called when it may leave its FIFO. A promise means: read no more of this
   * stream until it resolves. The chunk is the caller's again after the call.
   */
  push(stream: StreamName, chunk: Uint8Array, release: () => void): Promise<void> | undefined;
  /** The stream has ended: its last line gets its end. */
  finish(stream: StreamName): Promise<void> | undefined;
  /** Waits no longer for a disk that refuses. */
  hurry(): void;
  readonly losses: OutputLosses;
  /** Everything into the file; begun lines are kept for the next reader when `keepRests`. */
  close(keepRests: boolean): Promise<void>;
}

/** Driver `none`: output is read, so that the container goes on, and forgotten. */
export const noSink: Sink = {
  resume: () => Promise.resolve(),
  push: () => undefined,
  finish: () => undefined,
  hurry: () => {},
  losses: NO_LOSSES,
  close: () => Promise.resolve(),
};

const EMPTY = new Uint8Array(0);

export interface LineSinkParts {
  readonly file: LogFile;
  readonly writer: LogWriter;
  readonly journal: IntakeJournal;
  /** Each chunk is kept until it is in the log; else only begun lines, at the end: what waits in memory has no place in the log yet. */
  readonly keepEach: boolean;
  /** Shared by all sinks: what is in it goes to the writer before anything else runs. */
  readonly buffer: RecordBuffer;
  readonly clock: Clock;
  readonly log: Log;
}

export class LineSink implements Sink {
  readonly #splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  /** Records of the portion worked on again that the log has already. */
  #known = 0;
  #keepsEach: boolean;

  constructor(private readonly parts: LineSinkParts) {
    this.#keepsEach = parts.keepEach;
  }

  async resume(dropHeld: (stream: StreamName, bytes: Uint8Array) => void): Promise<void> {
    const { journal, file } = this.parts;
    const intake = journal.load();
    if (intake === undefined) return;
    const { stream, portion, heldBytes, otherRest } = intake;
    if (heldBytes > 0) {
      dropHeld(stream, portion.subarray(portion.length - heldBytes));
      journal.markReleased();
    }
    this.#splitters[otherOf(stream)].resume(otherRest);
    // A portion has at most a record for each of its bytes and one begun before.
    this.#known = file.linesBehind(intake.log, portion.length + 1);
    this.#split(stream, portion);
    this.#known = 0;
    await this.#write();
  }

  push(stream: StreamName, chunk: Uint8Array, release: () => void): Promise<void> | undefined {
    const isKept = this.#keepsEach && this.#keep(stream, chunk);
    release();
    if (isKept) this.parts.journal.markReleased();
    this.#split(stream, chunk);
    return this.#write();
  }

  finish(stream: StreamName): Promise<void> | undefined {
    const { buffer, clock } = this.parts;
    this.#splitters[stream].finish(clock.stamp(), (data, start, end, last, stamp) =>
      buffer.add(stream, data, start, end, last, stamp),
    );
    return this.#write();
  }

  hurry(): void {
    this.parts.writer.hurry();
  }

  get losses(): OutputLosses {
    return this.parts.writer.losses;
  }

  async close(keepRests: boolean): Promise<void> {
    this.parts.writer.hurry();
    await this.parts.writer.flush();
    // With each chunk kept, the journal is as it must be; what a full disk has refused is tried again from it.
    if (keepRests && !this.parts.keepEach) this.#keep("stdout", EMPTY);
    this.parts.journal.close();
    this.parts.file.close();
  }

  #split(stream: StreamName, data: Uint8Array): void {
    const { buffer, clock } = this.parts;
    this.#splitters[stream].push(data, clock.stamp(), (line, start, end, last, stamp) => {
      if (this.#known > 0) this.#known--;
      else buffer.add(stream, line, start, end, last, stamp);
    });
  }

  #write(): Promise<void> | undefined {
    if (this.parts.buffer.length === 0) return undefined;
    return this.parts.writer.write(this.parts.buffer.take());
  }

  #keep(stream: StreamName, chunk: Uint8Array): boolean {
    const { file, journal, log } = this.parts;
    try {
      const otherRest = this.#splitters[otherOf(stream)].rest;
      journal.save(file.state, stream, this.#splitters[stream].rest, chunk, otherRest);
      return true;
    } catch (thrown) {
      // A guard against being killed, not worth a stop: the log itself goes on.
      this.#keepsEach = false;
      log.warn("output cannot be kept for a restart", { file: journal.path, error: String(thrown) });
      return false;
    }
  }
}

function otherOf(stream: StreamName): StreamName {
  return stream === "stdout" ? "stderr" : "stdout";
}
