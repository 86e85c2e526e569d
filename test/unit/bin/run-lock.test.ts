import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takeRunLock } from "../../../src/bin/run-lock.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function take(execRoot: string, home: string): Disposable {
  return takeRunLock(join(folder, execRoot), join(folder, home), "/run/cm.sock");
}

test("a second daemon is refused, with the address of the first", () => {
  using _first = take("run", "home");
  expect(() => take("run", "other")).toThrow(
    "another instance of container-management is already running at /run/cm.sock",
  );
});

test("a second daemon on the same home is refused although all else is its own, and leaves nothing locked", () => {
  {
    using _first = take("run", "home");
    expect(() => take("other", "home")).toThrow(
      `another instance of container-management already uses the home ${folder}/home`,
    );
    using _elsewhere = take("other", "elsewhere");
  }
  using _next = take("run", "home");
});

test("a folder that cannot be made is named", () => {
  expect(() => takeRunLock("/proc/nowhere", folder, "")).toThrow(
    "unable to open /proc/nowhere/lock for locking",
  );
});
