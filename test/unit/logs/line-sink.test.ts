import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { IntakeJournal } from "../../../src/logs/intake-journal.ts";
import { RecordBuffer, type StreamName } from "../../../src/logs/json-lines.ts";
import { LineSink } from "../../../src/logs/line-sink.ts";
import { LogFile, type LogLimits } from "../../../src/logs/log-file.ts";
import type { LogWriter } from "../../../src/logs/log-writer.ts";
import { NO_LOSSES } from "../../../src/logs/log-writer.ts";
import { readLog } from "../../../src/logs/read-log.ts";
import { inScratch } from "./scratch.ts";

const NO_ROTATION: LogLimits = { maxBytes: 1e9, maxFiles: 2 };

class Killed extends Error {}

interface Chunk {
  readonly stream: StreamName;
  readonly data: Uint8Array;
}

/** What is in a chunk, short enough for a counterexample. */
interface Shape {
  readonly stream: StreamName;
  readonly before: string;
  readonly lines: number;
  readonly longBytes: number;
}

/** Where a process is killed: the Nth of its steps outwards, and how much of that write the kernel still does. */
interface Kill {
  readonly step: number;
  readonly share: number;
}

/** The FIFOs of both streams: what was not released is there after a kill. */
type Fifos = Record<StreamName, Uint8Array>;

/** A process that can be killed at every step outwards: entry, release, mark of the release, write to the log. */
class Process {
  readonly sink: LineSink;
  readonly #journal: IntakeJournal;
  readonly #file: LogFile;
  #steps = 0;
  #isDead = false;

  constructor(
    folder: string,
    limits: LogLimits,
    readonly fifos: Fifos,
    readonly killAt: Kill | undefined,
  ) {
    const journal = new IntakeJournal(join(folder, "intake"));
    const file = new LogFile(folder, limits, () => 0);
    file.open("t", journal.load() !== undefined);
    this.#journal = journal;
    this.#file = file;
    const { save, markReleased } = journal;
    journal.save = (...args) => {
      this.#step(() => save.apply(journal, args));
    };
    journal.markReleased = () => {
      this.#step(() => markReleased.apply(journal));
    };
    const writer: LogWriter = {
      write: (records) => {
        const die = (share: number): void => {
          // Up to any byte of it, as the kernel may.
          const part = Math.floor(records.length * share);
          const whole = records.lastIndexOf(10, part - 1) + 1;
          file.append(records.subarray(0, whole), "t");
          writeFileSync(file.path, records.subarray(whole, part), { flag: "a" });
        };
        this.#step(() => {
          const { refused } = file.append(records, "t");
          if (refused !== undefined) throw refused;
        }, die);
        return undefined;
      },
      losses: NO_LOSSES,
      hurry: () => {},
      flush: () => Promise.resolve(),
    };
    this.sink = new LineSink({
      file,
      writer,
      journal,
      keepEach: true,
      buffer: new RecordBuffer(),
      clock: systemClock,
      log: silentLog,
    });
  }

  /** As TaskOutput does: resume, then chunks of the FIFOs in turn until they are empty or the process is killed. */
  async run(chunkBytes: number): Promise<void> {
    try {
      await this.sink.resume((stream, bytes) => {
        const fifo = this.fifos[stream];
        const isNext = Buffer.compare(fifo.subarray(0, bytes.length), bytes) === 0;
        if (isNext) this.#step(() => this.#release(stream, bytes.length));
      });
      while (this.fifos.stdout.length + this.fifos.stderr.length > 0) {
        for (const stream of ["stdout", "stderr"] as const) {
          const chunk = this.fifos[stream].slice(0, chunkBytes);
          if (chunk.length === 0) continue;
          await this.sink.push(stream, chunk, () => this.#step(() => this.#release(stream, chunk.length)));
        }
      }
    } catch (thrown) {
      if (!(thrown instanceof Killed)) throw thrown;
    } finally {
      this.#journal.close();
      if (this.#isDead) this.#file.close();
    }
  }

  #release(stream: StreamName, bytes: number): void {
    this.fifos[stream] = this.fifos[stream].subarray(bytes);
  }

  #step(act: () => void, die: (share: number) => void = () => {}): void {
    if (this.#isDead) throw new Killed();
    this.#steps++;
    if (this.#steps === this.killAt?.step) {
      this.#isDead = true;
      // Before the step, in it, or right after it.
      if (this.killAt.share === 1) act();
      else die(this.killAt.share);
      throw new Killed();
    }
    act();
  }
}

