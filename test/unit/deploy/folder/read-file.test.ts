import { expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stateOf } from "../../../../src/deploy/folder/listing.ts";
import { readManifestFile } from "../../../../src/deploy/folder/read-file.ts";

const NAME = "web.json";
const NANOS_PER_SECOND = 1_000_000_000n;
const READINGS = 3_000;

/** Puts one version after the other in the place of the file; the date of each, in seconds, is its number. */
const REPLACER = `
import { renameSync, utimesSync, writeFileSync } from "node:fs";
const path = process.argv[1];
for (let version = 1; ; version++) {
  const text = JSON.stringify({ container_name: "web", image: { name: "i" }, config: { env: ["V=" + version] } });
  writeFileSync(path + ".new", text);
  utimesSync(path + ".new", version, version);
  renameSync(path + ".new", path);
}`;

function put(path: string): Promise<ChildProcess> {
  writeFileSync(path, "");
  const child = spawn(process.execPath, ["-e", REPLACER, path], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(child));
    child.once("error", reject);
  });
}

test("the state of a file is never later than what was read of it, also while one version after the other is put in its place", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sc-read-file-"));
  const replacer = await put(join(folder, NAME));
  try {
    const versions = new Set<bigint>();
    for (let reading = 0; reading < READINGS || versions.size < 2; reading++) {
      const state = stateOf(folder, NAME);
      if (state === undefined) throw new Error("the file is gone");
      const read = readManifestFile(folder, NAME, state);
      if (read.valid === undefined) continue;
      const version = read.state.modifiedNanos / NANOS_PER_SECOND;
      const content = read.valid.desired.config?.env[0]?.slice("V=".length);
      // An older state is read once more; a later one would hide what came with it.
      expect(BigInt(content ?? -1)).toBeGreaterThanOrEqual(version);
      versions.add(version);
    }
    console.log(`${READINGS} readings of ${versions.size} versions`);
  } finally {
    replacer.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});
