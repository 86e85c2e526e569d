import { describe, expect, test } from "bun:test";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import { endProcess, findKeepers, isAlive, startKeeper } from "../../../src/base/keeper-process.ts";
import { errnoName, makeFifo } from "../../../src/base/libc.ts";

async function withKeeper(
  count: number,
  use: (keeper: ReturnType<typeof startKeeper>, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "supercargo-keeper-"));
  const descriptors: number[] = [];
  for (let number = 0; number < count; number++) {
    makeFifo(join(folder, `${number}`), 0o600);
    descriptors.push(openSync(join(folder, `${number}`), constants.O_RDONLY | constants.O_NONBLOCK));
  }
  const keeper = startKeeper(descriptors, folder);
  for (const descriptor of descriptors) closeSync(descriptor);
  try {
    await use(keeper, folder);
  } finally {
    endProcess(keeper.identity);
    await keeper.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

function heldBy(root: string): string[] {
  return readdirSync(`${root}/fd`)
    .flatMap((name) => {
      try {
        return [readlinkSync(`${root}/fd/${name}`)];
      } catch (thrown) {
        if (errnoName(thrown) !== "ENOENT") throw thrown;
        return [];
      }
    })
    .sort();
}

describe("a process that keeps descriptors", () => {
  test("holds exactly what it was given, in a session of its own, with nothing of our environment", () =>
    withKeeper(20, async ({ identity }, folder) => {
      const root = `/proc/${identity.pid}`;
      const expected = ["/dev/null", "/dev/null", "/dev/null"];
      for (let number = 0; number < 20; number++) expected.push(join(folder, `${number}`));
      // While it starts it opens its own libraries for a moment.
      await until(() => Bun.deepEquals(heldBy(root), expected.sort()), "it holds these and nothing else");
      const session = readFileSync(`${root}/stat`, "utf8").split(") ")[1]?.split(" ")[3];
      expect(Number(session)).toBe(identity.pid);
      expect(readFileSync(`${root}/environ`, "utf8")).not.toContain("BUN_");
      expect(readlinkSync(`${root}/cwd`)).toBe("/");
    }));

  test("is found by its mark, and is not when it is gone", () =>
    withKeeper(1, async ({ identity, ended }, folder) => {
      // Between fork and exec it has no mark yet.
      await until(() => Bun.deepEquals(findKeepers(folder), [identity]), "it is found");
      expect(findKeepers(`${folder}/other`)).toEqual([]);
      expect(isAlive(identity)).toBe(true);
      expect(endProcess(identity)).toBe(true);
      await ended;
      expect(isAlive(identity)).toBe(false);
      expect(endProcess(identity)).toBe(false);
      expect(findKeepers(folder)).toEqual([]);
    }));

  test("a process with the same number that started at another time is never hit", () =>
    withKeeper(1, async ({ identity }) => {
      const other = { ...identity, startTicks: String(Number(identity.startTicks) + 1) };
      expect(isAlive(other)).toBe(false);
      expect(endProcess(other)).toBe(false);
      expect(endProcess({ pid: identity.pid, startTicks: "" })).toBe(false);
      expect(isAlive(identity)).toBe(true);
    }));
});
