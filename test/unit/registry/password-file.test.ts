import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFifo } from "../../../src/base/libc.ts";
import { createLog, type LogRecord } from "../../../src/base/log.ts";
import { hasCode } from "../../../src/errors/error.ts";
import { credentialsOf } from "../../../src/registry/credentials.ts";

let folder: string;
let path: string;
let lines: LogRecord[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-password-"));
  path = join(folder, "password");
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const log = createLog("registry", (record) => lines.push(record));
const read = (passwordFile: string, password = "") =>
  credentialsOf(
    "reg:5000",
    {
      entries: new Map([["reg:5000", { credentials: { userId: "u", password, passwordFile } }]]),
      insecure: [],
    },
    log,
  );

describe("a registry's password from a file", () => {
  test.each([
    ["hunter2", "hunter2"],
    ["hunter2\n", "hunter2"],
    ["hunter2\r\n", "hunter2"],
    [" two words \n\n", " two words \n"],
  ])("is %j without the end of its line", async (text, password) => {
    writeFileSync(path, text, { mode: 0o600 });
    expect(await read(path)).toEqual({ userId: "u", password });
    expect(lines).toEqual([]);
  });

  test("that everybody can read is used with a warning that does not hold it", async () => {
    writeFileSync(path, "hunter2");
    chmodSync(path, 0o644);
    expect((await read(path))?.password).toBe("hunter2");
    expect(lines.map(({ level }) => level)).toEqual(["WARN"]);
    expect(JSON.stringify(lines)).not.toContain("hunter2");
  });

  test("that cannot be had is an error with file and registry, without what it holds", async () => {
    writeFileSync(path, "x".repeat(100_000), { mode: 0o600 });
    const empty = join(folder, "empty");
    writeFileSync(empty, "\n");
    const fifo = join(folder, "fifo");
    makeFifo(fifo, 0o600);
    const cases: readonly (readonly [() => Promise<unknown>, string])[] = [
      [() => read(path), "more than 65536 bytes"],
      [() => read(empty), "empty"],
      [() => read(fifo), "not a file"],
      [() => read(folder), "not a file"],
      [() => read(join(folder, "missing")), "no such file"],
      [() => read("password"), "must be absolute"],
      [() => read(path, "hunter2"), "both given"],
    ];
    for (const [work, words] of cases) {
      const error: unknown = await work().catch((thrown: unknown) => thrown);
      expect(hasCode(error, "SC_REGISTRY_CONFIG")).toBe(true);
      expect(String(error)).toContain(words);
      expect(String(error)).toContain("reg:5000");
      expect(String(error)).not.toContain("hunter2");
    }
  });

  test("is not looked for where none is named", async () => {
    const settings = {
      entries: new Map([["r", { credentials: { userId: "u", password: "p" } }]]),
      insecure: [],
    };
    expect(await credentialsOf("r", settings, log)).toEqual({ userId: "u", password: "p" });
    expect(await credentialsOf("other", settings, log)).toBeUndefined();
  });
});
