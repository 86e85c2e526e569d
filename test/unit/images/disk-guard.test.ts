import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { DiskGuard, type Need } from "../../../src/images/disk-guard.ts";
import { fileSystemOf, oneFileSystem, type StoreSpace } from "../../../src/images/disk-space.ts";
import { IMAGE_LIMITS } from "../../../src/images/limits.ts";

const MB = 1_000_000;
const RESERVE = 10 * MB;
const signal = () => AbortSignal.timeout(20_000);

function guardOf(space: StoreSpace | (() => StoreSpace)): DiskGuard {
  const probe = async () => (typeof space === "function" ? space() : space);
  return new DiskGuard(probe, new VirtualClock(), RESERVE);
}

function two(contentBytes: number, layerBytes: number): StoreSpace {
  const system = (id: string, freeBytes: number) => ({ id, freeBytes, freeInodes: Number.POSITIVE_INFINITY });
  return { content: system("1", contentBytes), layers: system("2", layerBytes) };
}

/** So many bytes of content and layers, under these names. */
function need(contentBytes: number, layerBytes: number, name = "a"): Need {
  return { content: new Map([[name, contentBytes]]), layers: new Map([[name, layerBytes]]) };
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof SupercargoError && thrown.code === "SC_DISK_FULL") return thrown.message;
    throw thrown;
  }
  return "";
}

describe("the disk guard", () => {
  test("lets through what fits beside the reserve, to the byte", async () => {
    await guardOf(oneFileSystem(40 * MB)).reserve("x", need(10 * MB, 20 * MB), signal());
    expect(
      await refusal(guardOf(oneFileSystem(40 * MB - 1)).reserve("x", need(10 * MB, 20 * MB), signal())),
    ).toBe(
      "not enough space for image x: it needs about 30.0 MB (10.0 MB to fetch, 20.0 MB unpacked), 40.0 MB are free and 10.0 MB of them are kept in reserve",
    );
  });

  test("looks at each file system for itself when content and layers lie on two", async () => {
    await guardOf(two(20 * MB, 30 * MB)).reserve("x", need(10 * MB, 20 * MB), signal());
    expect(
      await refusal(guardOf(two(19 * MB, 1000 * MB)).reserve("x", need(10 * MB, 20 * MB), signal())),
    ).toContain(
      "it needs about 10.0 MB for its content (10.0 MB to fetch, 0.0 MB unpacked), 19.0 MB are free",
    );
    expect(
      await refusal(guardOf(two(1000 * MB, 29 * MB)).reserve("x", need(10 * MB, 20 * MB), signal())),
    ).toContain(
      "it needs about 20.0 MB for its layers (0.0 MB to fetch, 20.0 MB unpacked), 29.0 MB are free",
    );
  });

  test("lets nothing through on a disk under the reserve, but what needs nothing", async () => {
    const guard = guardOf(oneFileSystem(MB));
    await guard.reserve("x", { content: new Map(), layers: new Map() }, signal());
    expect(await refusal(guard.reserve("x", need(1, 0), signal()))).not.toBe("");
  });

  test("counts what pulls under way will still take, and what they share once", async () => {
    const guard = guardOf(oneFileSystem(100 * MB));
    const first = await guard.reserve("first", need(20 * MB, 30 * MB, "a"), signal());
    expect(await refusal(guard.reserve("second", need(20 * MB, 30 * MB, "b"), signal()))).toContain(
      "50.0 MB are promised to pulls under way",
    );
    const same = await guard.reserve("same layers", need(20 * MB, 30 * MB, "a"), signal());
    first.release();
    expect(await refusal(guard.reserve("second", need(20 * MB, 30 * MB, "b"), signal()))).not.toBe("");
    same.release();
    await guard.reserve("second", need(20 * MB, 30 * MB, "b"), signal());
  });

  test("what has arrived is counted as used, not as promised too", async () => {
    let free = 100 * MB;
    const guard = guardOf(() => oneFileSystem(free));
    const first = await guard.reserve("first", need(20 * MB, 30 * MB, "a"), signal());
    free -= 50 * MB;
    first.arrived("a", 20 * MB);
    first.unpacked("a");
    await guard.reserve("second", need(15 * MB, 25 * MB, "b"), signal());
  });

  test("a refused pull keeps no promise", async () => {
    const guard = guardOf(oneFileSystem(50 * MB));
    await refusal(guard.reserve("large", need(90 * MB, 90 * MB), signal()));
    await guard.reserve("small", need(20 * MB, 20 * MB), signal());
  });

  test("refuses when inodes run out, with the numbers", async () => {
    const few = IMAGE_LIMITS.reserveInodes + 10;
    expect(await refusal(guardOf(oneFileSystem(1000 * MB, few)).reserve("x", need(MB, MB), signal()))).toBe(
      `not enough inodes for image x: it needs at least 16, ${few} are free and 200 of them are kept in reserve`,
    );
  });

  test.each([
    ["bytes", oneFileSystem(RESERVE - 1), "only 10.0 MB are left"],
    ["inodes", oneFileSystem(1000 * MB, 5), "only 5 inodes are left"],
    ["bytes of the layers' file system", two(1000 * MB, MB), "only 1.0 MB are left"],
  ])("ends work that eats up the %s", async (_what, space, words) => {
    const clock = new VirtualClock();
    const guard = new DiskGuard(async () => space, clock, RESERVE);
    const work = guard.watch(
      "x",
      signal(),
      (watched) =>
        new Promise((_, reject) =>
          watched.addEventListener("abort", () => reject(watched.reason), { once: true }),
        ),
    );
    const message = refusal(work);
    await clock.advance(IMAGE_LIMITS.spaceCheckMs);
    expect(await message).toContain(words);
    expect(clock.waiting).toBe(0);
  });

  test("a real folder, and one that is not there yet, are on the file system that holds them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sc-space-"));
    try {
      const here = await fileSystemOf(folder);
      expect(here.freeBytes).toBeGreaterThan(0);
      expect((await fileSystemOf(join(folder, "not/yet"))).id).toBe(here.id);
      expect((await fileSystemOf("/proc")).id).not.toBe(here.id);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
