/** The open output of one task: FIFOs read to the end, each chunk into the log and to those who listen. */

import { join } from "node:path";
import { FifoReader } from "../base/fifo.ts";
import type { FifoBell } from "../base/fifo-bell.ts";
import type { FifoPeek } from "../base/fifo-peek.ts";
import { FifoWriter } from "../base/fifo-writer.ts";
import type { Log } from "../base/log.ts";
import type { Turns } from "../base/turns.ts";
import type { TaskStdio } from "../engine/engine.ts";
import { SupercargoError } from "../errors/error.ts";
import type { StreamName } from "./json-lines.ts";
import type { Sink } from "./line-sink.ts";
import type { OutputLosses } from "./log-writer.ts";
import type { Output } from "./logs.ts";

/** The kernel's buffer for each stream: what a container can write while the daemon is away or waits for the disk. */
const PIPE_BYTES = 1024 * 1024;
/** More than any FIFO holds: whoever drains this much has met a living writer. */
const DRAIN_LIMIT_BYTES = 2 * PIPE_BYTES;
const LISTENER_LIMIT = 64;
/** Worked on before others get a turn: a few milliseconds when all of it is empty lines. */
const PORTION_BYTES = 32 * 1024;
/** What a chunk counts besides its bytes, for streams of many small ones. */
const CHUNK_COST_BYTES = 256;

type Listener = (stream: StreamName, chunk: Uint8Array) => void;

export interface TaskOutputParts {
  readonly id: string;
  readonly stdio: TaskStdio;
  readonly sink: Sink;
  readonly log: Log;
  /** Shared by all outputs of the daemon, like the turns. */
  readonly bell: FifoBell;
  readonly peek: FifoPeek;
  readonly turns: Turns;
  /** The FIFOs were there before us: without a writer they are at their end (pitfalls §2). */
  readonly isReattached: boolean;
  /** Called once at the end of `close(false)`: the FIFOs are not needed any more. */
  readonly onGone: () => void;
}

export class TaskOutput implements Output {
  readonly stdio: TaskStdio;
  readonly ended: Promise<void>;
  readonly #readers: ReadonlyMap<StreamName, FifoReader>;
  readonly #pumps: readonly Promise<void>[];
  readonly #listeners = new Set<Listener>();
  readonly #finished = new Set<StreamName>();
  readonly #resolveEnded: () => void;
  #input: FifoWriter | undefined;
  #spentBytes = 0;
  #isClosing = false;
  #isReleased = false;
  #closed: Promise<void> | undefined;

