/**
 * The Debian package in a root of its own (this machine's, changes thrown away): installed over Kanto's, upgraded, removed,
 * purged. The executable in it is a stand-in; the real one is in every other test.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ar, tar } from "../../scripts/project/archive.mjs";
import { debianPackage } from "../../scripts/project/package.mjs";
import { ROOT } from "../../scripts/project/setup.mjs";
import { CleanRoot, demandTool, runTool } from "./support/clean-root.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const HELP_FOLDER = join(ROOT, "dist/bin");
const CONFIG = "etc/container-management/config.json";
const KANTO_CONFIG =
  '{"log":{"log_file":"/var/log/container-management/container-management.log"},"manager":{"default_ctrs_stop_timeout":5}}\n';

let device: CleanRoot;

function ours(version: string): string {
  const executable = Buffer.from(`#!/bin/sh\necho ${version}\n`);
  const content = debianPackage({
    architecture: "all",
    executable,
    helpFolder: HELP_FOLDER,
    version,
    time: 1_790_000_000,
  });
  writeFileSync(join(device.shared, `ours_${version}.deb`), content);
  return `/in/ours_${version}.deb`;
}

/** As Kanto's looks: the daemon, and its configuration as a conffile. */
function kantos(): string {
  const control =
    "Package: container-management\nVersion: 1.0.0\nArchitecture: all\nMaintainer: x <x@localhost>\nDescription: x\n";
  const about = [
    { path: "control", content: Buffer.from(control) },
    { path: "conffiles", content: Buffer.from(`/${CONFIG}\n`) },
  ];
  const files = [
    { path: "usr/bin/container-management", mode: 0o755, content: Buffer.from("#!/bin/sh\necho kanto\n") },
    { path: CONFIG, content: Buffer.from(KANTO_CONFIG) },
  ];
  const content = ar(
    [
      { name: "debian-binary", content: Buffer.from("2.0\n") },
      { name: "control.tar", content: tar(about, 0) },
      { name: "data.tar", content: tar(files, 0) },
    ],
    0,
  );
  writeFileSync(join(device.shared, "kanto.deb"), content);
  return "/in/kanto.deb";
}

function status(name: string): string {
  return /^Status: (.*)$/m.exec(device.try("dpkg-query", "-s", name).text)?.[1] ?? "";
}

beforeAll(() => {
  refuseInitialNamespace();
  device = CleanRoot.make("");
  device.mountForChroot();
});

afterAll(() => device?.end());

