/** Who holds a lock on a file. */

import { afterAll, expect, test } from "bun:test";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryLock } from "../../../src/base/libc.ts";
import { lockHolder } from "../../../src/base/lock-holder.ts";

const folder = mkdtempSync(join(tmpdir(), "supercargo-lock-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a lock is found by its file, also over a link to its folder, and only while it is held", () => {
  mkdirSync(join(folder, "run"));
  symlinkSync("run", join(folder, "var-run"));
  const path = join(folder, "run/lock");
  const overLink = join(folder, "var-run/lock");
  expect(lockHolder(path)).toBeUndefined();
  writeFileSync(path, "");
  expect(lockHolder(path)).toBeUndefined();
  const descriptor = openSync(path, "r");
  expect(tryLock(descriptor)).toBe(true);
  expect([lockHolder(path), lockHolder(overLink)]).toEqual([process.pid, process.pid]);
  closeSync(descriptor);
  expect(lockHolder(overLink)).toBeUndefined();
});
