import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { recordOf } from "../../../src/logs/json-lines.ts";
import { LogFile } from "../../../src/logs/log-file.ts";
import { inScratch } from "./scratch.ts";

const STAMP = "2024-06-28T07:35:21Z";
/** 100 bytes. */
const RECORD = recordOf("stdout", "x".repeat(100 - recordOf("stdout", "", STAMP).length), STAMP);

function records(count: number): Uint8Array {
  return Buffer.concat(Array.from({ length: count }, () => RECORD));
}

function sizes(folder: string): Record<string, number> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, statSync(join(folder, name)).size]),
  );
}

describe("the log file and its rotation", () => {
  test("a disk that refuses the first byte has taken nothing, whichever way it is written", async () => {
    await inScratch(async (folder) => {
      const file = new LogFile(folder, { maxBytes: 1e6, maxFiles: 2 }, () => 0);
      symlinkSync("/dev/full", join(folder, "json.log"));
      const now = file.append(records(3), STAMP);
      expect([now.written, String(now.refused).includes("ENOSPC")]).toEqual([0, true]);
      const behind = await file.appendBehind(records(3), STAMP);
      expect([behind.written, String(behind.refused).includes("ENOSPC")]).toEqual([0, true]);
      expect(file.state.size).toBe(0);
      file.close();
    });
  });

  test("a file is rotated before the write that finds it at its limit, and never earlier", () =>
    inScratch((folder) => {
      const file = new LogFile(folder, { maxBytes: 300, maxFiles: 3 }, () => 0);
      file.append(records(2), STAMP);
      expect(sizes(folder)).toEqual({ "json.log": 200 });
      file.append(RECORD, STAMP);
      expect(sizes(folder)).toEqual({ "json.log": 300 });
      file.append(RECORD, STAMP);
      expect(sizes(folder)).toEqual({ "json.log": 100, "json.log.1": 300 });
      file.close();
    }));

  test("a batch is cut at the records where single writes would have rotated", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 1500 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (lengths, maxBytes, maxFiles, isBehind) => {
          await inScratch(async (folder) => {
            const lines = lengths.map((length, index) =>
              recordOf("stdout", `${index}${"y".repeat(length)}`, STAMP),
            );
            const one = new LogFile(join(folder, "one"), { maxBytes, maxFiles }, () => 0);
            for (const line of lines) one.append(line, STAMP);
            const batch = new LogFile(join(folder, "batch"), { maxBytes, maxFiles }, () => 0);
            const all = Buffer.concat(lines);
            const { written } = isBehind ? await batch.appendBehind(all, STAMP) : batch.append(all, STAMP);
            expect(written).toBe(all.length);
            one.close();
            batch.close();
            expect(sizes(join(folder, "batch"))).toEqual(sizes(join(folder, "one")));
            for (const name of readdirSync(join(folder, "one")))
              expect(readFileSync(join(folder, "batch", name))).toEqual(
                readFileSync(join(folder, "one", name)),
              );
          });
        },
      ),
      { numRuns: 60 },
    ));

  test("max_files counts the current file: 1 starts it anew, 3 keeps two older ones", () =>
    inScratch((folder) => {
      const single = new LogFile(join(folder, "a"), { maxBytes: 100, maxFiles: 1 }, () => 0);
      for (let count = 0; count < 5; count++) single.append(RECORD, STAMP);
      single.close();
      expect(sizes(join(folder, "a"))).toEqual({ "json.log": 100 });
      const three = new LogFile(join(folder, "b"), { maxBytes: 100, maxFiles: 3 }, () => 0);
      for (let count = 0; count < 9; count++) three.append(RECORD, STAMP);
      three.close();
      expect(sizes(join(folder, "b"))).toEqual({ "json.log": 100, "json.log.1": 100, "json.log.2": 100 });
    }));

  test("files over a lowered number are taken away at the next rotation", () =>
    inScratch((folder) => {
      for (const name of ["json.log.1", "json.log.2", "json.log.3", "json.log.4"])
        writeFileSync(join(folder, name), `${name}\n`);
      const file = new LogFile(folder, { maxBytes: 100, maxFiles: 2 }, () => 0);
      file.append(records(2), STAMP);
      file.close();
      expect(readdirSync(folder).sort()).toEqual(["json.log", "json.log.1"]);
    }));

  test("a file over the limit from before is rotated first", () =>
    inScratch((folder) => {
      writeFileSync(join(folder, "json.log"), records(5));
      const file = new LogFile(folder, { maxBytes: 200, maxFiles: 2 }, () => 0);
      file.append(RECORD, STAMP);
      file.close();
      expect(sizes(folder)).toEqual({ "json.log": 100, "json.log.1": 500 });
    }));

  test("a file emptied or deleted by somebody goes on", () =>
    inScratch((folder) => {
      let nowMs = 0;
      const file = new LogFile(folder, { maxBytes: 300, maxFiles: 2 }, () => nowMs);
      file.append(records(3), STAMP);
      truncateSync(file.path, 0);
      file.append(RECORD, STAMP);
      expect(sizes(folder)).toEqual({ "json.log": 100 });
      rmSync(file.path);
      nowMs += 1000;
      file.append(RECORD, STAMP);
      expect(sizes(folder)).toEqual({ "json.log": 100 });
      file.close();
    }));

  test("the folder can be entered by others, also one that Kanto made without that right; the file is 0644", () =>
    inScratch((folder) => {
      const made = join(folder, "made", "id");
      const kantos = join(folder, "kantos");
      mkdirSync(kantos);
      chmodSync(kantos, 0o644);
      for (const path of [made, kantos]) {
        const file = new LogFile(path, { maxBytes: 300, maxFiles: 2 }, () => 0);
        file.open(STAMP);
        file.close();
        expect(statSync(path).mode & 0o111).toBe(0o111);
        expect(statSync(join(path, "json.log")).mode & 0o777).toBe(0o644);
      }
    }));

  test("a write that fails is answered with what is in the file", () =>
    inScratch((folder) => {
      writeFileSync(join(folder, "plain"), "");
      const file = new LogFile(join(folder, "plain", "id"), { maxBytes: 300, maxFiles: 2 }, () => 0);
      const { written, refused } = file.append(records(2), STAMP);
      expect(written).toBe(0);
      expect(String(refused)).toContain("ENOTDIR");
      expect(existsSync(file.path)).toBe(false);
    }));

  test("the state names the very file and size, and is the same for the next one who opens it", () =>
    inScratch((folder) => {
      const file = new LogFile(folder, { maxBytes: 300, maxFiles: 2 }, () => 0);
      file.append(records(2), STAMP);
      const before = file.state;
      file.close();
      const again = new LogFile(folder, { maxBytes: 300, maxFiles: 2 }, () => 0);
      again.open(STAMP);
      expect(again.state).toEqual(before);
      again.append(records(2), STAMP);
      expect(again.state).not.toEqual(before);
      again.close();
    }));
});

test("a million files wanted costs no time at a rotation", () =>
  inScratch((folder) => {
    const file = new LogFile(folder, { maxBytes: 100, maxFiles: 1e12 }, () => 0);
    for (let line = 0; line < 4; line++) file.append(RECORD, STAMP);
    expect(Object.keys(sizes(folder))).toEqual(["json.log", "json.log.1", "json.log.2", "json.log.3"]);
    file.close();
  }));
