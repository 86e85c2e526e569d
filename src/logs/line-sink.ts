/** The way of one container's output into its log: chunks to lines, lines to records, records to the writer. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Turns } from "../base/turns.ts";
import type { IntakeJournal } from "./intake-journal.ts";
import type { RecordBuffer, StreamName } from "./json-lines.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { LogFile } from "./log-file.ts";
import type { LogWriter } from "./log-writer.ts";

export interface Sink {
  /** Works on what the reader before us had taken and not finished; before anything is pushed. */
  resume(): Promise<void>;
  /** Takes a chunk as read just now. A promise means: read no more of this stream until it resolves. */
  push(stream: StreamName, chunk: Uint8Array): Promise<void> | undefined;
  /** The stream has ended: its last line gets its end. */
  finish(stream: StreamName): Promise<void> | undefined;
  /** Waits no longer for a disk that refuses. */
  hurry(): void;
  /** Everything into the file; begun lines are kept for the next reader when `keepRests`. */
  close(keepRests: boolean): Promise<void>;
}

/** Driver `none`: output is read, so that the container goes on, and forgotten. */
export const noSink: Sink = {
  resume: () => Promise.resolve(),
  push: () => undefined,
  finish: () => undefined,
  hurry: () => {},
  close: () => Promise.resolve(),
};

/** Worked on before others get a turn: a few milliseconds when all of it is empty lines. */
export const PORTION_BYTES = 32 * 1024;
/** Whole lines up to this size are in the log sooner than they would be in the journal. */
const UNKEPT_BYTES = 2048;
const LF = 10;
const EMPTY = new Uint8Array(0);

export interface LineSinkParts {
  readonly file: LogFile;
  readonly writer: LogWriter;
  readonly journal: IntakeJournal;
  /** Each portion is kept until it is in the log; else only begun lines, at the end: what waits in memory has no place in the log yet. */
  readonly keepEach: boolean;
  /** Shared by all sinks: what is in it goes to the writer before anything else runs. */
  readonly buffer: RecordBuffer;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly log: Log;
}

export class LineSink implements Sink {
  readonly #splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  /** Behind the portion that is worked on. */
  readonly #behind: Record<StreamName, Uint8Array> = { stdout: EMPTY, stderr: EMPTY };
  /** Records of a portion that the log has already. */
  #known = 0;
  #keepsEach: boolean;
  /** The last entry holds chunks behind its portion, so the next portion needs an entry of its own. */
  #hasKeptBehind = false;

  constructor(private readonly parts: LineSinkParts) {
    this.#keepsEach = parts.keepEach;
  }

  async resume(): Promise<void> {
    const { journal, file, clock } = this.parts;
    const intake = journal.load();
    if (intake === undefined) return;
    const { stream, portion, behind } = intake;
    const other = stream === "stdout" ? "stderr" : "stdout";
    // Until the next entry, this one must stay right: all of it counts as not worked on.
    this.#behind.stdout = behind.stdout;
    this.#behind.stderr = behind.stderr;
    this.#hasKeptBehind = behind.stdout.length + behind.stderr.length > 0;
    // A portion has at most a record for each of its bytes and one begun before.
    this.#known = file.linesBehind(intake.log, portion.length + 1);
    this.#split(stream, portion, clock.stamp());
    this.#known = 0;
    await this.#write();
    await this.#pushPortions(stream, behind[stream]);
    await this.#pushPortions(other, behind[other]);
  }

  push(stream: StreamName, chunk: Uint8Array): Promise<void> | undefined {
    return chunk.length > PORTION_BYTES
      ? this.#pushPortions(stream, chunk)
      : this.#pushPortion(stream, chunk);
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

  async close(keepRests: boolean): Promise<void> {
    this.parts.writer.hurry();
    await this.parts.writer.flush();
    // With each portion kept, the journal is as it must be; what a full disk has refused is tried again from it.
    if (keepRests && !this.parts.keepEach) this.#keep("stdout", EMPTY);
    this.parts.journal.close();
    this.parts.file.close();
  }

  async #pushPortions(stream: StreamName, chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.length; from += PORTION_BYTES) {
      this.#behind[stream] = chunk.subarray(from + PORTION_BYTES);
      await (this.#pushPortion(stream, chunk.subarray(from, from + PORTION_BYTES)) ??
        this.parts.turns.next());
    }
  }

  #pushPortion(stream: StreamName, portion: Uint8Array): Promise<void> | undefined {
    if (this.#keepsEach && !this.#isShort(portion)) this.#keep(stream, portion);
    this.#split(stream, portion, this.parts.clock.stamp());
    return this.#write();
  }

  /** Whole lines with nothing before or behind them: an older entry stays right, all of its records are in the log. */
  #isShort(portion: Uint8Array): boolean {
    return (
      portion.length < UNKEPT_BYTES &&
      portion.at(-1) === LF &&
      this.#waitingBytes === 0 &&
      !this.#hasKeptBehind
    );
  }

  get #waitingBytes(): number {
    const { stdout, stderr } = this.#splitters;
    return stdout.rest.length + stderr.rest.length + this.#behind.stdout.length + this.#behind.stderr.length;
  }

  #split(stream: StreamName, data: Uint8Array, stamp: string): void {
    const { buffer } = this.parts;
    this.#splitters[stream].push(data, stamp, (line, start, end, last, lineStamp) => {
      if (this.#known > 0) this.#known--;
      else buffer.add(stream, line, start, end, last, lineStamp);
    });
  }

  #write(): Promise<void> | undefined {
    if (this.parts.buffer.length === 0) return undefined;
    return this.parts.writer.write(this.parts.buffer.take());
  }

  #keep(stream: StreamName, portion: Uint8Array): void {
    const waiting = (name: StreamName): Uint8Array[] =>
      name === stream ? [this.#behind[name]] : [this.#splitters[name].rest, this.#behind[name]];
    const behind = { stdout: waiting("stdout"), stderr: waiting("stderr") };
    try {
      const { file, journal } = this.parts;
      this.#hasKeptBehind = this.#behind.stdout.length + this.#behind.stderr.length > 0;
      journal.save({ log: file.state, stream, portion: [this.#splitters[stream].rest, portion], behind });
    } catch (thrown) {
      // A guard against being killed, not worth a stop: the log itself goes on.
      this.#keepsEach = false;
      this.parts.log.warn("output cannot be kept for a restart", {
        file: this.parts.journal.path,
        error: String(thrown),
      });
    }
  }
}