  /** Opens readers (and the input) before anything is written; throws when a FIFO is missing. */
  constructor(private readonly parts: TaskOutputParts) {
    this.stdio = parts.stdio;
    const ended = Promise.withResolvers<void>();
    this.ended = ended.promise;
    this.#resolveEnded = ended.resolve;
    this.#readers = openReaders(parts);
    try {
      if (parts.stdio.stdin !== "") this.#input = new FifoWriter(parts.stdio.stdin);
    } catch (thrown) {
      for (const reader of this.#readers.values()) reader.close();
      throw thrown;
    }
    const resumed = parts.isReattached ? parts.sink.resume(this.#dropHeld) : Promise.resolve();
    this.#pumps = [...this.#readers].map(([stream, reader]) => this.#pump(stream, reader, resumed));
  }

  /** Descriptors that something must hold while we are away. */
  get descriptors(): readonly number[] {
    if (this.#isReleased) return [];
    return [...this.#readers.values()].map((reader) => reader.descriptor);
  }

  get losses(): OutputLosses {
    return this.parts.sink.losses;
  }

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return this.#isClosing;
  }

  listen(listener: Listener): () => void {
    if (this.#listeners.size >= LISTENER_LIMIT)
      throw new SupercargoError("SC_OUTPUT_LIMIT", `too many are attached to container ${this.parts.id}`);
    // A listener given twice is called twice.
    const own: Listener = (stream, chunk) => listener(stream, chunk);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  async write(data: Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.#input === undefined)
      throw new SupercargoError("SC_INPUT_CLOSED", `container ${this.parts.id} takes no input`);
    await this.#input.write(data, signal);
  }

  endInput(): void {
    this.#input?.close(false);
    this.#input = undefined;
  }

  /** After `close(true)` the readers stay open, so that a keeper started now still gets them; this closes them. */
  release(): void {
    for (const reader of this.#readers.values()) reader.close();
    this.#isReleased = true;
  }

  close(keepFifos: boolean): Promise<void> {
    this.#closed ??= this.#close(keepFifos);
    return this.#closed;
  }

  async #close(keepFifos: boolean): Promise<void> {
    this.#isClosing = true;
    this.parts.sink.hurry();
    try {
      for (const reader of this.#readers.values()) reader.stop();
      await Promise.all(this.#pumps);
      if (!keepFifos) await this.#takeWhatIsLeft();
      await this.parts.sink.close(keepFifos);
    } finally {
      this.#input?.close(!keepFifos);
      this.#input = undefined;
      this.#listeners.clear();
      this.#resolveEnded();
      if (!keepFifos) {
        this.release();
        this.parts.onGone();
      }
    }
  }

  async #takeWhatIsLeft(): Promise<void> {
    for (const [stream, reader] of this.#readers) {
      const end = await reader.drain(
        (chunk, release) => this.#take(stream, chunk, release),
        DRAIN_LIMIT_BYTES,
      );
      if (end === "limit")
        this.parts.log.warn(
          "something goes on writing to an ended container's output, the rest is left out",
          {
            container: this.parts.id,
            stream,
          },
        );
      await this.#finish(stream);
    }
  }

  async #pump(stream: StreamName, reader: FifoReader, resumed: Promise<void>): Promise<void> {
    try {
      await resumed;
      await reader.each((chunk, release) => this.#take(stream, chunk, release));
      if (!this.#isClosing) await this.#streamEnded(stream);
    } catch (thrown) {
      this.parts.log.error("reading a container's output failed", {
        container: this.parts.id,
        stream,
        error: String(thrown),
      });
    }
  }

  readonly #dropHeld = (stream: StreamName, bytes: Uint8Array): void => {
    this.#readers.get(stream)?.releaseIfNext(bytes);
  };

  /** A promise when the next chunk must wait: for the disk, or because others have their turn first. */
  #take(stream: StreamName, chunk: Uint8Array, release: () => void): Promise<void> | undefined {
    const waiting = this.parts.sink.push(stream, chunk, release);
    if (this.#listeners.size > 0) {
      const copy = chunk.slice();
      for (const listener of this.#listeners) this.#tell(listener, stream, copy);
    }
    this.#spentBytes += chunk.length + CHUNK_COST_BYTES;
    if (waiting === undefined && this.#spentBytes < PORTION_BYTES) return undefined;
    this.#spentBytes = 0;
    return waiting ?? this.parts.turns.next();
  }

  #tell(listener: Listener, stream: StreamName, chunk: Uint8Array): void {
    try {
      listener(stream, chunk);
    } catch (thrown) {
      this.#listeners.delete(listener);
      this.parts.log.warn("an attached listener failed and is not told any more", {
        container: this.parts.id,
        error: String(thrown),
      });
    }
  }

  async #streamEnded(stream: StreamName): Promise<void> {
    await this.#finish(stream);
    if (this.#finished.size === this.#readers.size) this.#resolveEnded();
  }

  async #finish(stream: StreamName): Promise<void> {
    if (this.#finished.has(stream)) return;
    this.#finished.add(stream);
    await this.parts.sink.finish(stream);
  }
}

function openReaders({
  stdio,
  bell,
  peek,
  isReattached,
}: TaskOutputParts): ReadonlyMap<StreamName, FifoReader> {
  const readers = new Map<StreamName, FifoReader>();
  const options = { pipeBytes: PIPE_BYTES, bell, peek, hadWriter: isReattached };
  try {
    if (stdio.stdout !== "") readers.set("stdout", new FifoReader(stdio.stdout, options));
    if (stdio.stderr !== "") readers.set("stderr", new FifoReader(stdio.stderr, options));
  } catch (thrown) {
    for (const reader of readers.values()) reader.close();
    throw thrown;
  }
  return readers;
}

/** Where output that is being worked on is kept: beside the FIFOs. */
export function journalPath(fifoFolder: string): string {
  return join(fifoFolder, "intake");
}
