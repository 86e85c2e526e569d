import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { letGoOfFilePages, returnFilePages } from "../../../src/base/file-pages.ts";

/** What the look itself reads. */
const SLACK_KIB = 2048;

/** KiB of the runtime's own file that are mapped and not writable. */
function heldKib(): number {
  let isOwn = false;
  let sum = 0;
  for (const line of readFileSync("/proc/self/smaps", "utf8").split("\n")) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) isOwn = line.endsWith(process.execPath) && !line.includes(" rw");
    if (isOwn && line.startsWith("Rss:")) sum += Number(/\d+/.exec(line)?.[0]);
  }
  return sum;
}

test("giving file pages back hurts nothing: the process goes on and may hold fewer of them", () => {
  const before = heldKib();
  returnFilePages();
  // Pages that another process of the same file uses stay, so how many go is not ours to say.
  expect(before).toBeGreaterThan(0);
  expect(heldKib()).toBeLessThanOrEqual(before + SLACK_KIB);
  expect(JSON.parse(JSON.stringify({ cargo: [1, 2, 3] }))).toEqual({ cargo: [1, 2, 3] });
});

test("letting go of file pages leaves the process with fewer of them, whoever else uses the file", () => {
  const before = heldKib();
  letGoOfFilePages();
  expect(heldKib()).toBeLessThan(before / 2 + SLACK_KIB);
  expect(JSON.parse(JSON.stringify({ cargo: [1, 2, 3] }))).toEqual({ cargo: [1, 2, 3] });
});