async function logged(folder: string, stream: StreamName): Promise<string> {
  let text = "";
  for await (const part of readLog(folder, { tail: -1 }, new AbortController().signal))
    for (const line of part.split("\n").slice(0, -1)) {
      const record: unknown = JSON.parse(line);
      if (Object(record).stream === stream) text += Object(record).log;
    }
  return text;
}

function all(chunks: readonly Chunk[], stream: StreamName): Uint8Array {
  return Buffer.concat(chunks.filter((chunk) => chunk.stream === stream).map(({ data }) => data));
}

function given(chunks: readonly Chunk[], stream: StreamName): string {
  const text = Buffer.from(all(chunks, stream)).toString();
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/**
 * Numbered, so that a line twice or in the wrong place shows; and never the same bytes again: whether a chunk has left its
 * FIFO is told by its bytes when the kill came between that and the note of it.
 */
function build(shapes: readonly Shape[]): Chunk[] {
  return shapes.map(({ stream, before, lines, longBytes }, index) => {
    const numbered = Array.from({ length: lines }, (_, line) => `${index}:${line}\n`).join("");
    const long = Array.from({ length: longBytes / 7 }, (_, word) => `${index}w${word} `).join("");
    return { stream, data: Buffer.from(`${index}${before}${numbered}${long}`) };
  });
}

const kill = fc.record({
  step: fc.integer({ min: 1, max: 40 }),
  share: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
});

const shape = fc.record<Shape>({
  stream: fc.constantFrom("stdout", "stderr"),
  before: fc.constantFrom("half", " a line\n", "\n", "ä€😀\n", "x\ny", ""),
  lines: fc.oneof(
    fc.constantFrom(0, 1),
    fc.integer({ max: 400, min: 0 }),
    fc.integer({ min: 4000, max: 12_000 }),
  ),
  longBytes: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 40_000 })),
});

describe("the way of output into the log", () => {
  test.each([
    ["one file", NO_ROTATION],
    ["files rotated all the time", { maxBytes: 70_000, maxFiles: 200 }],
  ])(
    "a daemon killed at any step, in any byte of any write, loses nothing and writes nothing twice: %s",
    (_, limits) =>
      fc.assert(
        fc.asyncProperty(
          fc.array(shape, { minLength: 1, maxLength: 8 }),
          fc.constantFrom(100, 3000, 32_768),
          fc.array(kill, { minLength: 1, maxLength: 3 }),
          (shapes, chunkBytes, kills) =>
            inScratch(async (folder) => {
              const chunks = build(shapes);
              const fifos = { stdout: all(chunks, "stdout"), stderr: all(chunks, "stderr") };
              const step = chunkBytes < 1000 && all(chunks, "stdout").length > 20_000 ? 5000 : chunkBytes;
              for (const killAt of kills) await new Process(folder, limits, fifos, killAt).run(step);
              const last = new Process(folder, limits, fifos, undefined);
              await last.run(step);
              await last.sink.finish("stdout");
              await last.sink.finish("stderr");
              await last.sink.close(false);
              for (const stream of ["stdout", "stderr"] as const)
                expect(await logged(folder, stream)).toBe(given(chunks, stream));
            }),
        ),
        { numRuns: 40 },
      ),
    60_000,
  );

  test("a half line lives on over a restart in order, and over two", () =>
    inScratch(async (folder) => {
      for (const part of ["one ", "line ", "in ", "parts\nnext"]) {
        const fifos = { stdout: Buffer.from(part), stderr: Buffer.from("") };
        const process = new Process(folder, NO_ROTATION, fifos, undefined);
        await process.run(100);
        await process.sink.close(true);
      }
      const process = new Process(
        folder,
        NO_ROTATION,
        { stdout: Buffer.from(""), stderr: Buffer.from("") },
        undefined,
      );
      await process.run(100);
      await process.sink.finish("stdout");
      await process.sink.close(false);
      expect(await logged(folder, "stdout")).toBe("one line in parts\nnext\n");
    }));
});
