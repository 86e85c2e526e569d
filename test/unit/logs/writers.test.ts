import { describe, expect, test } from "bun:test";
import { createLog, type LogRecord } from "../../../src/base/log.ts";
import { settle, VirtualClock } from "../../../src/base/virtual-clock.ts";
import { BlockingWriter } from "../../../src/logs/blocking-writer.ts";
import { recordOf } from "../../../src/logs/json-lines.ts";
import { NonBlockingWriter } from "../../../src/logs/non-blocking-writer.ts";

const STAMP = "2026-11-21T00:00:00Z";
const LF = 10;

/** A disk with so much room; takes whole records, as LogFile does. */
class Disk {
  readonly path = "/disk/json.log";
  content = "";
  roomBytes = Number.POSITIVE_INFINITY;
  /** Set: writing behind waits for it. */
  gate: Promise<void> | undefined;

  append(records: Uint8Array): { written: number; refused?: unknown } {
    const fits =
      records.length <= this.roomBytes
        ? records.length
        : this.roomBytes === 0
          ? 0
          : records.lastIndexOf(LF, this.roomBytes - 1) + 1;
    this.roomBytes -= fits;
    this.content += Buffer.from(records.subarray(0, fits)).toString("utf8");
    if (fits === records.length) return { written: fits };
    return { written: fits, refused: Object.assign(new Error("no space"), { code: "ENOSPC" }) };
  }

  async appendBehind(records: Uint8Array): Promise<{ written: number; refused?: unknown }> {
    await this.gate;
    return this.append(records);
  }

  get texts(): string[] {
    return this.content
      .split("\n")
      .slice(0, -1)
      .map((line) => String(Object(JSON.parse(line)).log).slice(0, -1));
  }
}

function lines(from: number, to: number): Uint8Array {
  const records: Uint8Array[] = [];
  for (let number = from; number < to; number++) records.push(recordOf("stdout", `line ${number}`, STAMP));
  return Buffer.concat(records);
}

function expected(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `line ${from + index}`);
}

function setUp() {
  const disk = new Disk();
  const clock = new VirtualClock();
  const said: LogRecord[] = [];
  const log = createLog("logs", (record) => said.push(record));
  return { disk, clock, said, log };
}

async function isDone(job: Promise<void> | undefined): Promise<boolean> {
  let done = false;
  job?.then(() => {
    done = true;
  });
  await settle();
  return done;
}

describe("mode blocking", () => {
  test("a disk that is full for a while costs no line: reading rests until there is space", async () => {
    const { disk, clock, said, log } = setUp();
    const writer = new BlockingWriter({ file: disk, clock, log, holdMs: 30_000 });
    expect(writer.write(lines(0, 3))).toBeUndefined();
    disk.roomBytes = 200;
    const first = writer.write(lines(3, 10));
    const other = writer.write(lines(10, 12));
    await clock.advance(5000);
    expect(await isDone(first)).toBe(false);
    disk.roomBytes = 1e6;
    await clock.advance(3000);
    expect(await isDone(first)).toBe(true);
    expect(await isDone(other)).toBe(true);
    expect(writer.write(lines(12, 13))).toBeUndefined();
    expect(disk.texts).toEqual(expected(0, 13));
    expect(said.map(({ level }) => level)).toEqual(["WARN", "INFO"]);
  });

  test("a disk that stays full does not stop the container: output is dropped, counted, and the log says so", async () => {
    const { disk, clock, said, log } = setUp();
    const writer = new BlockingWriter({ file: disk, clock, log, holdMs: 30_000 });
    writer.write(lines(0, 2));
    disk.roomBytes = 0;
    const waiting = writer.write(lines(2, 4));
    await clock.advance(30_001);
    expect(await isDone(waiting)).toBe(true);
    expect(writer.write(lines(4, 10))).toBeUndefined();
    await clock.advance(5000);
    expect(writer.write(lines(10, 11))).toBeUndefined();
    disk.roomBytes = 1e6;
    await clock.advance(5000);
    expect(writer.write(lines(11, 12))).toBeUndefined();
    expect(disk.texts).toEqual([
      "line 0",
      "line 1",
      "[supercargo] 9 lines of output were dropped: the log could not be written (ENOSPC)",
      "line 11",
    ]);
    expect(disk.content).toContain('{"stream":"stderr","log":"[supercargo] 9 lines');
    expect(said.length).toBe(3);
  });

  test("what is lost is counted, and a disk with space again is noticed without further output", async () => {
    const { disk, clock, log } = setUp();
    const writer = new BlockingWriter({ file: disk, clock, log, holdMs: 1000 });
    expect(writer.losses).toEqual({ lines: 0, refusal: undefined });
    disk.roomBytes = 0;
    writer.write(lines(0, 3));
    expect(writer.losses).toEqual({ lines: 0, refusal: "ENOSPC" });
    await clock.advance(5000);
    expect(writer.losses).toEqual({ lines: 3, refusal: "ENOSPC" });
    disk.roomBytes = 1e6;
    await clock.advance(2000);
    expect(writer.losses).toEqual({ lines: 3, refusal: undefined });
    expect(disk.texts).toEqual([
      "[supercargo] 3 lines of output were dropped: the log could not be written (ENOSPC)",
    ]);
    expect(clock.waiting).toBe(0);
    disk.roomBytes = 0;
    writer.write(lines(3, 4));
    await clock.advance(5000);
    writer.hurry();
    expect(clock.waiting).toBe(0);
  });

  test("an end does not wait for a full disk", async () => {
    const { disk, clock, log } = setUp();
    const writer = new BlockingWriter({ file: disk, clock, log, holdMs: 30_000 });
    disk.roomBytes = 0;
    const waiting = writer.write(lines(0, 2));
    writer.hurry();
    expect(await isDone(waiting)).toBe(true);
    expect(await isDone(writer.flush())).toBe(true);
    disk.roomBytes = 1e6;
    await writer.flush();
    expect(disk.texts).toEqual([
      "[supercargo] 2 lines of output were dropped: the log could not be written (ENOSPC)",
    ]);
  });
});

