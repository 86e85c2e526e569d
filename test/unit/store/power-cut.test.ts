import { expect, test } from "bun:test";
import type { FileSystem } from "../../../src/base/file-system.ts";
import type { Container } from "../../../src/model/container.ts";
import { openContainerStore } from "../../../src/store/container-files.ts";
import { openJournal } from "../../../src/store/journal-files.ts";
import type { Additions } from "../../../src/store/store.ts";
import { containerOf } from "../model/builders.ts";
import { LOSSES, MemoryDisk, PowerCut } from "./memory-disk.ts";

const HOME = "/var/lib/home";

const container = (id: string, restartCount: number): Container => ({
  ...containerOf({ id, name: id }),
  restartCount,
});
const additions = (mark: number): Additions => ({ origin: "folder", values: { mark } });

/** What a load finds, in short: id, restart count and the mark of its additions. */
function seen(disk: FileSystem): string {
  const { containers, problems } = openContainerStore(HOME, disk).load();
  const found = containers.map(
    (one) =>
      `${one.container.id}:${one.container.restartCount}:${one.additions.values["mark"]}${one.editedElsewhere ? "!" : ""}`,
  );
  return [...found, ...problems.map((problem) => `problem ${problem.reason}`)].join(" ");
}

/** Cuts `step` at every call and in every way; each time the next start finds a state of `allowed`. Answers the number of tries. */
function cutEverywhere(
  prepare: (disk: MemoryDisk) => void,
  step: (disk: MemoryDisk) => void,
  allowed: readonly string[],
): number {
  let tries = 0;
  for (let calls = 0; ; calls++) {
    const disk = new MemoryDisk();
    disk.makeFolder(HOME);
    disk.plant(`${HOME}/lock`, "");
    prepare(disk);
    disk.steps = 0;
    disk.cutAfter = calls;
    let isWhole = true;
    try {
      step(disk);
    } catch (thrown) {
      if (!(thrown instanceof PowerCut)) throw thrown;
      isWhole = false;
    }
    for (const loss of LOSSES) {
      tries++;
      const found = seen(disk.afterCut(loss));
      if (!allowed.includes(found)) throw new Error(`after ${calls} calls, ${loss}: ${found}`);
      // What was acknowledged is there.
      if (isWhole && found !== allowed.at(-1)) throw new Error(`acknowledged and lost (${loss}): ${found}`);
      // A second start finds the same.
      const again = disk.afterCut(loss);
      seen(again);
      if (seen(again) !== found) throw new Error(`the second start differs after ${calls} calls`);
    }
    if (isWhole) return tries;
  }
}

test("a first save cut anywhere leaves nothing or the whole container", () => {
  const tries = cutEverywhere(
    () => {},
    (disk) => openContainerStore(HOME, disk).save(container("a", 1), additions(1)),
    ["", "a:1:1"],
  );
  expect(tries).toBeGreaterThan(20);
});

test("a later save cut anywhere leaves container and additions both old or both new", () => {
  cutEverywhere(
    (disk) => openContainerStore(HOME, disk).save(container("a", 1), additions(1)),
    (disk) => openContainerStore(HOME, disk).save(container("a", 2), additions(2)),
    ["a:1:1", "a:2:2"],
  );
});

test("a save that changes additions alone is old or new", () => {
  cutEverywhere(
    (disk) => openContainerStore(HOME, disk).save(container("a", 1), additions(1)),
    (disk) => openContainerStore(HOME, disk).save(container("a", 1), additions(2)),
    ["a:1:1", "a:1:2"],
  );
});

test("several saves by one store cut anywhere leave one of the states in between", () => {
  cutEverywhere(
    (disk) => openContainerStore(HOME, disk).save(container("a", 1), additions(1)),
    (disk) => {
      const store = openContainerStore(HOME, disk);
      store.load();
      for (const mark of [2, 3, 4]) store.save(container("a", mark), additions(mark));
    },
    ["a:1:1", "a:2:2", "a:3:3", "a:4:4"],
  );
});

test("a removal cut anywhere leaves the whole container or nothing", () => {
  cutEverywhere(
    (disk) => {
      openContainerStore(HOME, disk).save(container("a", 1), additions(1));
      disk.plant(`${HOME}/containers/a/json.log`, "lines");
    },
    (disk) => openContainerStore(HOME, disk).remove("a"),
    ["a:1:1", ""],
  );
});

test("putting the spare copy in place may itself be cut: the container is never lost", () => {
  for (let calls = 0; ; calls++) {
    const disk = new MemoryDisk();
    disk.makeFolder(HOME);
    openContainerStore(HOME, disk).save(container("a", 1), additions(1));
    disk.plant(`${HOME}/containers/a/config.json`, "{");
    disk.steps = 0;
    disk.cutAfter = calls;
    let isWhole = true;
    try {
      openContainerStore(HOME, disk).load();
    } catch (thrown) {
      if (!(thrown instanceof PowerCut)) throw thrown;
      isWhole = false;
    }
    for (const loss of LOSSES) expect(seen(disk.afterCut(loss))).toStartWith("a:1:1");
    if (isWhole) return;
  }
});

test("a failing disk makes a save fail and leaves the state before it", () => {
  const disk = new MemoryDisk();
  disk.makeFolder(HOME);
  const store = openContainerStore(HOME, disk);
  store.save(container("a", 1), additions(1));
  const full: FileSystem = new Proxy(disk, {
    get(target, key) {
      if (key !== "write") {
        const value: unknown = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return () => {
        throw Object.assign(new Error("ENOSPC: no space left on device"), {
          code: "ENOSPC",
          syscall: "write",
        });
      };
    },
  });
  expect(() => openContainerStore(HOME, full).save(container("a", 2), additions(2))).toThrow("ENOSPC");
  expect(seen(disk)).toBe("a:1:1");
  expect(disk.files().filter((path) => path.endsWith(".tmp"))).toEqual([]);
});

test("a journal note cut anywhere is there whole or not at all", () => {
  for (const loss of LOSSES) {
    for (let calls = 0; ; calls++) {
      const disk = new MemoryDisk();
      disk.makeFolder(HOME);
      disk.plant(`${HOME}/lock`, "");
      disk.cutAfter = calls;
      let isWhole = true;
      try {
        openJournal(HOME, disk).write("replace/a", { step: 1 });
      } catch (thrown) {
        if (!(thrown instanceof PowerCut)) throw thrown;
        isWhole = false;
      }
      const { entries, problems } = openJournal(HOME, disk.afterCut(loss)).entries();
      expect(problems).toEqual([]);
      if (isWhole) expect(entries.get("replace/a")).toEqual({ step: 1 });
      else expect([0, 1]).toContain(entries.size);
      if (isWhole) break;
    }
  }
});
