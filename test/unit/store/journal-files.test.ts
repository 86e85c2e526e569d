import { expect, test } from "bun:test";
import { openJournal } from "../../../src/store/journal-files.ts";
import { MemoryDisk } from "./memory-disk.ts";

const HOME = "/home";

function disk(): MemoryDisk {
  const made = new MemoryDisk();
  made.makeFolder(HOME);
  return made;
}

test("notes are read back by key until they are removed", () => {
  const files = disk();
  const journal = openJournal(HOME, files);
  expect(journal.entries().entries.size).toBe(0);
  journal.write("replace/web", { step: "stop" });
  journal.write("replace/web", { step: "start" });
  journal.write("create/a.b", ["x", null, 1]);
  journal.remove("none");
  expect([...openJournal(HOME, files).entries().entries]).toEqual([
    ["create/a.b", ["x", null, 1]],
    ["replace/web", { step: "start" }],
  ]);
  journal.remove("replace/web");
  expect([...openJournal(HOME, files).entries().entries.keys()]).toEqual(["create/a.b"]);
});

test("no key leaves the folder, hides in it or meets another", () => {
  const files = disk();
  const journal = openJournal(HOME, files);
  const keys = ["../../etc/passwd", ".", "..", "a/b", "a%2Fb", "A", "ä", "x y"];
  for (const key of keys) journal.write(key, key);
  expect([...journal.entries().entries.keys()].sort()).toEqual([...keys].sort());
  expect(files.files().every((path) => /^\/home\/supercargo\/journal\/[^/.][^/]*\.json$/.test(path))).toBe(
    true,
  );
  expect(() => journal.write("", 1)).toThrow("journal key");
  expect(() => journal.write("k".repeat(121), 1)).toThrow("journal key");
});

test("unreadable notes go to quarantine and are reported", () => {
  const files = disk();
  openJournal(HOME, files).write("good", 1);
  files.plant("/home/supercargo/journal/bad.json", "{");
  files.plant("/home/supercargo/journal/other.json", '{"schema":1,"key":"good","entry":2}');
  files.plant("/home/supercargo/journal/.good.json.1.1.tmp", "half");
  const { entries, problems } = openJournal(HOME, files).entries();
  expect([...entries]).toEqual([["good", 1]]);
  expect(problems.map((problem) => problem.id)).toEqual(["bad.json", "other.json"]);
  expect(files.files()).toEqual([
    "/home/supercargo/journal/good.json",
    "/home/supercargo/quarantine/journal.bad.json.1",
    "/home/supercargo/quarantine/journal.other.json.1",
  ]);
});
