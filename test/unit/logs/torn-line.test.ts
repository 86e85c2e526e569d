import { describe, expect, test } from "bun:test";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordOf } from "../../../src/logs/json-lines.ts";
import { LogFile } from "../../../src/logs/log-file.ts";
import { inScratch } from "./scratch.ts";

const STAMP = "2026-11-21T00:00:00Z";
const WHOLE = Buffer.from(recordOf("stdout", "before", STAMP));
const TEXT = 'grün "quoted" \\ tab\t <b> € 😀 \u2028 end';

function parsedLines(path: string): unknown[] {
  const text = readFileSync(path, "utf8");
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

function reopened(folder: string, content: Uint8Array): { lines: unknown[]; repair: unknown } {
  const path = join(folder, "json.log");
  writeFileSync(path, content);
  const file = new LogFile(folder, { maxBytes: 1e6, maxFiles: 2 }, () => 0);
  const repair = file.open(STAMP);
  file.append(recordOf("stdout", "after", STAMP), STAMP);
  file.close();
  return { lines: parsedLines(path), repair };
}

describe("a log that ends in the middle of a line", () => {
  test("cut off after any byte, every line can be read again and the text that was there is kept", () =>
    inScratch((folder) => {
      const torn = Buffer.from(recordOf("stderr", TEXT, STAMP));
      for (let length = 0; length < torn.length; length++) {
        const { lines } = reopened(folder, Buffer.concat([WHOLE, torn.subarray(0, length)]));
        expect(lines[0]).toHaveProperty("log", "before\n");
        expect(lines.at(-1)).toHaveProperty("log", "after\n");
        expect(lines.length === 2 || lines.length === 3).toBe(true);
        const kept = lines.length === 3 ? lines[1] : undefined;
        if (kept === undefined) continue;
        expect(kept).toHaveProperty("stream", "stderr");
        const log = JSON.stringify(kept).includes("log") ? Object(kept).log : "";
        expect(`${TEXT}\n`.startsWith(String(log).replace(/\n$/, ""))).toBe(true);
      }
      const all = reopened(folder, Buffer.concat([WHOLE, torn.subarray(0, torn.length - 1)]));
      expect(all.lines[1]).toHaveProperty("log", `${TEXT}\n`);
    }));

  test("zeros that a power cut left are cut off", () =>
    inScratch((folder) => {
      const { lines, repair } = reopened(folder, Buffer.concat([WHOLE, Buffer.alloc(5000)]));
      expect(lines.length).toBe(2);
      expect(repair).toEqual({ cutBytes: 5000, completed: false });
      const half = Buffer.concat([WHOLE, WHOLE.subarray(0, 30), Buffer.alloc(100)]);
      expect(reopened(folder, half).lines[1]).toHaveProperty("log", "befo\n");
    }));

  test("a whole, an empty and a missing log are left alone", () =>
    inScratch((folder) => {
      expect(reopened(folder, WHOLE).repair).toBeUndefined();
      expect(reopened(folder, new Uint8Array(0)).repair).toBeUndefined();
    }));

  test("something else at the end is cut off, a long foreign line is kept as one", () =>
    inScratch((folder) => {
      expect(reopened(folder, Buffer.concat([WHOLE, Buffer.from('{"log":"foreign')])).lines.length).toBe(2);
      const path = join(folder, "json.log");
      writeFileSync(path, "f".repeat(200_000));
      const file = new LogFile(folder, { maxBytes: 1e6, maxFiles: 2 }, () => 0);
      file.open(STAMP);
      file.close();
      expect(readFileSync(path, "utf8").length).toBe(200_001);
      appendFileSync(path, "x");
    }));
});
