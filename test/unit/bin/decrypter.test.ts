import { expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDecrypter } from "../../../src/bin/decrypter.ts";

test("layers that a killed daemon has left opened are gone at the next start", () => {
  const home = mkdtempSync(join(tmpdir(), "sc-opened-"));
  try {
    const folder = join(home, "decrypt");
    mkdirSync(join(folder, "layer-x"), { recursive: true });
    writeFileSync(join(folder, "layer-x", "key-0"), "left");
    makeDecrypter(folder);
    expect(existsSync(folder)).toBe(false);
  } finally {
    rmSync(home, { recursive: true });
  }
});
