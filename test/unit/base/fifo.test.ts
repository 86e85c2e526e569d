import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FifoReader } from "../../../src/base/fifo.ts";
import { FifoBell } from "../../../src/base/fifo-bell.ts";
import { FifoPeek } from "../../../src/base/fifo-peek.ts";
import { FifoWriter } from "../../../src/base/fifo-writer.ts";
import { errnoName, makeFifo } from "../../../src/base/libc.ts";
import { settle } from "../../../src/base/virtual-clock.ts";

const never = new AbortController().signal;

async function withFifo(use: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "supercargo-fifo-"));
  try {
    const path = join(folder, "fifo");
    makeFifo(path, 0o600);
    await use(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const bell = new FifoBell();
const peek = new FifoPeek();
afterAll(async () => {
  await bell.close();
  peek.close();
});

function openReader(path: string, pipeBytes: number, hadWriter = false): FifoReader {
  return new FifoReader(path, { pipeBytes, bell, peek, hadWriter });
}

function openWriter(path: string): number {
  return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
}

async function drained(reader: FifoReader, limitBytes = 1 << 20): Promise<{ text: string; end: string }> {
  let text = "";
  const end = await reader.drain((chunk) => {
    text += Buffer.from(chunk).toString();
    return undefined;
  }, limitBytes);
  return { text, end };
}

/** Collects until the end; `count` resolves when so many bytes are there. */
class Collector {
  readonly parts: Uint8Array[] = [];
  readonly ended: Promise<void>;
  #bytes = 0;
  #waiting: { readonly bytes: number; readonly resolve: () => void } | undefined;

  constructor(
    readonly reader: FifoReader,
    hold: () => Promise<void> | undefined = () => undefined,
  ) {
    this.ended = reader.each((chunk) => {
      this.parts.push(chunk.slice());
      this.#bytes += chunk.length;
      if (this.#waiting !== undefined && this.#bytes >= this.#waiting.bytes) this.#waiting.resolve();
      return hold();
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  get text(): string {
    return Buffer.concat(this.parts).toString();
  }

  count(bytes: number): Promise<void> {
    if (this.#bytes >= bytes) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { bytes, resolve };
    return promise;
  }
}

describe("reading a FIFO", () => {
  test("waits for the first writer and ends with the last", () =>
    withFifo(async (path) => {
      const got = new Collector(openReader(path, 1 << 20));
      await settle();
      const writer = openWriter(path);
      const second = openWriter(path);
      writeSync(writer, "cargo");
      await got.count(5);
      closeSync(writer);
      writeSync(second, "more");
      await got.count(9);
      closeSync(second);
      await got.ended;
      expect(got.text).toBe("cargomore");
      got.reader.close();
    }));

  test("ends too when the first writer goes without a word, and when the last went before anybody read", () =>
    withFifo(async (path) => {
      const silent = new Collector(openReader(path, 1 << 20));
      await settle();
      closeSync(openWriter(path));
      await silent.ended;
      const held = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openWriter(path);
      const reader = openReader(path, 1 << 20);
      expect(await drained(reader)).toEqual({ text: "", end: "writer" });
      closeSync(writer);
      await new Collector(reader).ended;
      await new Collector(openReader(path, 1 << 20, true)).ended;
      reader.close();
      closeSync(held);
    }));

  test("nothing leaves the FIFO while the taker holds, and nothing is lost by stopping then", () =>
    withFifo(async (path) => {
      const block = Buffer.alloc(60_000, 65);
      for (let round = 0; round < 40; round++) {
        const hold = Promise.withResolvers<void>();
        const got = new Collector(openReader(path, 1 << 20), () => hold.promise);
        const writer = openWriter(path);
        let sent = writeSync(writer, block);
        await got.count(1);
        const first = got.bytes;
        for (let turn = 0; turn < 8; turn++) {
          sent += writeSync(writer, block);
          if (turn < round % 8) await settle(1);
        }
        expect(got.bytes).toBe(first);
        got.reader.stop();
        hold.resolve();
        await got.ended;
        expect((await drained(got.reader, 1 << 21)).text.length).toBe(sent - first);
        got.reader.close();
        closeSync(writer);
      }
    }));

  test("a writer that never pauses is read in order, byte for byte", () =>
    withFifo(async (path) => {
      const got = new Collector(openReader(path, 1 << 20));
      const child = Bun.spawn(["sh", "-c", 'seq 1 200000 >"$1"', "sh", path]);
      await got.ended;
      expect(await child.exited).toBe(0);
      const lines = got.text.split("\n");
      expect(lines.length).toBe(200_001);
      expect(lines.every((line, index) => line === (index === 200_000 ? "" : String(index + 1)))).toBe(true);
      got.reader.close();
    }));

  test("a stop at any moment ends the reading, what comes after stays", () =>
    withFifo(async (path) => {
      for (let round = 0; round < 60; round++) {
        const got = new Collector(openReader(path, 1 << 16));
        const writer = openWriter(path);
        let sent = round % 2 === 0 ? writeSync(writer, Buffer.alloc(1000, 65)) : 0;
        if (round % 3 === 1) await settle(round % 5);
        if (round % 7 === 0) await new Promise((resolve) => setTimeout(resolve, round % 5));
        sent += writeSync(writer, Buffer.alloc(5000, 66));
        if (round % 3 === 2) await settle(round % 5);
        got.reader.stop();
        await got.ended;
        sent += writeSync(writer, Buffer.alloc(3000, 67));
        expect(got.bytes + (await drained(got.reader)).text.length).toBe(sent);
        closeSync(writer);
        got.reader.close();
      }
    }));

  test("a drain tells whether a writer is left, and stops at its limit", () =>
    withFifo(async (path) => {
      const held = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openWriter(path);
      writeSync(writer, "x".repeat(40_000));
      const reader = openReader(path, 1 << 20);
      expect((await drained(reader, 30_000)).end).toBe("limit");
      expect((await drained(reader)).end).toBe("writer");
      writeSync(writer, "left");
      closeSync(writer);
      expect(await drained(reader)).toEqual({ text: "left", end: "no-writer" });
      reader.close();
      closeSync(held);
    }));

  test("bytes stay in the FIFO until they are released, and can be taken out by their content", () =>
    withFifo(async (path) => {
      const reader = openReader(path, 1 << 16);
      const other = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openWriter(path);
      const buffer = Buffer.alloc(100);
      writeSync(writer, "one two");
      const seen: string[] = [];
      await reader.drain((chunk, release) => {
        seen.push(Buffer.from(chunk).toString());
        // Still there: somebody else can read it now.
        if (seen.length > 1) release();
        else expect(readSync(other, buffer, 0, 4, null)).toBe(4);
        if (seen.length === 1) writeSync(writer, "more");
        return undefined;
      }, 5);
      expect(seen[0]).toBe("one two");
      await drained(reader);
      writeSync(writer, "three four");
      expect(reader.releaseIfNext(Buffer.from("four"))).toBe(false);
      expect(reader.releaseIfNext(Buffer.from(""))).toBe(false);
      expect(reader.releaseIfNext(Buffer.from("three four five"))).toBe(false);
      expect(reader.releaseIfNext(Buffer.from("three "))).toBe(true);
      expect(await drained(reader)).toEqual({ text: "four", end: "writer" });
      reader.close();
      closeSync(other);
      closeSync(writer);
    }));

  test("something that is no FIFO is refused", () => {
    expect(() => openReader(import.meta.path, 1 << 20)).toThrow("is no FIFO");
  });
});

describe("writing into a FIFO", () => {
  test("a full one is waited for without asking again, and everything arrives in order", () =>
    withFifo(async (path) => {
      const writer = new FifoWriter(path);
      const reader = openReader(path, 4096);
      const data = Buffer.alloc(600_000);
      for (let index = 0; index < data.length; index++) data[index] = index % 251;
      let isDone = false;
      const all = Promise.all([writer.write(data, never), writer.write(Buffer.from("end"), never)]).then(
        () => {
          isDone = true;
        },
      );
      await settle();
      expect(isDone).toBe(false);
      const got = new Collector(reader);
      await got.count(data.length + 3);
      await all;
      expect(Buffer.concat(got.parts).equals(Buffer.concat([data, Buffer.from("end")]))).toBe(true);
      reader.stop();
      await got.ended;
      reader.close();
      writer.close(false);
    }));

  test("an aborted write ends with the signal's reason, a closed one is refused", () =>
    withFifo(async (path) => {
      const writer = new FifoWriter(path);
      const controller = new AbortController();
      const reason = new Error("enough");
      const job = writer.write(Buffer.alloc(1 << 20), controller.signal).catch((thrown: unknown) => thrown);
      await settle();
      controller.abort(reason);
      expect(await job).toBe(reason);
      writer.close(true);
      expect(await writer.write(Buffer.from("x"), never).catch((thrown: unknown) => thrown)).toHaveProperty(
        "code",
        "SC_INPUT_CLOSED",
      );
    }));

  test("closing with discard leaves nothing for a later reader, closing without leaves all", () =>
    withFifo(async (path) => {
      const held = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const buffer = Buffer.alloc(10);
      const first = new FifoWriter(path);
      await first.write(Buffer.from("kept"), never);
      first.close(false);
      expect(readSync(held, buffer)).toBe(4);
      const second = new FifoWriter(path);
      await second.write(Buffer.from("gone"), never);
      second.close(true);
      expect(readSync(held, buffer)).toBe(0);
      closeSync(held);
    }));

  test("at most 64 writes wait", () =>
    withFifo(async (path) => {
      const writer = new FifoWriter(path);
      const controller = new AbortController();
      const jobs = Array.from({ length: 65 }, () =>
        writer.write(Buffer.alloc(1 << 17), controller.signal).then(String, (thrown: unknown) => thrown),
      );
      expect(await jobs[64]).toHaveProperty("code", "SC_INPUT_LIMIT");
      controller.abort(new Error("enough"));
      await Promise.all(jobs);
      writer.close(true);
    }));

  test("a FIFO that is not there is an error with its name", () => {
    const act = () => new FifoWriter("/nowhere/fifo");
    expect(act).toThrow("/nowhere/fifo");
    try {
      act();
    } catch (thrown) {
      expect(errnoName(thrown)).toBe("ENOENT");
    }
  });
});
