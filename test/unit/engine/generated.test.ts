import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContainersDefinition } from "../../../src/api/gen/api/services/containers/containers.ts";
import { State } from "../../../src/api/gen/api/types/containers/state.ts";
import { FILE_DESCRIPTOR_SET_BASE64 } from "../../../src/api/gen/descriptors.ts";

const root = join(import.meta.dir, "../../..");

function tree(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length), readFileSync(path, "utf8")]),
  );
}

test("the committed generated code is what the generator makes of proto/ today", () => {
  const out = mkdtempSync(join(tmpdir(), "supercargo-generate-"));
  try {
    const run = Bun.spawnSync(["node", join(root, "scripts/generate.mjs"), "--out", out], { stderr: "pipe" });
    expect(run.stderr.toString()).toBe("");
    expect(run.exitCode).toBe(0);
    for (const folder of ["src/api/gen", "src/engine/containerd/gen"]) {
      const fresh = tree(join(out, folder));
      const committed = tree(join(root, folder));
      expect([...committed.keys()].sort()).toEqual([...fresh.keys()].sort());
      const changed = [...fresh].filter(([path, text]) => committed.get(path) !== text).map(([path]) => path);
      expect(changed).toEqual([]);
    }
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}, 60_000);

test("the methods of the peer's service have the peer's full names", () => {
  expect(ContainersDefinition.fullName).toBe(
    "github.com.eclipse_kanto.container_management.containerm.api.services.containers.Containers",
  );
  const names: string[] = Object.values(ContainersDefinition.methods).map((method) => method.name);
  expect(names.join(" ")).toBe(
    "Create Get List ListStream Start Attach Stop Update Restart Pause Unpause Rename Remove Logs",
  );
});

test("pid -1 is ten bytes on the wire and comes back", () => {
  const bytes = Buffer.from([8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
  const state = State.decode(bytes);
  expect(state.pid).toBe(-1n);
  expect(Buffer.from(State.encode(state).finish())).toEqual(bytes);
});

test("the descriptors for reflection hold every file of our services", () => {
  const text = Buffer.from(FILE_DESCRIPTOR_SET_BASE64, "base64").toString("latin1");
  for (const name of [
    "api/services/containers/containers.proto",
    "api/services/sysinfo/system_info.proto",
    "supercargo/v1/supercargo.proto",
    "google/protobuf/empty.proto",
  ]) {
    expect(text).toContain(name);
  }
});
