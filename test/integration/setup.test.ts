/** Set-up on machines that lack something: one clear sentence what is missing and how to get it. Each machine is a mount namespace. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, ROOT } from "../../scripts/project/setup.mjs";
import { runCommand } from "../../src/base/process.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const LIMIT_MS = 60_000;
const POLICY = "/usr/sbin/policy-rc.d";

let folder = "";
let failing = "";
beforeAll(() => {
  refuseInitialNamespace();
  folder = mkdtempSync(join(tmpdir(), "sc-setup-"));
  chmodSync(folder, 0o755);
  failing = join(folder, "failing");
  writeFileSync(failing, "#!/bin/sh\necho 'Could not resolve host' >&2\nexit 100\n", { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function place(program: string): string {
  const path = findProgram(program);
  if (path === undefined) throw new Error(`${program} is not installed`);
  return path;
}

/** Runs `npm start` where other files stand in the place of programs: /dev/null cannot be run, so the program is missing. */
async function startWith(
  standIns: Readonly<Record<string, string>>,
  clone = ROOT,
  user = 0,
  script = "start.mjs --check",
) {
  const mounts = Object.entries(standIns).map(([path, file]) => `mount --bind ${file} ${path} && `);
  const command = `${mounts.join("")}exec setpriv --reuid=${user} --clear-groups node scripts/${script}`;
  const { exitCode, stdout, stderr } = await runCommand(
    ["unshare", "--mount", "--propagation", "private", "sh", "-c", command],
    { cwd: clone, timeoutMs: LIMIT_MS },
  );
  return { code: exitCode, stdout, stderr: stderr.trim() };
}

test(
  "without root",
  async () => {
    // A copy that everybody may read: the clone can lie in a folder of root's.
    const clone = join(folder, "readable");
    cpSync(join(ROOT, "scripts"), join(clone, "scripts"), { recursive: true });
    const run = await startWith({}, clone, 65534);
    expect(run).toEqual({
      code: 1,
      stdout: "",
      stderr: "Containers, network and mounts need root: run it as root (su, or sudo npm start).",
    });
  },
  LIMIT_MS,
);

test(
  "without apt, with a program missing",
  async () => {
    const run = await startWith({ [place("apt-get")]: "/dev/null", [place("nft")]: "/dev/null" });
    expect(run.code).toBe(1);
    expect(run.stderr).toBe(
      "This is not Debian (no apt-get), and these are missing: nft (nftables). Install them by your system's means so that they are in PATH, then run it again.",
    );
  },
  LIMIT_MS,
);

test(
  "without a network for Debian packages; nothing of the attempt is left",
  async () => {
    const hadPolicy = existsSync(POLICY);
    const run = await startWith({ [place("apt-get")]: failing, [place("nft")]: "/dev/null" });
    expect(run.code).toBe(1);
    expect(run.stdout).toBe("Installing Debian packages for nft (nftables)\n");
    expect(run.stderr).toBe(
      "Debian packages could not be installed: nftables. Is there a network and a package mirror? apt-get said:\n  Could not resolve host",
    );
    expect(existsSync(POLICY)).toBe(hadPolicy);
  },
  LIMIT_MS,
);

test(
  "without a network for npm packages",
  async () => {
    const clone = join(folder, "clone");
    mkdirSync(clone);
    for (const name of ["scripts", "package.json", "package-lock.json"]) {
      cpSync(join(ROOT, name), join(clone, name), { recursive: true });
    }
    const run = await startWith({ [place("npm")]: failing }, clone);
    expect(run.code).toBe(1);
    expect(run.stdout).toBe("Installing npm packages\n");
    expect(run.stderr).toBe(
      "npm packages could not be installed. Is there a network and a registry? npm said:\n  Could not resolve host",
    );
  },
  LIMIT_MS,
);

test(
  "tests where a program is missing: a failure that is counted, and the rest runs",
  async () => {
    const standIns = { [place("apt-get")]: failing, [place("nft")]: "/dev/null" };
    const run = await startWith(standIns, ROOT, 0, "test.mjs static");
    expect(run.code).toBe(1);
    expect(run.stdout.trimEnd().split("\n").at(-1)).toBe("3 passed, 1 failed");
  },
  LIMIT_MS,
);

test(
  "tests without npm packages: a failure that is counted",
  async () => {
    const clone = join(folder, "untested");
    mkdirSync(clone);
    for (const name of ["scripts", "package.json", "package-lock.json"]) {
      cpSync(join(ROOT, name), join(clone, name), { recursive: true });
    }
    const run = await startWith({ [place("npm")]: failing }, clone, 0, "test.mjs static");
    expect(run.code).toBe(1);
    expect(run.stdout.trimEnd().split("\n").at(-1)).toBe("0 passed, 1 failed");
  },
  LIMIT_MS,
);
