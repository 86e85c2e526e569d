import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FifoReader } from "../../../src/base/fifo.ts";
import { FifoBell } from "../../../src/base/fifo-bell.ts";
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
afterAll(() => bell.close());

function openReader(path: string, pipeBytes: number, hadWriter = false): FifoReader {
  return new FifoReader(path, { pipeBytes, bell, hadWriter });
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

describe("reading a FIFO", () => {
  test("waits for the first writer and ends with the last", () =>
    withFifo(async (path) => {
      const reader = openReader(path, 1 << 20);
      const first = reader.next();
      await settle();
      const writer = openWriter(path);
      const second = openWriter(path);
      writeSync(writer, "cargo");
      expect(Buffer.from((await first) ?? []).toString()).toBe("cargo");
      closeSync(writer);
      writeSync(second, "more");
      expect(Buffer.from((await reader.next()) ?? []).toString()).toBe("more");
      closeSync(second);
      expect(await reader.next()).toBeUndefined();
      reader.close();
    }));

  test("ends too when the last writer went between opening and the first read", () =>
    withFifo(async (path) => {
      const held = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openWriter(path);
      const reader = openReader(path, 1 << 20);
      expect(await drained(reader)).toEqual({ text: "", end: "writer" });
      closeSync(writer);
      expect(await reader.next()).toBeUndefined();
      reader.close();
      closeSync(held);
    }));

  test("nothing leaves the FIFO while nobody asks, and nothing is lost by stopping then", () =>
    withFifo(async (path) => {
      const block = Buffer.alloc(60_000, 65);
      for (let round = 0; round < 40; round++) {
        const reader = openReader(path, 1 << 20);
        const writer = openWriter(path);
        let sent = writeSync(writer, block);
        let got = (await reader.next())?.length ?? 0;
        for (let turn = 0; turn < 8; turn++) {
          sent += writeSync(writer, block);
          if (turn >= round % 8) continue;
          await settle(1);
          if (turn === 3) got += (await reader.next())?.length ?? 0;
        }
        expect((await drained(reader, 1 << 21)).text.length).toBe(sent - got);
        reader.stop();
        expect(await reader.next()).toBeUndefined();
        reader.close();
        closeSync(writer);
      }
    }));

  test("a writer that never pauses is read in order, byte for byte", () =>
    withFifo(async (path) => {
      const reader = openReader(path, 1 << 20);
      const child = Bun.spawn(["sh", "-c", 'seq 1 200000 >"$1"', "sh", path]);
      const parts: Uint8Array[] = [];
      for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next())
        parts.push(chunk);
      expect(await child.exited).toBe(0);
      const lines = Buffer.concat(parts).toString().split("\n");
      expect(lines.length).toBe(200_001);
      expect(lines.every((line, index) => line === (index === 200_000 ? "" : String(index + 1)))).toBe(true);
      reader.close();
    }));

  test("a stop ends who waits, at every place where one can wait", () =>
    withFifo(async (path) => {
      for (let turns = 0; turns < 12; turns++) {
        const reader = openReader(path, 1 << 16);
        const writer = openWriter(path);
        if (turns % 2 === 0) writeSync(writer, "x");
        const waiting = reader.next().then(() => reader.next());
        await settle(turns);
        if (turns % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        reader.stop();
        expect(await waiting).toBeUndefined();
        reader.close();
        closeSync(writer);
      }
    }));

  test("stopping at any moment loses nothing of what comes after", () =>
    withFifo(async (path) => {
      for (let round = 0; round < 60; round++) {
        const reader = openReader(path, 1 << 16);
        const writer = openWriter(path);
        let sent = writeSync(writer, Buffer.alloc(1000, 65));
        let got = (await reader.next())?.length ?? 0;
        const waiting = reader.next();
        if (round % 3 === 1) await settle(round % 5);
        sent += writeSync(writer, Buffer.alloc(5000, 66));
        if (round % 3 === 2) await settle(round % 5);
        reader.stop();
        got += (await waiting)?.length ?? 0;
        sent += writeSync(writer, Buffer.alloc(3000, 67));
        got += (await drained(reader)).text.length;
        expect(got).toBe(sent);
        expect(await reader.next()).toBeUndefined();
        closeSync(writer);
        reader.close();
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
      const parts: Uint8Array[] = [];
      for (let size = 0; size < data.length + 3; ) {
        const chunk = (await reader.next()) ?? new Uint8Array(0);
        parts.push(chunk);
        size += chunk.length;
      }
      await all;
      expect(Buffer.concat(parts).equals(Buffer.concat([data, Buffer.from("end")]))).toBe(true);
      reader.stop();
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
