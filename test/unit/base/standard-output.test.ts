import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { openPipe } from "../../../src/base/libc.ts";
import { isTerminal, writeToDescriptor } from "../../../src/base/standard-output.ts";

test("all of a text arrives although the reader is slow and the pipe does not wait", async () => {
  const { reader, writer } = openPipe();
  const child = Bun.spawn(["sh", "-c", "sleep 0.05; wc -c"], { stdin: reader, stdout: "pipe" });
  closeSync(reader);
  expect(writeToDescriptor(writer, "ä".repeat(500_000))).toBe(true);
  closeSync(writer);
  expect((await new Response(child.stdout).text()).trim()).toBe("1000000");
});

test("a reader that has gone is told, without an error", () => {
  const { reader, writer } = openPipe();
  closeSync(reader);
  expect(writeToDescriptor(writer, "cargo")).toBe(false);
  closeSync(writer);
});

test("an error of the file passes", () => {
  const full = openSync("/dev/full", "w");
  expect(() => writeToDescriptor(full, "cargo")).toThrow("ENOSPC");
  closeSync(full);
});

test("a terminal is told from other devices", () => {
  const terminal = openSync("/dev/ptmx", "r+");
  const nothing = openSync("/dev/null", "r");
  expect([isTerminal(terminal), isTerminal(nothing)]).toEqual([true, false]);
  closeSync(terminal);
  closeSync(nothing);
});
