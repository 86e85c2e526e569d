import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { startPiped } from "../../../src/base/piped-program.ts";

/** Number of the session, from the kernel's line about a process. */
function sessionOf(stat: string): string | undefined {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3];
}

test("bytes go through, and the end of the input is the end of the program", async () => {
  using cat = startPiped(["cat"]);
  await cat.write(Buffer.from("through"));
  await cat.endInput();
  const parts = await Array.fromAsync(cat.stdout);
  expect(Buffer.concat(parts).toString("utf8")).toBe("through");
  expect(await cat.ended).toEqual({ exitCode: 0, stderr: "" });
});

test("what a person types to end us does not end it: it has a session of its own", async () => {
  using program = startPiped(["cat", "/proc/self/stat"]);
  const stat = Buffer.concat(await Array.fromAsync(program.stdout)).toString("utf8");
  expect(sessionOf(stat)).toBeDefined();
  expect(sessionOf(stat)).not.toBe(sessionOf(readFileSync("/proc/self/stat", "utf8")));
});

test("writing to a program that reads no more rejects, and nothing is left unheard", async () => {
  for (const script of ["exec <&-; echo gone >&2; sleep 60", "echo gone >&2; exit 3"]) {
    using program = startPiped(["sh", "-c", script]);
    const writing = (async () => {
      for (let round = 0; round < 1000; round++) await program.write(Buffer.alloc(1_000_000));
    })();
    await expect(writing).rejects.toThrow(/EPIPE|reads no more/);
  }
});
