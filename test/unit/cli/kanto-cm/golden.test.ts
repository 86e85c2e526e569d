/**
 * What scripts read from kanto-cm, byte for byte, as files in `golden/`: every help page, the lists, `get`, the completion
 * scripts. A change that is meant is written by running this file with SUPERCARGO_GOLDEN=write; the files then show it.
 */

import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS, GROUPS } from "../../../../src/cli/kanto-cm/command-table.ts";
import { runKantoCm } from "../../../../src/cli/kanto-cm/run.ts";
import type { Container } from "../../../../src/model/container.ts";
import { plainContainer } from "../../engine/support/spec-input.ts";
import { withKantoDaemon } from "../support/kanto-daemon.ts";
import { MemoryTerminal } from "../support/memory-terminal.ts";

const FOLDER = join(import.meta.dir, "golden");
const IS_WRITING = process.env["SUPERCARGO_GOLDEN"] === "write";
const STATE = plainContainer().state;

/** The row of spec/cli.md (list), one that never ran, and one whose name is wider than its column. */
const CONTAINERS: readonly Container[] = [
  plainContainer({
    id: "0f0b0b3c-1111-2222-3333-444455556666",
    name: "redis",
    image: { name: "docker.io/library/redis:7" },
    state: { ...STATE, status: "Exited", exitCode: 137, finishedAt: "2024-05-01T10:11:12.123456789Z" },
  }),
  plainContainer({ id: "1a1b1b3c-1111-2222-3333-444455556666", name: "never-ran" }),
];
const WIDE_NAME = plainContainer({ id: "2a1b1b3c-1111-2222-3333-444455556666", name: "n".repeat(50) });

function expectGolden(name: string, text: string): void {
  const path = join(FOLDER, name);
  if (IS_WRITING) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, "utf8"));
}

async function offline(...words: string[]): Promise<string> {
  const terminal = new MemoryTerminal();
  const code = await runKantoCm(words, terminal, AbortSignal.timeout(20_000));
  expect({ words, code, err: terminal.text.err }).toEqual({ words, code: 0, err: "" });
  return terminal.text.out;
}

const PAGES: readonly (readonly string[])[] = [
  [],
  ...Object.keys(GROUPS).map((name) => [name]),
  ...Object.keys(COMMANDS).map((name) => name.split(" ")),
];

for (const words of PAGES) {
  test(`help of ${words.join(" ") || "the program"}`, async () => {
    const asked = await offline(...words, "--help");
    expectGolden(`help-${words.join("-") || "root"}.txt`, asked);
    expect(await offline("help", ...words)).toBe(asked);
  });
}

test("completion scripts", async () => {
  for (const shell of ["bash", "fish", "powershell", "zsh"]) {
    expectGolden(`completion-${shell}.txt`, await offline("completion", shell));
  }
});

test("no golden file is without its page", () => {
  const helps = PAGES.map((words) => `help-${words.join("-") || "root"}.txt`);
  expect(
    readdirSync(FOLDER)
      .filter((name) => name.startsWith("help-"))
      .sort(),
  ).toEqual(helps.sort());
});

test("lists and get", async () => {
  await withKantoDaemon(CONTAINERS, async ({ run }) => {
    expectGolden("list.txt", (await run("list")).out);
    expectGolden("list-quiet.txt", (await run("list", "--quiet")).out);
    expectGolden("list-wide.txt", (await run("list", "--wide", "--filter", "status=created")).out);
    expectGolden("list-json.txt", (await run("list", "--json")).out);
    expectGolden("get.txt", (await run("get", "never-ran")).out);
  });
  await withKantoDaemon([...CONTAINERS, WIDE_NAME], async ({ run }) => {
    expectGolden("list-wide-name.txt", (await run("list")).out);
  });
  await withKantoDaemon([], async ({ run }) => {
    expect(await run("list")).toEqual({ code: 0, out: "No containers found.\n", err: "" });
    expect(await run("list", "--quiet")).toEqual({ code: 0, out: "", err: "" });
  });
});
