/** The units of systemd: what systemd's own tools say of them, and what the rest of the product relies on. */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../scripts/project/setup.mjs";

const UNITS = join(ROOT, "packaging/systemd");
const SYSTEM_UNITS = "/lib/systemd/system";
/** Stated in docs/manual/operation.md; the container suite passes under it, a lower one needs a mount namespace. */
const HIGHEST_EXPOSURE = 5.5;

/** Every directive that makes systemd give a unit a mount namespace of its own (systemd.exec(5)). */
const MAKES_MOUNT_NAMESPACE =
  /^(Protect(System|Home|KernelTunables|KernelModules|KernelLogs|ControlGroups|Proc)|ProcSubset|Private(Tmp|Devices|Mounts|IPC)|(ReadWrite|ReadOnly|Inaccessible|Exec|NoExec)(Paths|Directories)|Bind(ReadOnly)?Paths|TemporaryFileSystem|MountFlags|Root(Directory|Image)|MountImages|ExtensionImages|DynamicUser|MountAPIVFS|LogNamespace|LoadCredential|SetCredential)=/m;

function analyze(...args: readonly string[]) {
  const root = mkdtempSync(join(tmpdir(), "supercargo-units-"));
  try {
    const units = join(root, "etc/systemd/system");
    mkdirSync(join(root, "usr/bin"), { recursive: true });
    mkdirSync(join(root, "bin"));
    cpSync(UNITS, units, { recursive: true });
    for (const name of readdirSync(SYSTEM_UNITS).filter((name) => name.endsWith(".target")))
      cpSync(join(SYSTEM_UNITS, name), join(units, name));
    writeFileSync(join(units, "containerd.service"), "[Service]\nExecStart=/usr/bin/containerd\n");
    for (const program of [
      "usr/bin/container-management",
      "usr/bin/kanto-auto-deployer",
      "usr/bin/containerd",
      "bin/sh",
    ]) {
      writeFileSync(join(root, program), "#!/bin/sh\n");
      chmodSync(join(root, program), 0o755);
    }
    const { status, stdout, stderr } = spawnSync("systemd-analyze", [...args, "--root", root], {
      encoding: "utf8",
    });
    return { status, text: `${stdout}${stderr}` };
  } finally {
    rmSync(root, { recursive: true });
  }
}

function unit(name: string): string {
  return readFileSync(join(UNITS, name), "utf8");
}

describe("the units", () => {
  test("are good, says systemd", () => {
    for (const name of ["container-management.service", "kanto-auto-deployer.service"])
      expect(analyze("verify", "--man=no", name)).toEqual({ status: 0, text: "" });
  });

  test("expose no more than is stated, says systemd", () => {
    const { text } = analyze("security", "--offline=true", "--no-pager", "container-management.service");
    const exposure = Number(/Overall exposure level for [^:]*: ([\d.]+)/.exec(text)?.[1]);
    expect(exposure).toBeLessThanOrEqual(HIGHEST_EXPOSURE);
    expect(readFileSync(join(ROOT, "docs/manual/operation.md"), "utf8")).toContain(
      `${HIGHEST_EXPOSURE.toFixed(1)} of 10`,
    );
  });

  test("give the daemon no mount namespace: its mounts and network namespaces have to be seen outside", () => {
    expect(unit("container-management.service")).not.toMatch(MAKES_MOUNT_NAMESPACE);
  });

  test("leave containers, and the process that holds their output, alone when the daemon ends", () => {
    const text = unit("container-management.service");
    expect(text).toContain("\nKillMode=process\n");
    expect(text).not.toMatch(/^Requires=/m);
    expect(text).toMatch(/^After=.*containerd\.service.*local-fs\.target/m);
  });

  test("bring an enabled deployer back after a start of the daemon that failed", () => {
    expect(unit("container-management.service")).toMatch(
      /^ExecStartPost=-.*--no-block start kanto-auto-deployer/m,
    );
  });

  test("of the deployer is the documented one, word for word", () => {
    const documented = readFileSync(join(ROOT, "../shared/documents/000_6b5d2de6d95c5ebe.txt"), "utf8");
    expect(documented).toContain(unit("kanto-auto-deployer.service").trimEnd());
  });
});