describe("the package", () => {
  test("is a Debian package with everything in its place", () => {
    const deb = join(device.shared, ours("0.1.0").slice("/in/".length));
    const listed = demandTool("dpkg-deb", "--contents", deb)
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/).slice(0, 2).concat(line.split(/\s+/).slice(5)).join(" "));
    const files = listed.filter((line) => !line.startsWith("drwx") && !line.includes("/manual/"));
    expect(files.sort()).toEqual(
      [
        "-rwxr-xr-x root/root ./usr/lib/supercargo/supercargo.bin",
        ...["container-management", "kanto-cm", "kanto-auto-deployer", "sdv-kanto-ctl", "supercargo"].map(
          (name) => `lrwxrwxrwx root/root ./usr/bin/${name} -> ../lib/supercargo/supercargo.bin`,
        ),
        ...[
          "lib/systemd/system/container-management.service",
          "lib/systemd/system/kanto-auto-deployer.service",
          "lib/systemd/system/kanto-auto-deployer.service.d/readiness.conf",
          "usr/share/supercargo/config.json",
          "usr/share/man/man8/container-management.8.gz",
          "usr/share/man/man8/kanto-auto-deployer.8.gz",
          "usr/share/man/man1/kanto-cm.1.gz",
          "usr/share/man/man1/sdv-kanto-ctl.1.gz",
          "usr/share/man/man1/supercargo.1.gz",
          "usr/share/doc/supercargo/copyright",
          "usr/share/doc/supercargo/THIRD-PARTY.md",
          "usr/share/doc/supercargo/changelog.gz",
        ].map((path) => `-rw-r--r-- root/root ./${path}`),
      ].sort(),
    );
    expect(listed).toContain("drwxr-xr-x root/root ./data/var/containers/manifests/");
    expect(
      listed.filter((line) => line.includes("/doc/supercargo/manual/") && line.endsWith(".md")).length,
    ).toBe(
      readdirSync(join(ROOT, "docs/manual"), { recursive: true }).filter((name) =>
        String(name).endsWith(".md"),
      ).length,
    );
    expect(demandTool("dpkg-deb", "--field", deb, "Conflicts", "Replaces", "Provides")).toBe(
      [
        "Conflicts: kanto, container-management, eclipse-leda-kanto-auto-deployer",
        "Replaces: kanto, container-management, eclipse-leda-kanto-auto-deployer",
        "Provides: kanto (= 0.1.0), container-management (= 0.1.0), eclipse-leda-kanto-auto-deployer (= 0.1.0)",
        "",
      ].join("\n"),
    );
  });

  test("takes the place of Kanto's and keeps its configuration as it is", () => {
    device.do("dpkg", "--no-triggers", "-i", kantos());
    device.do("dpkg", "--no-triggers", "-i", "--force-depends", ours("0.1.0"));
    expect(status("container-management")).not.toBe("install ok installed");
    expect(status("supercargo")).toBe("install ok installed");
    expect(device.file(CONFIG)).toBe(KANTO_CONFIG);
    expect(device.do("/usr/bin/container-management")).toBe("0.1.0\n");
    expect(device.do("getent", "group", "container-management")).toStartWith("container-management:x:");
    const wants = "etc/systemd/system/multi-user.target.wants";
    expect(device.do("ls", `/${wants}`)).toContain("container-management.service\n");
    expect(device.do("ls", `/${wants}`)).toContain("kanto-auto-deployer.service\n");
  });

  test("keeps configuration, state and a disabled service over an upgrade and back", () => {
    writeFileSync(join(device.root, CONFIG), `${KANTO_CONFIG}\n`);
    mkdirSync(join(device.root, "var/lib/container-management/containers"), { recursive: true });
    device.do("systemctl", "disable", "kanto-auto-deployer.service");
    device.do("dpkg", "--no-triggers", "-i", "--force-depends", ours("0.2.0"));
    expect(device.do("/usr/bin/container-management")).toBe("0.2.0\n");
    expect(device.file(CONFIG)).toBe(`${KANTO_CONFIG}\n`);
    expect(device.has("var/lib/container-management/containers")).toBe(true);
    expect(device.has("etc/systemd/system/multi-user.target.wants/kanto-auto-deployer.service")).toBe(false);
    device.do("dpkg", "--no-triggers", "-i", "--force-depends", ours("0.1.0"));
    expect(device.do("/usr/bin/container-management")).toBe("0.1.0\n");
    expect(device.file(CONFIG)).toBe(`${KANTO_CONFIG}\n`);
  });

  test("leaves to Kanto what Kanto has taken back, also when it is purged", () => {
    device.do(
      "dpkg",
      "--no-triggers",
      "-i",
      "--auto-deconfigure",
      "--force-depends",
      "--force-conflicts",
      "--force-confold",
      kantos(),
    );
    device.do("dpkg", "--no-triggers", "--remove", "--force-depends", "supercargo");
    device.do("dpkg", "--no-triggers", "-i", "--force-confold", kantos());
    expect(device.do("dpkg", "--no-triggers", "--purge", "supercargo")).toContain(
      "its state and configuration stay",
    );
    expect(device.do("/usr/bin/container-management")).toBe("kanto\n");
    expect(device.file(CONFIG)).toBe(`${KANTO_CONFIG}\n`);
    expect(device.has("var/lib/container-management/containers")).toBe(true);
    device.do("dpkg", "--no-triggers", "--purge", "container-management");
  });

  test("on a fresh device configures the default system call list and the journal; purging leaves nothing", () => {
    rmSync(join(device.root, "etc/container-management"), { recursive: true, force: true });
    device.do("dpkg", "--no-triggers", "-i", "--force-depends", ours("0.1.0"));
    expect(JSON.parse(device.file(CONFIG))).toEqual({
      containers: { default_seccomp: "default" },
      log: { log_file: "" },
    });
    expect(
      runTool(
        join(HELP_FOLDER, "container-management"),
        "--cfg-file",
        join(device.root, CONFIG),
        "--check-config",
      ),
    ).toEqual({
      code: 0,
      text: "the configuration is good\n",
    });
    mkdirSync(join(device.root, "var/lib/kanto-auto-deployer"), { recursive: true });
    device.do("dpkg", "--no-triggers", "--remove", "supercargo");
    expect(device.has(CONFIG)).toBe(true);
    expect(device.has("var/lib/container-management")).toBe(true);
    device.do("dpkg", "--no-triggers", "--purge", "supercargo");
    for (const path of [
      "etc/container-management",
      "var/lib/container-management",
      "var/lib/kanto-auto-deployer",
      "usr/lib/supercargo",
      "usr/share/supercargo",
      "usr/share/doc/supercargo",
      "lib/systemd/system/container-management.service",
      "etc/systemd/system/container-management.service",
      "etc/systemd/system/multi-user.target.wants/container-management.service",
    ])
      expect(`${path}: ${device.has(path)}`).toBe(`${path}: false`);
  });
});
