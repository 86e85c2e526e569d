import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { Turns } from "../../../src/base/turns.ts";
import { IntakeJournal } from "../../../src/logs/intake-journal.ts";
import { RecordBuffer, type StreamName } from "../../../src/logs/json-lines.ts";
import { LineSink } from "../../../src/logs/line-sink.ts";
import { LogFile, type LogLimits } from "../../../src/logs/log-file.ts";
import type { LogWriter } from "../../../src/logs/log-writer.ts";
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

/** A sink whose process can be killed in the middle of a write to the log; what was handed to it counts as read. */
function openSink(folder: string, limits: LogLimits, killAt: { write: number; share: number } | undefined) {
  const journal = new IntakeJournal(join(folder, "intake"));
  const file = new LogFile(folder, limits, () => 0);
  file.open("t", journal.load() !== undefined);
  let saves = 0;
  let writes = 0;
  const save = journal.save.bind(journal);
  const state = { isDead: false };
  journal.save = (parts) => {
    if (state.isDead) return;
    saves++;
    save(parts);
  };
  const writer: LogWriter = {
    write: (records) => {
      if (state.isDead) throw new Killed();
      writes++;
      if (killAt !== undefined && writes >= killAt.write && saves > 0) {
        // Up to any byte of it, as the kernel may.
        const part = Math.floor(records.length * killAt.share);
        const whole = records.lastIndexOf(10, part - 1) + 1;
        file.append(records.subarray(0, whole), "t");
        writeFileSync(file.path, records.subarray(whole, part), { flag: "a" });
        state.isDead = true;
        throw new Killed();
      }
      const { refused } = file.append(records, "t");
      if (refused !== undefined) throw refused;
      saves = 0;
      return undefined;
    },
    hurry: () => {},
    flush: () => Promise.resolve(),
  };
  const sink = new LineSink({
    file,
    writer,
    journal,
    keepEach: true,
    buffer: new RecordBuffer(),
    turns: new Turns(),
    clock: systemClock,
    log: silentLog,
  });
  return { sink, file, journal, state };
}

/** Resumes and pushes until the kill; answers the chunks that were not read by then. Neighbours of different streams go side by side. */
async function runUntilKilled(
  opened: ReturnType<typeof openSink>,
  chunks: readonly Chunk[],
): Promise<Chunk[]> {
  try {
    await opened.sink.resume();
    return await pushUntilKilled(opened, chunks);
  } catch (thrown) {
    if (thrown instanceof Killed) return [...chunks];
    throw thrown;
  } finally {
    if (opened.state.isDead) {
      opened.file.close();
      opened.journal.close();
    }
  }
}

async function pushUntilKilled(
  opened: ReturnType<typeof openSink>,
  chunks: readonly Chunk[],
): Promise<Chunk[]> {
  const unread = [...chunks];
  while (unread.length > 0 && !opened.state.isDead) {
    const jobs: Promise<void>[] = [];
    const streams = new Set<StreamName>();
    for (let next = unread[0]; next !== undefined && !streams.has(next.stream); next = unread[0]) {
      if (opened.state.isDead) break;
      unread.shift();
      streams.add(next.stream);
      const { stream, data } = next;
      jobs.push(
        (async () => {
          await opened.sink.push(stream, data);
        })(),
      );
    }
    for (const outcome of await Promise.allSettled(jobs))
      if (outcome.status === "rejected" && !(outcome.reason instanceof Killed)) throw outcome.reason;
  }
  return unread;
}

async function logged(folder: string, stream: StreamName): Promise<string> {
  let text = "";
  for await (const part of readLog(folder, -1, new AbortController().signal))
    for (const line of part.split("\n").slice(0, -1)) {
      const record: unknown = JSON.parse(line);
      if (Object(record).stream === stream) text += Object(record).log;
    }
  return text;
}

function given(chunks: readonly Chunk[], stream: StreamName): string {
  const text = Buffer.concat(
    chunks.filter((chunk) => chunk.stream === stream).map(({ data }) => data),
  ).toString();
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** Numbered, so that a line twice or in the wrong place shows. */
function build(shapes: readonly Shape[]): Chunk[] {
  return shapes.map(({ stream, before, lines, longBytes }, index) => {
    const numbered = Array.from({ length: lines }, (_, line) => `${index}:${line}\n`).join("");
    return { stream, data: Buffer.from(`${index}${before}${numbered}${"long ".repeat(longBytes / 5)}`) };
  });
}

const kill = fc.record({
  write: fc.integer({ min: 1, max: 12 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
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
    "a daemon killed at any byte of any write loses nothing that it had read and writes nothing twice: %s",
    (_, limits) =>
      fc.assert(
        fc.asyncProperty(
          fc.array(shape, { minLength: 1, maxLength: 8 }),
          fc.array(kill, { minLength: 1, maxLength: 3 }),
          (shapes, kills) =>
            inScratch(async (folder) => {
              const chunks = build(shapes);
              let unread = chunks;
              for (const killAt of kills)
                unread = await runUntilKilled(openSink(folder, limits, killAt), unread);
              const last = openSink(folder, limits, undefined);
              expect(await runUntilKilled(last, unread)).toEqual([]);
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

  test("a chunk whose last portion is one short line is not worked on twice", () =>
    inScratch(async (folder) => {
      const lines = Array.from({ length: 4840 }, (_, line) => `0:${line}\n`).join("");
      const first = openSink(folder, NO_ROTATION, undefined);
      await first.sink.push("stdout", Buffer.from(`0half${lines}`));
      const second = openSink(folder, NO_ROTATION, undefined);
      await second.sink.resume();
      await second.sink.close(false);
      await first.sink.close(false);
      expect(await logged(folder, "stdout")).toBe(`0half${lines}`);
    }));

  test("a half line lives on over a restart in order, and over two", () =>
    inScratch(async (folder) => {
      for (const part of ["one ", "line ", "in ", "parts\nnext"]) {
        const { sink } = openSink(folder, NO_ROTATION, undefined);
        await sink.resume();
        await sink.push("stdout", Buffer.from(part));
        await sink.close(true);
      }
      const { sink } = openSink(folder, NO_ROTATION, undefined);
      await sink.resume();
      await sink.finish("stdout");
      await sink.close(false);
      expect(await logged(folder, "stdout")).toBe("one line in parts\nnext\n");
    }));

  test("lines written one by one are not kept beside the log", () =>
    inScratch(async (folder) => {
      const { sink, journal } = openSink(folder, NO_ROTATION, undefined);
      for (let number = 0; number < 10; number++) await sink.push("stdout", Buffer.from(`${number}\n`));
      expect(() => readFileSync(journal.path)).toThrow("ENOENT");
      await sink.close(false);
    }));
});
