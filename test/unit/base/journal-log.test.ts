/** Levels on lines for the journal. */

import { describe, expect, test } from "bun:test";
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJournalSink, isJournal } from "../../../src/base/journal-log.ts";
import { createLog } from "../../../src/base/log.ts";

describe("lines for the journal", () => {
  test("begin with the priority of their level, and levels that are not wanted stay out", () => {
    let text = "";
    const add = (line: string) => {
      text += line;
    };
    const log = createLog(
      "daemon",
      createJournalSink(
        add,
        () => "DEBUG",
        () => "T",
      ),
    );
    log.error("e");
    log.warn("w");
    log.info("i", { container: "a b" });
    log.debug("d");
    log.trace("t");
    expect(text.split("\n")).toEqual([
      '<3>time="T" level=error msg="e" module=daemon',
      '<4>time="T" level=warning msg="w" module=daemon',
      '<6>time="T" level=info msg="i" module=daemon container="a b"',
      '<7>time="T" level=debug msg="d" module=daemon',
      "",
    ]);
  });

  test("are written only to the descriptor that the journal opened", () => {
    const folder = mkdtempSync(join(tmpdir(), "supercargo-journal-"));
    const descriptor = openSync(join(folder, "stream"), "w");
    try {
      const { dev, ino } = fstatSync(descriptor);
      expect(isJournal(descriptor, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true);
      expect(isJournal(descriptor, { JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false);
      expect(isJournal(descriptor, {})).toBe(false);
    } finally {
      closeSync(descriptor);
      rmSync(folder, { recursive: true });
    }
  });
});
