import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takeRunLock } from "../../../src/bin/run-lock.ts";

const LIMIT = AbortSignal.timeout(60_000);
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function take(execRoot: string, home: string, patienceMs = 60): Promise<Disposable> {
  return takeRunLock(join(folder, execRoot), join(folder, home), "/run/cm.sock", LIMIT, patienceMs);
}

test("a second daemon is refused, with the address of the first", async () => {
  using _first = await take("run", "home");
  await expect(take("run", "other")).rejects.toThrow(
    "another instance of container-management is already running at /run/cm.sock",
  );
});

test("a second daemon on the same home is refused although all else is its own, and leaves nothing locked", async () => {
  {
    using _first = await take("run", "home");
    await expect(take("other", "home")).rejects.toThrow(
      `another instance of container-management already uses the home ${folder}/home`,
    );
    using _elsewhere = await take("other", "elsewhere");
  }
  using _next = await take("run", "home");
});

test("a lock that what a killed daemon was starting still holds for a moment is waited for", async () => {
  const first = await take("run", "home");
  const second = take("run", "home", 30_000);
  first[Symbol.dispose]();
  using _second = await second;
});

test("the folder is made for all to pass through and nobody to list, the lock is the daemon's own", async () => {
  using _lock = await take("deep/run", "deep/home");
  const mode = (name: string) => statSync(join(folder, name)).mode & 0o777;
  expect([mode("deep/run"), mode("deep/home"), mode("deep/run/lock")]).toEqual([0o711, 0o711, 0o600]);
});

test("a folder that cannot be made is named", async () => {
  await expect(takeRunLock("/proc/nowhere", folder, "", LIMIT)).rejects.toThrow(
    "unable to open /proc/nowhere/lock for locking",
  );
});
