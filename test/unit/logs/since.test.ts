import { describe, expect, test } from "bun:test";
import { closeSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { formatStamp } from "../../../src/base/clock.ts";
import { recordOf } from "../../../src/logs/json-lines.ts";
import { openLogs } from "../../../src/logs/open-logs.ts";
import { readLog } from "../../../src/logs/read-log.ts";
import { findSince } from "../../../src/logs/since.ts";
import { timeKey } from "../../../src/logs/time-key.ts";
import { inScratch } from "./scratch.ts";

const never = new AbortController().signal;
const BASE = 1_790_000_000_000_000_000n;

function stampAt(step: number): string {
  return formatStamp(BASE + BigInt(step) * 250_000_000n);
}

function line(text: string, step: number): string {
  return Buffer.from(recordOf("stdout", text, stampAt(step))).toString("utf8");
}

async function read(folder: string, tail: number, since: string): Promise<string> {
  return (await Array.fromAsync(readLog(folder, { tail, since }, never))).join(tail < 0 ? "" : "\n");
}

describe("moments as comparable texts", () => {
  test("order is that of time, whatever offset and fraction", () => {
    const instant = fc.bigInt({ min: 100_000_000_000_000n, max: 4_000_000_000n * 1_000_000_000n });
    fc.assert(
      fc.property(instant, instant, fc.integer({ min: -1439, max: 1439 }), (a, b, offset) => {
        const sign = offset < 0 ? "-" : "+";
        const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
        const shifted = formatStamp(a + BigInt(offset) * 60_000_000_000n).slice(0, -1);
        const away = Math.abs(offset);
        const keyA = timeKey(`${shifted}${sign}${two(away / 60)}:${two(away % 60)}`);
        const keyB = timeKey(formatStamp(b));
        if (keyA === undefined || keyB === undefined) throw new Error("no key");
        expect(keyA < keyB).toBe(a < b);
        expect(keyA === keyB).toBe(a === b);
      }),
    );
  });

  test("what is no RFC 3339 time has none", () => {
    const wrong = [
      "",
      "10m",
      "2026-11-21",
      "2026-11-21T10:00:00",
      "2026-02-30T10:00:00Z",
      "2026-11-21 10:00:00Z",
    ];
    for (const text of [...wrong, "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z"])
      expect([text, timeKey(text)]).toEqual([text, undefined]);
    expect(timeKey("2026-11-21T10:00:00.500+00:00")).toBe(timeKey("2026-11-21T10:00:00.5Z"));
  });
});

describe("lines since a moment", () => {
  test("are exactly those of that moment or later, over rotated files, also with a tail", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat({ max: 2000 }), { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: -2, max: 40 }),
        fc.integer({ min: 1, max: 20 }),
        async (files, since, tail) => {
          await inScratch(async (folder) => {
            const all: { step: number; text: string }[] = [];
            for (const [index, lengths] of files.entries()) {
              const lines = lengths.map((length) => {
                const step = all.length;
                all.push({ step, text: line(`${step} ${"x".repeat(length)}`, step) });
                return all.at(-1)?.text ?? "";
              });
              const number = files.length - 1 - index;
              writeFileSync(join(folder, number === 0 ? "json.log" : `json.log.${number}`), lines.join(""));
            }
            const wanted = all.filter(({ step }) => step >= since).map(({ text }) => text);
            expect(await read(folder, -1, stampAt(since))).toBe(wanted.join(""));
            const last = wanted.slice(-tail).join("");
            expect(await read(folder, tail, stampAt(since))).toBe(last);
          });
        },
      ),
      { numRuns: 50 },
    ));

  test("are found in a large log by looking at a small part of it", () =>
    inScratch(async (folder) => {
      const lines = Array.from({ length: 60_000 }, (_, step) => line(`${step} ${"y".repeat(100)}`, step));
      writeFileSync(join(folder, "json.log"), lines.join(""));
      const since = stampAt(50_000);
      const logs = await openLogs(folder);
      const key = timeKey(since);
      if (key === undefined) throw new Error("no key");
      const place = await findSince(logs, key, never);
      for (const { descriptor } of logs) closeSync(descriptor);
      const exact = Buffer.byteLength(lines.slice(0, 50_000).join(""));
      expect(place.offset).toBeLessThanOrEqual(exact);
      expect(exact - place.offset).toBeLessThan(300 * 1024);
      expect((await read(folder, -1, since)).split("\n").length - 1).toBe(10_000);
    }));

  test("are found although the clock was set back for a while, and foreign lines stay with their neighbours", () =>
    inScratch(async (folder) => {
      const early = Array.from({ length: 3000 }, (_, step) => line(`old ${step} ${"z".repeat(200)}`, step));
      const island = Array.from({ length: 50 }, (_, step) => line(`island ${step}`, -9_000_000 + step));
      const late = Array.from({ length: 3000 }, (_, step) => line(`new ${step}`, 3000 + step));
      writeFileSync(join(folder, "json.log.1"), early.join("") + island.join(""));
      writeFileSync(join(folder, "json.log"), `${late.join("")}foreign text\n`);
      const got = await read(folder, -1, stampAt(2000));
      expect(got.match(/"log":"old/g)?.length).toBe(1000);
      expect(got).not.toContain("island");
      expect(got.match(/"log":"new/g)?.length).toBe(3000);
      expect(got.endsWith("foreign text\n")).toBe(true);
    }));

  test("none at all is an empty text, as of an empty log", () =>
    inScratch(async (folder) => {
      writeFileSync(join(folder, "json.log"), line("a", 0));
      expect(await Array.fromAsync(readLog(folder, { tail: -1, since: stampAt(9) }, never))).toEqual([""]);
      expect(await Array.fromAsync(readLog(folder, { tail: 5, since: stampAt(9) }, never))).toEqual([]);
    }));
});
