import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };
import { noticesText } from "../../../scripts/project/notices.mjs";

const ROOT = join(import.meta.dir, "../../..");

test("every package that the executable contains stands in the notices with version, licence and its text", () => {
  const notices = readFileSync(join(ROOT, "THIRD-PARTY.md"), "utf8");
  // Else: node scripts/project/notices.mjs
  expect(notices).toBe(noticesText());
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const runtime = Object.entries<{ version: string; dev?: boolean }>(lock.packages).filter(
    ([folder, { dev }]) => folder !== "" && dev !== true && !/@types\/|undici-types/.test(folder),
  );
  expect(runtime.length).toBeGreaterThan(30);
  for (const [folder, { version }] of runtime) {
    const name = folder.replace(/^.*node_modules\//, "");
    expect(notices).toContain(`| ${name} ${version} |`);
    expect(notices).toContain(`### ${name} ${version}\n`);
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
