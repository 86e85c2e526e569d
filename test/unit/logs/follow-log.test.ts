import { describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { until } from "../../../scripts/demo/until.ts";
import { settle } from "../../../src/base/virtual-clock.ts";
import { followLog } from "../../../src/logs/follow-log.ts";
import { recordOf } from "../../../src/logs/json-lines.ts";
import { LogFile } from "../../../src/logs/log-file.ts";
import { LogNews } from "../../../src/logs/log-news.ts";
import { inScratch } from "./scratch.ts";

const STAMP = "2026-11-21T00:00:00Z";

/** A log that is written, and one who follows it. */
class Scene {
  readonly news = new LogNews();
  readonly file: LogFile;
  readonly until = new AbortController();
  readonly cancel = new AbortController();
  written = 0;

  constructor(
    readonly folder: string,
    limits = { maxBytes: 2000, maxFiles: 3 },
  ) {
    this.file = new LogFile(folder, limits, () => 0, this.news);
  }

  write(count: number, stamp = STAMP): void {
    for (let number = 0; number < count; number++)
      this.file.append(recordOf("stdout", `line ${this.written++}`, stamp), stamp);
  }

  follow(tail: number, since?: string): AsyncGenerator<string, void, undefined> {
    const parts = { folder: this.folder, news: this.news, stamp: () => STAMP };
    const query = { tail, followUntil: this.until.signal, ...(since === undefined ? {} : { since }) };
    return followLog(parts, query, this.cancel.signal);
  }
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(/"log":"line (\d+)/g)].map((found) => Number(found[1]));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

async function collect(texts: AsyncIterable<string>, into: number[]): Promise<void> {
  for await (const text of texts) {
    expect(text.endsWith("\n")).toBe(true);
    into.push(...numbersIn(text));
  }
}

describe("following a log", () => {
  test("gives what is there and every line that comes, over any number of rotations, and ends when told", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -1, max: 20 }),
        fc.integer({ min: 2, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 25 }),
        async (tail, maxFiles, bursts) => {
          await inScratch(async (folder) => {
            const scene = new Scene(folder, { maxBytes: 1200, maxFiles });
            scene.write(5);
            const got: number[] = [];
            const done = collect(scene.follow(tail), got);
            await settle();
            for (const burst of bursts) {
              scene.write(burst);
              // As long as the reader is not slower than a rotation.
              const hasAll = () =>
                got.at(-1) === scene.written - 1 || (got.length === 0 && scene.written === 5);
              await until(hasAll, "the follower has this burst");
            }
            scene.until.abort();
            await done;
            expect(got).toEqual(range(tail < 0 ? 0 : Math.max(0, 5 - tail), scene.written));
            scene.file.close();
          });
        },
      ),
      { numRuns: 40 },
    ));

  test("waits for a log that is not there yet", () =>
    inScratch(async (folder) => {
      const scene = new Scene(join(folder, "later"));
      const got: number[] = [];
      const done = collect(scene.follow(-1), got);
      await settle();
      scene.write(3);
      scene.until.abort();
      await done;
      expect(got).toEqual([0, 1, 2]);
    }));

  test("a reader that is overtaken by rotations is told how many files it missed, and goes on", () =>
    inScratch(async (folder) => {
      const scene = new Scene(folder, { maxBytes: 1000, maxFiles: 2 });
      scene.write(2);
      const texts = scene.follow(-1);
      const first = await texts.next();
      expect(numbersIn(String(first.value))).toEqual([0, 1]);
      scene.write(100);
      scene.until.abort();
      const rest: string[] = [];
      for await (const text of texts) rest.push(text);
      const said = rest.filter((text) => text.includes("[supercargo]"));
      expect(said).toHaveLength(1);
      expect(JSON.parse(String(said[0]))).toMatchObject({ stream: "stderr" });
      const numbers = numbersIn(rest.join(""));
      // Its own file to the end, then what is left of the log.
      expect(numbers.slice(0, 3)).toEqual([2, 3, 4]);
      expect(numbers.at(-1)).toBe(101);
      const gaps = numbers.filter((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1);
      expect(gaps).toHaveLength(1);
      const missing = 102 - 2 - numbers.length;
      const linesPerFile = Math.ceil(1000 / Buffer.byteLength(recordOf("stdout", "line 10", STAMP)));
      const files = Number(/left out: (\d+)/.exec(String(said[0]))?.[1]);
      expect(Math.abs(missing - files * linesPerFile)).toBeLessThanOrEqual(linesPerFile);
    }));

  test("one file only: nothing is said when nothing was missed", () =>
    inScratch(async (folder) => {
      const scene = new Scene(folder, { maxBytes: 500, maxFiles: 1 });
      scene.write(1);
      const got: number[] = [];
      const texts: string[] = [];
      const done = (async () => {
        for await (const text of scene.follow(-1)) {
          texts.push(text);
          got.push(...numbersIn(text));
        }
      })();
      for (let burst = 0; burst < 10; burst++) {
        scene.write(4);
        await until(() => got.at(-1) === scene.written - 1, "the follower has this burst");
      }
      scene.until.abort();
      await done;
      expect(got).toEqual(range(0, 41));
      expect(texts.join("")).not.toContain("[supercargo]");
    }));

  test("an emptied and a deleted file are followed on", () =>
    inScratch(async (folder) => {
      let nowMs = 0;
      const news = new LogNews();
      const file = new LogFile(folder, { maxBytes: 1e6, maxFiles: 2 }, () => nowMs, news);
      const end = new AbortController();
      const write = (text: string) => file.append(recordOf("stdout", text, STAMP), STAMP);
      const got: string[] = [];
      const done = (async () => {
        const parts = { folder, news, stamp: () => STAMP };
        const query = { tail: -1, followUntil: end.signal };
        for await (const text of followLog(parts, query, new AbortController().signal)) got.push(text);
      })();
      const seen = async (text: string) => {
        await until(() => got.join("").includes(text), text);
      };
      write("a long first line");
      await seen("a long");
      truncateSync(join(folder, "json.log"), 0);
      write("b");
      await seen('"b');
      rmSync(join(folder, "json.log"));
      nowMs += 5000;
      write("c");
      await seen('"c');
      end.abort();
      await done;
      expect(got.join("").match(/"log":"[^"]*/g)).toEqual([
        '"log":"a long first line\\n',
        '"log":"b\\n',
        '"log":"c\\n',
      ]);
    }));

  test("a half line is not given before it is whole", () =>
    inScratch(async (folder) => {
      const scene = new Scene(folder);
      scene.write(1);
      const got: string[] = [];
      const done = (async () => {
        for await (const text of scene.follow(-1)) got.push(text);
      })();
      await settle();
      const whole = Buffer.from(recordOf("stdout", "half", STAMP));
      appendFileSync(join(folder, "json.log"), whole.subarray(0, 20));
      scene.news.grew(join(folder, "json.log"));
      await settle(60);
      expect(got.join("")).not.toContain("half");
      appendFileSync(join(folder, "json.log"), whole.subarray(20));
      scene.until.abort();
      await done;
      expect(got.join("")).toContain("half");
    }));

  test("a removed log is read to its end; a cancelled following ends with the reason and gives all files back", () =>
    inScratch(async (folder) => {
      const own = () => readdirSync("/proc/self/fd").length;
      const inner = join(folder, "c");
      const before = own();
      const scene = new Scene(inner, { maxBytes: 1e6, maxFiles: 2 });
      scene.write(1);
      const texts = scene.follow(-1);
      expect(numbersIn(String((await texts.next()).value))).toEqual([0]);
      scene.write(2);
      scene.file.close();
      rmSync(inner, { recursive: true });
      scene.until.abort();
      expect(numbersIn(String((await texts.next()).value))).toEqual([1, 2]);
      expect((await texts.next()).done).toBe(true);
      expect(existsSync(inner)).toBe(false);

      const other = new Scene(folder);
      other.write(1);
      const cancelled = other.follow(-1);
      await cancelled.next();
      const waiting = cancelled.next().catch((thrown: unknown) => thrown);
      await settle();
      const reason = new Error("enough");
      other.cancel.abort(reason);
      expect(await waiting).toBe(reason);
      other.file.close();
      expect(own()).toBe(before);
    }));

  test("the 65th follower of one log is refused, others are not hit", () =>
    inScratch(async (folder) => {
      const scene = new Scene(folder);
      scene.write(1);
      const all = Array.from({ length: 64 }, () => scene.follow(-1));
      for (const each of all) await each.next();
      const refused = await scene
        .follow(-1)
        .next()
        .catch((thrown: unknown) => thrown);
      expect(refused).toHaveProperty("code", "SC_OUTPUT_LIMIT");
      await all[0]?.return();
      expect((await scene.follow(-1).next()).done).toBe(false);
      for (const each of all) await each.return();
    }));

  test("since holds for what is there and for what comes", () =>
    inScratch(async (folder) => {
      const scene = new Scene(folder, { maxBytes: 300, maxFiles: 9 });
      const minute = (number: number) => `2026-11-21T00:0${number}:00Z`;
      for (let number = 0; number < 6; number++) scene.write(1, minute(number));
      const got: number[] = [];
      const done = collect(scene.follow(-1, "2026-11-21T01:03:00+01:00"), got);
      await settle(60);
      scene.write(1, minute(1));
      scene.write(1, minute(7));
      scene.until.abort();
      await done;
      expect(got).toEqual([3, 4, 5, 7]);
      writeFileSync(join(folder, "other"), "");
      const refused = await scene
        .follow(-1, "yesterday")
        .next()
        .catch((thrown: unknown) => thrown);
      expect(refused).toHaveProperty("code", "SC_LOG_QUERY_INVALID");
    }));
});
