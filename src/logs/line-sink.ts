/** The way of one container's output into its log: chunks to lines, lines to records, records to the writer. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { RecordBuffer, StreamName } from "./json-lines.ts";
import { LineSplitter, type TakeLine } from "./line-splitter.ts";
import type { LogFile } from "./log-file.ts";
import type { LogWriter } from "./log-writer.ts";
import type { RestFile } from "./rest-file.ts";

export interface Sink {
  /** Takes a chunk as read just now; its records are all in memory at once. A promise means: read no more until it resolves. */
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
  push: () => undefined,
  finish: () => undefined,
  hurry: () => {},
  close: () => Promise.resolve(),
};

export interface LineSinkParts {
  readonly file: LogFile;
  readonly writer: LogWriter;
  readonly rests: RestFile;
  /** Rests are kept after every chunk; else at the end only (what waits in memory could not be told apart). */
  readonly keepEachRest: boolean;
  /** Shared by all sinks: what is in it goes to the writer before anything else runs. */
  readonly buffer: RecordBuffer;
  readonly clock: Clock;
  readonly log: Log;
}

export class LineSink implements Sink {
  readonly #splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  readonly #take: Readonly<Record<StreamName, TakeLine>>;
  #keepsRests = true;

  constructor(private readonly parts: LineSinkParts) {
    const takeFor =
      (stream: StreamName): TakeLine =>
      (data, start, end, last, stamp) =>
        parts.buffer.add(stream, data, start, end, last, stamp);
    this.#take = { stdout: takeFor("stdout"), stderr: takeFor("stderr") };
  }

  /** Goes on with the begun lines of the reader before us, if the log is as it left it. */
  resume(): void {
    const rests = this.parts.rests.load(this.parts.file.state);
    if (rests === undefined) return;
    this.#splitters.stdout.resume(rests.stdout);
    this.#splitters.stderr.resume(rests.stderr);
  }

  push(stream: StreamName, chunk: Uint8Array): Promise<void> | undefined {
    this.#splitters[stream].push(chunk, this.parts.clock.stamp(), this.#take[stream]);
    const waiting = this.#write();
    if (waiting === undefined && this.parts.keepEachRest) this.#saveRests();
    return waiting;
  }

  finish(stream: StreamName): Promise<void> | undefined {
    this.#splitters[stream].finish(this.parts.clock.stamp(), this.#take[stream]);
    return this.#write();
  }

  hurry(): void {
    this.parts.writer.hurry();
  }

  async close(keepRests: boolean): Promise<void> {
    this.parts.writer.hurry();
    await this.parts.writer.flush();
    if (keepRests) this.#saveRests();
    this.parts.rests.close();
    this.parts.file.close();
  }

  #write(): Promise<void> | undefined {
    if (this.parts.buffer.length === 0) return undefined;
    return this.parts.writer.write(this.parts.buffer.take());
  }

  #saveRests(): void {
    if (!this.#keepsRests) return;
    const { stdout, stderr } = this.#splitters;
    try {
      this.parts.rests.save(this.parts.file.state, { stdout: stdout.rest, stderr: stderr.rest });
    } catch (thrown) {
      // A guard against being killed, not worth a stop: the log itself goes on.
      this.#keepsRests = false;
      this.parts.log.warn("half lines cannot be kept for a restart", {
        file: this.parts.rests.path,
        error: String(thrown),
      });
    }
  }
}
