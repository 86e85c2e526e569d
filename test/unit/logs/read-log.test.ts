import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { recordOf } from "../../../src/logs/json-lines.ts";
import { LogFile } from "../../../src/logs/log-file.ts";
import { readLog } from "../../../src/logs/read-log.ts";
import { inScratch } from "./scratch.ts";

const STAMP = "2026-11-21T00:00:00Z";
const never = new AbortController().signal;

function line(text: string): string {
  return Buffer.from(recordOf("stdout", text, STAMP)).toString("utf8");
}

async function read(folder: string, tail: number): Promise<string[]> {
  return Array.fromAsync(readLog(folder, { tail }, never));
}

/** As an answer to `tail` n: no line ends but the last. */
function asTail(lines: readonly string[]): string[] {
  return lines.map((text, index) => (index === lines.length - 1 ? text : text.slice(0, -1)));
}

async function thrownBy(job: Promise<unknown>): Promise<unknown> {
  try {
    await job;
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe("reading a log back", () => {
  test("the first line of the file, a one-line file and non-ASCII text are there", () =>
    inScratch(async (folder) => {
      writeFileSync(join(folder, "json.log"), line("ä € 😀"));
      expect(await read(folder, 1)).toEqual([line("ä € 😀")]);
      expect(await read(folder, 100)).toEqual([line("ä € 😀")]);
      expect(await read(folder, -1)).toEqual([line("ä € 😀")]);
      appendFileSync(join(folder, "json.log"), line("second"));
      expect(await read(folder, 8)).toEqual([line("ä € 😀").slice(0, -1), line("second")]);
    }));

  test("any number of last lines over any rotated files is the end of all lines", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 12 }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.integer({ min: 1, max: 60 }),
        async (files, tail) => {
          await inScratch(async (folder) => {
            const all: string[] = [];
            for (const [index, lengths] of files.entries()) {
              const lines = lengths.map((length, number) => line(`${index}/${number} ${"é".repeat(length)}`));
              all.push(...lines);
              const number = files.length - 1 - index;
              writeFileSync(join(folder, number === 0 ? "json.log" : `json.log.${number}`), lines.join(""));
            }
            expect(await read(folder, tail)).toEqual(asTail(all.slice(-tail)));
            expect((await read(folder, -1)).join("")).toBe(all.join(""));
          });
        },
      ),
      { numRuns: 60 },
    ));

  test("lines longer than a block and piece records are read whole", () =>
    inScratch(async (folder) => {
      const long = line("x".repeat(300_000));
      writeFileSync(join(folder, "json.log"), line("a") + long + line("b"));
      expect(await read(folder, 2)).toEqual(asTail([long, line("b")]));
      expect(await read(folder, 3)).toEqual(asTail([line("a"), long, line("b")]));
    }));

  test("everything comes in texts of at most 3 MiB, each ending with a line", () =>
    inScratch(async (folder) => {
      const part = line("y".repeat(100)).repeat(30_000);
      writeFileSync(join(folder, "json.log.1"), part);
      writeFileSync(join(folder, "json.log"), part);
      const texts = await read(folder, -1);
      expect(texts.join("")).toBe(part + part);
      for (const text of texts) {
        expect(text.length).toBeLessThanOrEqual(3 * 1024 * 1024);
        expect(text.endsWith("\n")).toBe(true);
      }
    }));

  test("an empty log is one empty text, no last lines, and zero lines are none", () =>
    inScratch(async (folder) => {
      writeFileSync(join(folder, "json.log"), "");
      expect(await read(folder, -1)).toEqual([""]);
      expect(await read(folder, 5)).toEqual([]);
      writeFileSync(join(folder, "json.log"), line("a"));
      expect(await read(folder, 0)).toEqual([]);
    }));

  test("a half line at the end is left out", () =>
    inScratch(async (folder) => {
      writeFileSync(join(folder, "json.log"), line("a") + line("b").slice(0, 20));
      expect(await read(folder, 5)).toEqual([line("a")]);
      expect(await read(folder, -1)).toEqual([line("a")]);
      writeFileSync(join(folder, "json.log"), "half");
      expect(await read(folder, -1)).toEqual([""]);
    }));

  test("a missing log says where it was looked for", () =>
    inScratch(async (folder) => {
      const missing = join(folder, "id");
      const thrown = await thrownBy(read(missing, -1));
      expect(String(thrown)).toContain(`log file not found ${missing}/json.log`);
      expect(thrown).toHaveProperty("code", "SC_LOG_NOT_FOUND");
      mkdirSync(missing);
      expect(await thrownBy(read(missing, 0))).toHaveProperty("code", "SC_LOG_NOT_FOUND");
    }));

  test("a rotation in the middle of a rotation (no json.log yet) hides nothing", () =>
    inScratch(async (folder) => {
      writeFileSync(join(folder, "json.log.1"), line("a"));
      expect(await read(folder, 5)).toEqual([line("a")]);
    }));

  test("while lines are written and files rotated, a reading is one unbroken run of lines", () =>
    inScratch(async (folder) => {
      const file = new LogFile(folder, { maxBytes: 20_000, maxFiles: 4 }, () => 0);
      let written = 0;
      const write = (count: number): void => {
        for (let number = 0; number < count; number++)
          file.append(recordOf("stdout", String(written++).padStart(8, "0"), STAMP), STAMP);
      };
      write(900);
      for (const tail of [-1, 1, 50, 10_000]) {
        for (let round = 0; round < 10; round++) {
          const numbers: number[] = [];
          for await (const text of readLog(folder, { tail }, never)) {
            for (const found of text.matchAll(/"log":"(\d+)/g)) numbers.push(Number(found[1]));
            write(7);
          }
          write(100);
          expect(numbers.length).toBeGreaterThan(0);
          const first = numbers[0] ?? 0;
          expect(numbers).toEqual(numbers.map((_, index) => first + index));
        }
      }
      file.close();
    }));

  test("an aborted reading ends with the signal's reason and gives its files back", () =>
    inScratch(async (folder) => {
      writeFileSync(join(folder, "json.log"), line("z".repeat(1000)).repeat(5000));
      const controller = new AbortController();
      const reason = new Error("enough");
      const job = async (): Promise<void> => {
        for await (const text of readLog(folder, { tail: 4000 }, controller.signal)) {
          expect(text.length).toBeGreaterThan(0);
          controller.abort(reason);
        }
      };
      expect(await thrownBy(job())).toBe(reason);
    }));
});
