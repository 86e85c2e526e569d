/** FIFOs of a task: where they lie, which there are (spec/engine.md §3, §15). */

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { folderOf, listFolders, makeFifos, removeFolder } from "../../../src/logs/fifo-folder.ts";

let folder = "";
let root = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "supercargo-fifos-"));
  root = join(folder, "run/fifo");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the FIFOs of a task", () => {
  test.each([
    [false, false, ["web-stderr", "web-stdout"]],
    [false, true, ["web-stderr", "web-stdin", "web-stdout"]],
    [true, false, ["web-stdout"]],
    [true, true, ["web-stdin", "web-stdout"]],
  ] as const)("with terminal %p and input %p", (tty, openStdin, names) => {
    const stdio = makeFifos(root, "web", tty, openStdin);
    const own = dirname(stdio.stdout);
    expect(own).toMatch(new RegExp(`^${root}/\\d+$`));
    expect(readdirSync(own).sort()).toEqual([...names]);
    const path = (name: string, isThere: boolean) => (isThere ? join(own, `web-${name}`) : "");
    expect(stdio).toEqual({
      stdin: path("stdin", openStdin),
      stdout: path("stdout", true),
      stderr: path("stderr", !tty),
      terminal: tty,
    });
    for (const name of names) expect(statSync(join(own, name)).isFIFO()).toBe(true);
    const modes = [root, own, ...names.map((name) => join(own, name))].map((at) => statSync(at).mode & 0o777);
    expect(new Set(modes)).toEqual(new Set([0o700]));
  });

  test("lie in a folder for each run, are found by their container, and go as a whole", () => {
    const [one, two] = [makeFifos(root, "web", false, false), makeFifos(root, "my-stdin", false, false)];
    mkdirSync(join(root, "not-a-number"));
    writeFileSync(join(root, "7"), "");
    const found = new Map(listFolders(root).map(({ path, ids }) => [path, [...ids]]));
    expect(found).toEqual(
      new Map([
        [dirname(one.stdout), ["web"]],
        [dirname(two.stdout), ["my-stdin"]],
      ]),
    );
    expect(folderOf(root, one)).toBe(dirname(one.stdout));
    removeFolder(dirname(one.stdout));
    expect(listFolders(root)).toHaveLength(1);
    expect(listFolders(join(folder, "missing"))).toEqual([]);
  });

  test("that are somebody else's are not taken for ours", () => {
    const none = { stdin: "", stdout: "", stderr: "", terminal: false };
    expect(folderOf(root, none)).toBeUndefined();
    expect(folderOf(root, { ...none, stdout: "/run/other/12/web-stdout" })).toBeUndefined();
    expect(folderOf(root, { ...none, stderr: join(root, "name", "web-stderr") })).toBeUndefined();
  });

  test("are not made for an id that is no name, and what cannot be made leaves nothing", () => {
    for (const id of ["", "../x", "a/b", ".hidden", "a\0b"]) {
      expect(() => makeFifos(root, id, false, false)).toThrow("invalid container id");
    }
    expect(() => makeFifos(root, "n".repeat(300), false, false)).toThrow();
    expect(listFolders(root)).toEqual([]);
  });
});
