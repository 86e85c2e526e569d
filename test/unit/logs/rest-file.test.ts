import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RestFile } from "../../../src/logs/rest-file.ts";
import { inScratch } from "./scratch.ts";

const LOG = { inode: 77, size: 5_000_000_000 };
const rests = (stdout: string, stderr: string) => ({
  stdout: Buffer.from(stdout),
  stderr: Buffer.from(stderr),
});

function texts(found: { stdout: Uint8Array; stderr: Uint8Array } | undefined): string[] | undefined {
  return found === undefined
    ? undefined
    : [Buffer.from(found.stdout).toString(), Buffer.from(found.stderr).toString()];
}

describe("half lines kept for the next reader", () => {
  test("are found again with the log in the same state and not in another", () =>
    inScratch((folder) => {
      const path = join(folder, "rest");
      const file = new RestFile(path);
      file.save(LOG, rests("half", "other half"));
      file.close();
      expect(texts(new RestFile(path).load(LOG))).toEqual(["half", "other half"]);
      expect(new RestFile(path).load({ ...LOG, size: LOG.size + 1 })).toBeUndefined();
      expect(new RestFile(path).load({ ...LOG, inode: 78 })).toBeUndefined();
    }));

  test("a shorter record over a longer one is whole", () =>
    inScratch((folder) => {
      const path = join(folder, "rest");
      const file = new RestFile(path);
      file.save(LOG, rests("x".repeat(16_000), "y".repeat(100)));
      file.save(LOG, rests("", "z"));
      expect(texts(new RestFile(path).load(LOG))).toEqual(["", "z"]);
      file.save(LOG, rests("", ""));
      expect(texts(new RestFile(path).load(LOG))).toEqual(["", ""]);
      file.close();
    }));

  test("a record that was cut off or mixed with the one before is not believed", () =>
    inScratch((folder) => {
      const path = join(folder, "rest");
      const file = new RestFile(path);
      file.save(LOG, rests("a".repeat(200), ""));
      const before = readFileSync(path);
      file.save(LOG, rests("b".repeat(200), ""));
      file.close();
      const after = readFileSync(path);
      for (let length = 0; length < after.length; length++) {
        writeFileSync(path, after.subarray(0, length));
        expect(new RestFile(path).load(LOG)).toBeUndefined();
        writeFileSync(path, Buffer.concat([after.subarray(0, length), before.subarray(length)]));
        const found = texts(new RestFile(path).load(LOG));
        expect(found === undefined || found[0] === "a".repeat(200)).toBe(true);
      }
    }));

  test("nothing is written while there is nothing to keep", () =>
    inScratch((folder) => {
      const path = join(folder, "rest");
      const file = new RestFile(path);
      file.save(LOG, rests("", ""));
      expect(existsSync(path)).toBe(false);
      expect(file.load(LOG)).toBeUndefined();
    }));
});
