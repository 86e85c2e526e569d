import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, type LogLevel } from "../../../src/base/log.ts";
import { RotatingFile } from "../../../src/base/rotating-file.ts";
import { createTextSink } from "../../../src/base/text-log.ts";

describe("the daemon's log", () => {
  test("a line has time, level, message, module and fields; values with blanks are quoted", () => {
    const lines: string[] = [];
    const sink = createTextSink(
      (line) => lines.push(line),
      () => "INFO",
      () => "T",
    );
    createLog("manager", sink).warn("it waits", { container: "web", reason: 'no "luck"', absent: undefined });
    expect(lines).toEqual([
      'time="T" level=warning msg="it waits" module=manager container=web reason="no \\"luck\\""\n',
    ]);
  });

  test("the level can change while running", () => {
    const lines: string[] = [];
    let level: LogLevel = "INFO";
    const log = createLog(
      "x",
      createTextSink(
        (line) => lines.push(line),
        () => level,
        () => "T",
      ),
    );
    log.debug("hidden");
    level = "DEBUG";
    log.debug("shown");
    expect(lines).toHaveLength(1);
  });

  test("a file at its size moves aside, the oldest goes", () => {
    const folder = mkdtempSync(join(tmpdir(), "supercargo-log-"));
    try {
      const file = new RotatingFile(join(folder, "deep/daemon.log"), {
        maxBytes: 10,
        maxFiles: 2,
        maxAgeMs: 1e9,
      });
      for (const text of ["one 12345\n", "two 12345\n", "three 345\n", "four 2345\n"]) file.write(text);
      file.close();
      const names = readdirSync(join(folder, "deep")).sort();
      expect(names).toEqual(["daemon.log", "daemon.log.1", "daemon.log.2"]);
      expect(names.map((name) => readFileSync(join(folder, "deep", name), "utf8"))).toEqual([
        "four 2345\n",
        "three 345\n",
        "two 12345\n",
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
