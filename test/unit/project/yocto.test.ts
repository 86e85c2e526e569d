/** The Yocto recipes: what do_install leaves, run in a shell with bitbake's variables; what documents 001 and 002 say of them. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../../scripts/project/setup.mjs";
import { readManifest } from "../../../src/manifest/read.ts";
import { fileList, type Machine, Recipe } from "./support/bitbake.ts";

const LAYER = join(ROOT, "packaging/yocto");
const MANIFESTS = join(LAYER, "recipes-supercargo/kanto-containers");
const MANAGER = "recipes-supercargo/container-management/container-management_git.bb";
const DEPLOYER = "recipes-supercargo/kanto-auto-deployer/kanto-auto-deployer_git.bb";
const GENERIC: Machine = { overrides: ["libc-glibc", "x86-64"] };

let place = "";
let serial = 0;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "supercargo-yocto-"));
  // The sources as the recipe finds them, with an executable that is already built.
  mkdirSync(join(place, "git/dist/bin-x64-baseline"), { recursive: true });
  writeFileSync(join(place, "git/dist/bin-x64-baseline/supercargo.bin"), "program");
  for (const name of ["packaging", "LICENSE"]) symlinkSync(join(ROOT, name), join(place, "git", name));
});
afterAll(() => rmSync(place, { recursive: true }));

/** Runs do_install; answers the file list and the destination. */
function install(path: string, machine: Machine = GENERIC) {
  const destination = join(place, `image${serial++}`);
  mkdirSync(destination);
  const recipe = new Recipe(LAYER, path, machine, { WORKDIR: place, D: destination });
  const { code, text } = recipe.run("do_install");
  return { recipe, code, text, destination, files: fileList(destination) };
}

describe("container-management_git.bb", () => {
  test("installs the executable, its names, the unit and a first configuration", () => {
    const { code, text, files } = install(MANAGER);
    expect({ code, text }).toEqual({ code: 0, text: "" });
    expect(files).toEqual([
      "0755 /etc/",
      "0711 /etc/container-management/",
      "0644 /etc/container-management/config.json",
      "0755 /lib/",
      "0755 /lib/systemd/",
      "0755 /lib/systemd/system/",
      "0644 /lib/systemd/system/container-management.service",
      "0755 /usr/",
      "0755 /usr/bin/",
      "link /usr/bin/container-management -> ../lib/supercargo/supercargo.bin",
      "link /usr/bin/kanto-cm -> ../lib/supercargo/supercargo.bin",
      "link /usr/bin/sdv-kanto-ctl -> ../lib/supercargo/supercargo.bin",
      "link /usr/bin/supercargo -> ../lib/supercargo/supercargo.bin",
      "0755 /usr/lib/",
      "0755 /usr/lib/supercargo/",
      "0755 /usr/lib/supercargo/supercargo.bin",
    ]);
  });

  test("builds for the machine: without AVX2, for arm64, and for musl", () => {
    const target = (...overrides: string[]) =>
      new Recipe(LAYER, MANAGER, { overrides }, { WORKDIR: place, D: place }).get("SUPERCARGO_TARGET");
    expect(target("libc-glibc", "x86-64")).toBe("x64-baseline");
    expect(target("libc-glibc", "aarch64")).toBe("arm64");
    expect(target("libc-musl", "x86-64")).toBe("x64-musl-baseline");
    expect(target("libc-musl", "aarch64")).toBe("arm64-musl");
  });

  test("has its service, its group and a configuration that is edited; the executable is not stripped", () => {
    const { recipe } = install(MANAGER);
    expect(recipe.inherited).toContain("systemd");
    expect(recipe.get("SYSTEMD_SERVICE:container-management")).toBe("container-management.service");
    expect(recipe.get("GROUPADD_PARAM:container-management")).toBe("--system container-management");
    expect(recipe.get("CONFFILES:container-management")).toBe("/etc/container-management/config.json");
    expect(recipe.get("INHIBIT_PACKAGE_STRIP")).toBe("1");
    const licence = createHash("md5")
      .update(readFileSync(join(ROOT, "LICENSE")))
      .digest("hex");
    expect(recipe.get("LIC_FILES_CHKSUM")).toEndWith(`/LICENSE;md5=${licence}`);
  });
});

