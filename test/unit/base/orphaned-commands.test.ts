import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { until } from "../../../scripts/demo/until.ts";
import { errnoName } from "../../../src/base/libc.ts";
import { findOrphanedCommands } from "../../../src/base/orphaned-commands.ts";
import { runCommand } from "../../../src/base/process.ts";

const PROCESS = JSON.stringify(new URL("../../../src/base/process.ts", import.meta.url).pathname);

function ours(seconds: string): number[] {
  return findOrphanedCommands().flatMap(({ pid, command }) => (command === `sleep ${seconds}` ? [pid] : []));
}

/** Process numbers of what runs with exactly this command line. */
function processesOf(command: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return words === command ? [Number(name)] : [];
    } catch (thrown) {
      if (["ENOENT", "ESRCH"].includes(errnoName(thrown) ?? "")) return [];
      throw thrown;
    }
  });
}

test("a program whose parent was killed is found until it ends; one whose parent lives is not", async () => {
  const parent = Bun.spawn([
    process.execPath,
    "-e",
    `const { runCommand } = await import(${PROCESS}); await runCommand(["sleep", "97531"]);`,
  ]);
  await until(() => processesOf("sleep 97531").length === 1, "the program runs");
  expect(ours("97531")).toEqual([]);
  parent.kill("SIGKILL");
  await parent.exited;
  const [orphan = 0] = ours("97531");
  expect(processesOf("sleep 97531")).toEqual([orphan]);
  process.kill(orphan, "SIGKILL");
  await until(() => ours("97531").length === 0, "it is gone");
});

test("what we run ourselves is no orphan", async () => {
  const running = runCommand(["sleep", "0.3"]);
  expect(ours("0.3")).toEqual([]);
  await running;
});

test("what such a program starts itself is not one of them", async () => {
  const running = runCommand(["sh", "-c", "sleep 0.31; true"]);
  await until(() => processesOf("sleep 0.31").length === 1, "it runs");
  expect(ours("0.31")).toEqual([]);
  await running;
});