describe("mode non-blocking", () => {
  test("keeps everything in order while the disk follows", async () => {
    const { disk, clock, said, log } = setUp();
    const writer = new NonBlockingWriter({ file: disk, clock, log, limitBytes: 10_000 });
    for (let number = 0; number < 50; number++) {
      expect(writer.write(lines(number, number + 1))).toBeUndefined();
      if (number % 7 === 0) await settle();
    }
    await writer.flush();
    expect(disk.texts).toEqual(expected(0, 50));
    expect(said).toEqual([]);
    expect(writer.queuedBytes).toBe(0);
  });

  test("a burst larger than the buffer is taken whole while the disk follows", async () => {
    const { disk, clock, said, log } = setUp();
    const limitBytes = 20 * lines(0, 1).length;
    const writer = new NonBlockingWriter({ file: disk, clock, log, limitBytes });
    let most = 0;
    const written = writer.write(lines(0, 500));
    most = Math.max(most, writer.queuedBytes);
    await written;
    await writer.flush();
    expect(disk.texts).toEqual(expected(0, 500));
    expect(most).toBeLessThanOrEqual(limitBytes);
    expect(said).toEqual([]);
  });

  test("rests a moment, then never waits and never keeps more than its limit; the newest are dropped, one line says how many", async () => {
    const { disk, clock, said, log } = setUp();
    const limitBytes = 20 * lines(0, 1).length;
    const writer = new NonBlockingWriter({ file: disk, clock, log, limitBytes });
    const gate = Promise.withResolvers<void>();
    disk.gate = gate.promise;
    let rests = 0;
    let most = 0;
    for (let number = 100; number < 1100; number += 5) {
      const waiting = writer.write(lines(number, number + 5));
      most = Math.max(most, writer.queuedBytes);
      if (waiting === undefined) continue;
      rests++;
      await clock.advance(99);
      expect(await isDone(waiting)).toBe(false);
      await clock.advance(2);
      expect(await isDone(waiting)).toBe(true);
    }
    expect(rests).toBe(1);
    expect(most).toBeLessThanOrEqual(limitBytes);
    gate.resolve();
    await settle();
    writer.write(lines(2000, 2001));
    await writer.flush();
    const { texts } = disk;
    const kept = texts.findIndex((text) => text.startsWith("[supercargo]"));
    expect(kept).toBeGreaterThan(15);
    expect(texts).toEqual([
      ...expected(100, 100 + kept),
      `[supercargo] ${1000 - kept} lines of output were dropped: the log buffer of ${limitBytes} bytes was full`,
      "line 2000",
    ]);
    expect(said.map(({ fields }) => fields["lines"])).toEqual([1000 - kept]);
  });

  test("a disk that is always too slow holds the container back for a tenth of the time at most", async () => {
    const { disk, clock, log } = setUp();
    const batch = lines(1000, 1010);
    const writer = new NonBlockingWriter({ file: disk, clock, log, limitBytes: batch.length });
    let restedMs = 0;
    const startMs = clock.nowMs();
    for (let number = 0; number < 500; number++) {
      // Each write to the disk takes 10 ms, the container has ten new lines every millisecond.
      disk.gate = new Promise((resolve) => clock.after(10, resolve));
      const beforeMs = clock.nowMs();
      const waiting = writer.write(batch);
      while (!(await isDone(waiting)) && waiting !== undefined) await clock.advance(1);
      restedMs += clock.nowMs() - beforeMs;
      await clock.advance(1);
    }
    expect(restedMs).toBeGreaterThan(0);
    expect(restedMs).toBeLessThanOrEqual(100 + (clock.nowMs() - startMs) * 0.1 + 1);
  });

  test("a record that the buffer can never hold is dropped alone", async () => {
    const { disk, clock, log } = setUp();
    const length = lines(0, 1).length;
    const writer = new NonBlockingWriter({ file: disk, clock, log, limitBytes: 3 * length + 10 });
    await writer.write(
      Buffer.concat([lines(0, 2), recordOf("stdout", "x".repeat(5 * length), STAMP), lines(2, 4)]),
    );
    await writer.flush();
    expect(disk.texts.filter((text) => text.startsWith("line"))).toEqual(expected(0, 4));
    expect(disk.texts.filter((text) => text.startsWith("[supercargo] 1 lines")).length).toBe(1);
  });

  test("a full disk is tried again in the background, an end gives up after one more try", async () => {
    const { disk, clock, said, log } = setUp();
    const writer = new NonBlockingWriter({ file: disk, clock, log, limitBytes: 10_000 });
    disk.roomBytes = 0;
    writer.write(lines(0, 5));
    await settle();
    disk.roomBytes = 1e6;
    await clock.advance(3000);
    expect(disk.texts).toEqual(expected(0, 5));
    disk.roomBytes = 0;
    writer.write(lines(5, 9));
    await settle();
    writer.hurry();
    expect(await isDone(writer.flush())).toBe(true);
    expect(writer.queuedBytes).toBe(0);
    expect(disk.texts).toEqual(expected(0, 5));
    expect(said.some(({ message }) => message.includes("dropped"))).toBe(true);
  });
});
