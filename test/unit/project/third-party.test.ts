import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };

const ROOT = join(import.meta.dir, "../../..");

test("every package that the executable contains stands in the notices with its version and licence", () => {
  const notices = readFileSync(join(ROOT, "THIRD-PARTY.md"), "utf8");
  for (const [name, version] of Object.entries(packageJson.dependencies)) {
    expect(notices).toContain(`${name} ${version}`);
    const { license } = JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8"));
    for (const part of String(license)
      .replace(/[()]/g, "")
      .split(/ AND | OR /))
      expect(notices).toContain(part);
  }
});

test("every package is named in a decision", () => {
  const folder = join(ROOT, "docs/decisions");
  const decisions = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
  const names = [...Object.keys(packageJson.dependencies), ...Object.keys(packageJson.devDependencies)];
  expect(names.filter((name) => !decisions.includes(`\`${name}\``) && name !== "@types/bun")).toEqual([]);
});

test("versions are exact and the lock file holds no addresses", () => {
  const versions = Object.values({ ...packageJson.dependencies, ...packageJson.devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  expect(readFileSync(join(ROOT, "package-lock.json"), "utf8")).not.toContain('"resolved"');
});
