import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepLastGood, loadConfigOrLastGood } from "../../../src/config/last-good.ts";
import { loadConfig } from "../../../src/config/load.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-last-good-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NO_FLAGS = new Map();

function file(content: string): string {
  const path = join(folder, "config.json");
  writeFileSync(path, content);
  return path;
}

test("a refused file gives way to the last good copy, and says so", () => {
  const home = join(folder, "home");
  const path = file('{"network":{"default_bridge":{"mtu":1300}}}');
  keepLastGood(loadConfig(path, NO_FLAGS), home);
  file("{");
  const loaded = loadConfigOrLastGood(path, NO_FLAGS, home);
  expect(loaded.config.network.bridge.mtu).toBe(1300);
  expect(loaded.refused).toContain(`${path}:1:2: unexpected end of file`);
});

test("without a copy a refused file stays refused", () => {
  expect(() => loadConfigOrLastGood(file("{"), NO_FLAGS, join(folder, "home"))).toThrow(
    "unexpected end of file",
  );
});

test("the copy is found in the home that the broken file names", () => {
  const home = join(folder, "elsewhere");
  const text = `{"manager":{"home_dir":"${home}","live_restore":false}}`;
  keepLastGood(loadConfig(file(text), NO_FLAGS), home);
  const broken = file(text.replace(/}}$/, ""));
  expect(loadConfigOrLastGood(broken, NO_FLAGS, join(folder, "default")).config.manager.liveRestore).toBe(
    false,
  );
});

test("the copy is what the daemon started with, also when the file was edited since", () => {
  const home = join(folder, "home");
  const path = file('{"log":{"log_level":"DEBUG"}}');
  const loaded = loadConfig(path, NO_FLAGS);
  file("edited");
  keepLastGood(loaded, home);
  expect(loadConfigOrLastGood(path, NO_FLAGS, home).config.log.level).toBe("DEBUG");
});

test("the copy is private, and not written again when nothing changed", () => {
  const home = join(folder, "home");
  const loaded = loadConfig(file("{}"), NO_FLAGS);
  keepLastGood(loaded, home);
  const path = join(home, "supercargo", "config.last-good");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { ino } = statSync(path);
  keepLastGood(loaded, home);
  expect(statSync(path).ino).toBe(ino);
  expect(readFileSync(path, "utf8")).toBe("{}");
});

test("a copy that is refused itself is none, and one in use is not kept as good", () => {
  const home = join(folder, "home");
  keepLastGood(loadConfig(file("{}"), NO_FLAGS), home);
  const path = join(home, "supercargo", "config.last-good");
  writeFileSync(path, "{");
  expect(() => loadConfigOrLastGood(file("{ "), NO_FLAGS, home)).toThrow("config.json:1:3");
});
