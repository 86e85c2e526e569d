import { afterAll, describe, expect, test } from "bun:test";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FifoBell } from "../../../src/base/fifo-bell.ts";
import { makeFifo } from "../../../src/base/libc.ts";
import { settle } from "../../../src/base/virtual-clock.ts";

const folder = mkdtempSync(join(tmpdir(), "supercargo-bell-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let serial = 0;
function fifo(): { readonly path: string; readonly reader: number; readonly openWriter: () => number } {
  const path = join(folder, `${serial++}`);
  makeFifo(path, 0o600);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { path, reader, openWriter: () => openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
}

function nameOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    // The one by which the folder was read.
    return "";
  }
}

/** Inotify descriptors of this process; others than ours may come and go, too. */
function inotifies(): string[] {
  return readdirSync("/proc/self/fd").filter((descriptor) => nameOf(descriptor).includes("inotify"));
}

function rung(bell: FifoBell, descriptor: number): Promise<boolean> {
  return new Promise((resolve) => bell.next(descriptor, resolve));
}

describe("a bell for FIFOs", () => {
  test("rings once at a write, and at a close with word of it", async () => {
    const bell = new FifoBell();
    const { reader, openWriter } = fifo();
    let rings = 0;
    const first = new Promise<boolean>((resolve) => {
      bell.next(reader, (wasClosed) => {
        rings++;
        resolve(wasClosed);
      });
    });
    const writer = openWriter();
    await settle();
    expect(rings).toBe(0);
    writeSync(writer, "a");
    expect(await first).toBe(false);
    writeSync(writer, "b");
    await settle();
    expect(rings).toBe(1);
    const second = rung(bell, reader);
    closeSync(writer);
    expect(await second).toBe(true);
    await bell.close();
    closeSync(reader);
  });

  test("hears each of many FIFOs, also one whose name is gone, and two who wait for the same", async () => {
    const bell = new FifoBell();
    const fifos = Array.from({ length: 50 }, () => fifo());
    const writers = fifos.map(({ openWriter }) => openWriter());
    for (const { path } of fifos.slice(0, 10)) unlinkSync(path);
    const rings = fifos.flatMap(({ reader }) => [rung(bell, reader), rung(bell, reader)]);
    for (const writer of writers) writeSync(writer, "x");
    expect(await Promise.all(rings)).toEqual(rings.map(() => false));
    await bell.close();
    for (const descriptor of [...writers, ...fifos.map(({ reader }) => reader)]) closeSync(descriptor);
  });

  test("what is taken back does not ring", async () => {
    const refusals: unknown[] = [];
    const bell = new FifoBell((thrown) => refusals.push(thrown));
    const { reader, openWriter } = fifo();
    const writer = openWriter();
    let rings = 0;
    const count = (): void => {
      rings++;
    };
    bell.next(reader, count)();
    writeSync(writer, "x");
    await settle();
    expect(rings).toBe(0);
    bell.next(reader, count);
    await bell.close();
    expect(rings).toBe(1);
    closeSync(writer);
    closeSync(reader);
    expect(refusals).toEqual([]);
  });

  test("fifty bells, one after the other, leave nothing open for long", async () => {
    const before = inotifies().length;
    for (let count = 0; count < 50; count++) {
      const bell = new FifoBell();
      const { reader, openWriter } = fifo();
      const writer = openWriter();
      const ring = rung(bell, reader);
      writeSync(writer, "x");
      await ring;
      await bell.close();
      closeSync(writer);
      closeSync(reader);
    }
    // The runtime gives a descriptor of a cancelled stream back with its next collections; its own watches come and go.
    for (let tries = 0; tries < 200 && inotifies().length - before >= 10; tries++) {
      Bun.gc(true);
      await settle();
    }
    expect(inotifies().length - before).toBeLessThan(10);
  });

  test("without a watch it rings all the same, and the reason is told once", async () => {
    const refusals: unknown[] = [];
    const bell = new FifoBell((thrown) => refusals.push(thrown));
    // No such descriptor, so the kernel has nothing to watch.
    expect(await Promise.all([rung(bell, 99_999), rung(bell, 99_999)])).toEqual([false, false]);
    expect(refusals.length).toBe(1);
    await bell.close();
  });
});
