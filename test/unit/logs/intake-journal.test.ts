import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { IntakeJournal } from "../../../src/logs/intake-journal.ts";
import { inScratch } from "./scratch.ts";

const LOG = { inode: 77, size: 5_000_000_000 };

const bytes = (text: string): Uint8Array => Buffer.from(text);

function save(journal: IntakeJournal, portion: string, otherRest = ""): void {
  journal.save(LOG, "stderr", bytes(portion.slice(0, 2)), bytes(portion.slice(2)), bytes(otherRest));
}

function loaded(path: string): string[] | undefined {
  const intake = new IntakeJournal(path).load();
  if (intake === undefined) return undefined;
  expect(intake.log).toEqual(LOG);
  expect(intake.stream).toBe("stderr");
  return [intake.portion, intake.otherRest].map((part) => Buffer.from(part).toString());
}

describe("output kept until it is in the log", () => {
  test("the last entry is found again, whatever was there before", () =>
    inScratch((folder) => {
      const path = join(folder, "intake");
      expect(loaded(path)).toBeUndefined();
      const journal = new IntakeJournal(path);
      save(journal, "portion", "other");
      expect(loaded(path)).toEqual(["portion", "other"]);
      save(journal, "x".repeat(50_000), "y");
      expect(loaded(path)).toEqual(["x".repeat(50_000), "y"]);
      save(journal, "", "z");
      expect(loaded(path)).toEqual(["", "z"]);
      save(journal, "short");
      expect(loaded(path)).toEqual(["short", ""]);
      journal.close();
    }));

  test("a kill in the middle of an entry leaves the one before", () =>
    inScratch((folder) => {
      const path = join(folder, "intake");
      const journal = new IntakeJournal(path);
      save(journal, "oldest");
      save(journal, "before", "rest");
      const before = readFileSync(path);
      save(journal, "after", "other");
      journal.close();
      const after = readFileSync(path);
      const place = 128 * 1024;
      for (let length = 0; length < 70; length++) {
        const mixed = Buffer.from(before);
        after.copy(mixed, place, place, place + length);
        writeFileSync(path, mixed);
        expect(loaded(path)?.[0]).toBe("before");
      }
      writeFileSync(path, after);
      expect(loaded(path)?.[0]).toBe("after");
      truncateSync(path, 10);
      expect(loaded(path)).toBeUndefined();
    }));

  test("what may still be in the FIFO is told until it is released, also by the next process", () =>
    inScratch((folder) => {
      const path = join(folder, "intake");
      const held = (): number | undefined => new IntakeJournal(path).load()?.heldBytes;
      const first = new IntakeJournal(path);
      save(first, "ab12345");
      expect(held()).toBe(5);
      first.markReleased();
      expect(held()).toBe(0);
      save(first, "ab123");
      first.close();
      expect(held()).toBe(3);
      const second = new IntakeJournal(path);
      second.load();
      second.markReleased();
      second.close();
      expect(held()).toBe(0);
      expect(loaded(path)).toEqual(["ab123", ""]);
    }));

  test("the next process goes on without spoiling the last entry", () =>
    inScratch((folder) => {
      const path = join(folder, "intake");
      const first = new IntakeJournal(path);
      for (let round = 0; round < 3; round++) save(first, `first ${round}`);
      first.close();
      const second = new IntakeJournal(path);
      second.load();
      save(second, "second");
      second.close();
      const bytes = readFileSync(path).toString("latin1");
      expect(bytes).toContain("first 2");
      expect(loaded(path)?.[0]).toBe("second");
    }));

  test("more than there is room for is refused, nothing is made before the first entry", () =>
    inScratch((folder) => {
      const path = join(folder, "intake");
      const journal = new IntakeJournal(path);
      expect(existsSync(path)).toBe(false);
      expect(() => save(journal, "x".repeat(200_000))).toThrow(RangeError);
    }));
});
