/** Whoever owns the folder in which a program is called must not decide what it does (spec/pitfalls.md §9). */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUN, ROOT } from "../../scripts/project/setup.mjs";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-foreign-"));
  mkdirSync(join(folder, "manifests"));
  const trap = (name: string) =>
    `require("node:fs").writeFileSync(${JSON.stringify(join(folder, name))}, "");`;
  writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./preload.js"]\n[run]\nbun = true\n');
  writeFileSync(join(folder, "preload.js"), trap("preloaded"));
  writeFileSync(join(folder, ".env"), "RUST_LOG=trace\nMARK_OF_ENV_FILE=1\n");
  writeFileSync(
    join(folder, "tsconfig.json"),
    '{"compilerOptions": {"paths": {"node:fs": ["./preload.js"]}}}',
  );
  writeFileSync(join(folder, "package.json"), '{"imports": {"node:fs": "./preload.js"}}');
});
afterAll(() => rmSync(folder, { recursive: true }));

function called(program: string, ...args: string[]) {
  const { PATH = "" } = process.env;
  const run = spawnSync(program, args, { cwd: folder, encoding: "utf8", env: { PATH }, timeout: 20_000 });
  return { code: run.status, text: run.stdout + run.stderr };
}

test("the trap works: the runtime itself reads all of it", () => {
  writeFileSync(join(folder, "look.js"), "console.log(process.env.MARK_OF_ENV_FILE);");
  expect(called(BUN, "look.js").text).toContain("1");
  expect(existsSync(join(folder, "preloaded"))).toBe(true);
  rmSync(join(folder, "preloaded"));
});

test("no program of ours runs a preload or reads an .env of the place where it is called", () => {
  const program = (name: string) => join(ROOT, "dist/bin", name);
  expect(called(program("kanto-cm"), "--help").code).toBe(0);
  expect(called(program("container-management"), "--help").code).toBe(0);
  const socket = ["-s", join(folder, "no.sock"), "--state-dir", join(folder, "state")];
  const deployer = called(program("kanto-auto-deployer"), ...socket, join(folder, "manifests"));
  // With the RUST_LOG of the .env it would tell every detail.
  expect(deployer.text).toContain("INFO  kanto_auto_deployer");
  expect(deployer.text).not.toMatch(/ (TRACE|DEBUG) /);
  expect(existsSync(join(folder, "preloaded"))).toBe(false);
});
