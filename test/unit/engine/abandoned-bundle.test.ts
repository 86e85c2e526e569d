import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isBundleOf, removeAbandonedBundle } from "../../../src/engine/containerd/abandoned-bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "supercargo-bundle-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the folder of a task that containerd has lost", () => {
  test("is removed with what is in it; what its links lead to stays", () => {
    const bundle = join(folder, "io.containerd.runtime.v2.task/ns/web");
    mkdirSync(join(bundle, "rootfs"), { recursive: true });
    writeFileSync(join(bundle, "config.json"), "{}");
    writeFileSync(join(folder, "kept"), "kept");
    symlinkSync(folder, join(bundle, "work"));
    removeAbandonedBundle(bundle, "ns", "web");
    expect(existsSync(bundle)).toBe(false);
    expect(existsSync(join(folder, "kept"))).toBe(true);
  });

  test("no other folder is ever removed", () => {
    for (const path of [
      "io.containerd.runtime.v2.task/ns/other",
      "io.containerd.runtime.v2.task/x/web",
      "elsewhere/ns/web",
    ]) {
      const other = join(folder, path);
      mkdirSync(other, { recursive: true });
      expect(isBundleOf(other, "ns", "web")).toBe(false);
      expect(() => removeAbandonedBundle(other, "ns", "web")).toThrow("is no task folder of web");
      expect(existsSync(other)).toBe(true);
    }
  });
});