describe("kanto-auto-deployer_git.bb", () => {
  const names = ["core", "example"].flatMap((folder) => readdirSync(join(MANIFESTS, folder))).sort();

  test("installs the service, and all manifests of kanto-containers into KANTO_MANIFESTS_DIR, by default /var/containers/manifests", () => {
    const { code, text, files, destination } = install(DEPLOYER);
    expect({ code, text }).toEqual({ code: 0, text: "" });
    expect(files).toEqual([
      "0755 /data/",
      "0755 /data/var/",
      "0755 /data/var/containers/",
      "0755 /data/var/containers/manifests/",
      "0755 /lib/",
      "0755 /lib/systemd/",
      "0755 /lib/systemd/system/",
      "0644 /lib/systemd/system/kanto-auto-deployer.service",
      "0755 /lib/systemd/system/kanto-auto-deployer.service.d/",
      "0644 /lib/systemd/system/kanto-auto-deployer.service.d/readiness.conf",
      "0755 /usr/",
      "0755 /usr/bin/",
      "link /usr/bin/kanto-auto-deployer -> ../lib/supercargo/supercargo.bin",
      "0755 /var/",
      "0755 /var/containers/",
      "0755 /var/containers/manifests/",
      ...names.map((name) => `0644 /var/containers/manifests/${name}`),
    ]);
    const unit = "lib/systemd/system/kanto-auto-deployer.service";
    // By default it is the documented unit, word for word.
    expect(readFileSync(join(destination, unit), "utf8")).toBe(
      readFileSync(join(ROOT, "packaging/systemd/kanto-auto-deployer.service"), "utf8"),
    );
  });

  test("follows the distribution's configuration: both folders, and which sets of manifests", () => {
    const configuration = {
      KANTO_MANIFESTS_DIR: "/opt/manifests",
      KANTO_MANIFESTS_DEV_DIR: "/mnt/dev/manifests",
      KANTO_CONTAINERS: "core",
    };
    const { code, files, destination } = install(DEPLOYER, { ...GENERIC, configuration });
    expect(code).toBe(0);
    expect(files.filter((line) => line.includes("/opt/manifests/"))).toEqual([
      "0755 /opt/manifests/",
      ...readdirSync(join(MANIFESTS, "core"))
        .sort()
        .map((name) => `0644 /opt/manifests/${name}`),
    ]);
    expect(files).toContain("0755 /mnt/dev/manifests/");
    const unit = readFileSync(join(destination, "lib/systemd/system/kanto-auto-deployer.service"), "utf8");
    expect(unit).toContain("\nExecStart=/usr/bin/kanto-auto-deployer /mnt/dev/manifests --daemon\n");
  });

  test("a set without manifests installs none; an empty folder's name ends the build", () => {
    const none = { ...GENERIC, configuration: { KANTO_CONTAINERS: "nothing" } };
    expect(install(DEPLOYER, none)).toMatchObject({ code: 0 });
    const { code, text } = install(DEPLOYER, { ...GENERIC, configuration: { KANTO_MANIFESTS_DIR: "" } });
    expect(code).toBe(1);
    expect(text).toContain("must not be empty");
  });

  test("every manifest of the set is a good one, and enabled ones share no name and no port", () => {
    const seen = new Map<string, string>();
    for (const folder of ["core", "example"]) {
      for (const name of readdirSync(join(MANIFESTS, folder))) {
        const path = join(MANIFESTS, folder, name);
        const reading = readManifest(readFileSync(path), { file: path, source: "folder", isStrict: true });
        expect({ name, ok: reading.ok, warnings: reading.warnings }).toEqual({
          name,
          ok: true,
          warnings: [],
        });
        if (!reading.ok || !name.endsWith(".json")) continue;
        const { name: container, hostConfig } = reading.manifest.desired;
        const ports = hostConfig.portMappings.map(({ hostPort }) => `port ${hostPort}`);
        for (const key of [`name ${container}`, ...ports]) {
          expect(`${key} in ${seen.get(key)}`).toBe(`${key} in undefined`);
          seen.set(key, name);
        }
      }
    }
  });
});
