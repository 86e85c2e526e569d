import { expect, test } from "bun:test";
import { until } from "../../../scripts/demo/until.ts";
import { findOrphanedCommands } from "../../../src/base/orphaned-commands.ts";
import { runCommand } from "../../../src/base/process.ts";

const PROCESS = JSON.stringify(new URL("../../../src/base/process.ts", import.meta.url).pathname);

function ours(seconds: string): number[] {
  return findOrphanedCommands().flatMap(({ pid, command }) => (command === `sleep ${seconds}` ? [pid] : []));
}

test("a program whose parent was killed is found until it ends; one whose parent lives is not", async () => {
  const parent = Bun.spawn([
    process.execPath,
    "-e",
    `const { runCommand } = await import(${PROCESS}); await runCommand(["sleep", "97531"]);`,
  ]);
  const sleeps = () =>
    Bun.spawnSync(["pgrep", "-f", "^sleep 97531$"]).stdout.toString().trim().split("\n").filter(Boolean);
  await until(() => sleeps().length === 1, "the program runs");
  expect(ours("97531")).toEqual([]);
  parent.kill("SIGKILL");
  await parent.exited;
  const [orphan = 0] = ours("97531");
  expect(sleeps()).toEqual([String(orphan)]);
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
  await until(() => Bun.spawnSync(["pgrep", "-f", "^sleep 0.31$"]).success, "it runs");
  expect(ours("0.31")).toEqual([]);
  await running;
});
