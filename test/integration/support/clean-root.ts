/**
 * A Debian of its own: this machine's root under changes that are thrown away, or a fresh one made by debootstrap. Commands
 * run in it by chroot, or inside of a systemd that is booted on it.
 */

import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import { removeTree } from "./containerd.ts";

const BOOT = join(import.meta.dir, "boot.sh");
const BOOT_LIMIT_MS = 90_000;
/** What a device needs beside our package; the rest comes by its dependencies. */
const FRESH_PACKAGES = ["systemd-sysv", "dbus", "ca-certificates"];
const TARGET = "device.target";
/** Units that cost seconds and that a test has no use for. */
const NOT_NEEDED = [
  "systemd-udevd.service",
  "systemd-udev-trigger.service",
  "systemd-logind.service",
  "systemd-tmpfiles-setup.service",
  "systemd-random-seed.service",
];

/** Whether this process runs in a device that a test has booted: systemd as process 1, and the unit that is nowhere else. */
export function isBootedForTests(): boolean {
  return (
    readFileSync("/proc/1/comm", "utf8").trim() === "systemd" &&
    existsSync(join("/etc/systemd/system", TARGET))
  );
}

export interface Ran {
  readonly code: number;
  readonly text: string;
}

export function runTool(...command: readonly string[]): Ran {
  const [program = "", ...args] = command;
  const result = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  return {
    code: result.status ?? -1,
    text: `${result.stdout}${result.stderr}${result.error?.message ?? ""}`,
  };
}

export function demandTool(...command: readonly string[]): string {
  const { code, text } = runTool(...command);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${text}`);
  return text;
}

export class CleanRoot {
  readonly root: string;
  /** Seen from inside as `/in`. */
  readonly shared: string;
  readonly #place: string;
  readonly #name: string;
  readonly #bound: string[] = [];
  #pid: number | undefined;
  #debian: string | undefined;

  private constructor(
    place: string,
    readonly isFresh: boolean,
  ) {
    this.#place = place;
    this.#name = basename(place);
    this.root = join(place, "root");
    this.shared = join(place, "in");
  }

  /**
   * @param below empty: on this machine's root; `debootstrap`: on a fresh one, which needs a mirror and minutes; else a
   * folder that debootstrap has made before
   */
  static make(below: string): CleanRoot {
    const place = mkdtempSync(join(tmpdir(), "sc-root-"));
    const made = new CleanRoot(place, below !== "");
    let base = below === "" ? "/" : below;
    if (below === "debootstrap") {
      base = mkdtempSync(join(tmpdir(), "sc-debian-"));
      made.#debian = base;
      const include = `--include=${FRESH_PACKAGES.join(",")}`;
      demandTool("debootstrap", "--variant=minbase", include, "bookworm", base);
    }
    // An overlay cannot lie in itself: its upper folder is in memory.
    demandTool("mount", "-t", "tmpfs", "-o", "size=2g", "tmpfs", place);
    for (const name of ["root", "upper", "work", "in"]) mkdirSync(join(place, name));
    const layers = `lowerdir=${base},upperdir=${join(place, "upper")},workdir=${join(place, "work")}`;
    demandTool("mount", "-t", "overlay", "-o", layers, "overlay", made.root);
    // What an earlier life of this machine left is not there.
    for (const path of ["etc/container-management", "var/lib/container-management", "data"])
      rmSync(join(made.root, path), { recursive: true, force: true });
    // It keeps packages of a machine for builds from starting services.
    rmSync(join(made.root, "usr/sbin/policy-rc.d"), { force: true });
    mkdirSync(join(made.root, "in"));
    demandTool("mount", "--bind", made.shared, join(made.root, "in"));
    return made;
  }

  /** Runs a command by chroot, or in the booted system; without questions. Throws when it fails. */
  do(...command: readonly string[]): string {
    const { code, text } = this.try(...command);
    if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${text}`);
    return text;
  }

  try(...command: readonly string[]): Ran {
    return runTool(...this.commandFor(...command));
  }

  /** What has to be called for a command to run inside. */
  commandFor(...command: readonly string[]): readonly [string, ...string[]] {
    const env = ["env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "SYSTEMD_COLORS=0", ...command];
    return this.#pid === undefined
      ? ["chroot", this.root, ...env]
      : ["nsenter", "--target", String(this.#pid), "--all", ...env];
  }

  /** A folder of this machine is seen inside too; before the boot. */
  bind(source: string, target = source): void {
    const place = join(this.root, target);
    mkdirSync(place, { recursive: true });
    demandTool("mount", "--bind", source, place);
    this.#bound.unshift(target);
  }

  /** Keeps a unit from being started. */
  mask(unit: string): void {
    demandTool("ln", "-sf", "/dev/null", join(this.root, "etc/systemd/system", unit));
  }

  file(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  /** For commands by chroot, when nothing is booted. */
  mountForChroot(): void {
    demandTool("mount", "-t", "proc", "proc", join(this.root, "proc"));
    demandTool("mount", "-t", "tmpfs", "tmpfs", join(this.root, "run"));
  }

  /** Boots systemd with these units of the system, and waits until it is up. */
  async boot(...units: readonly string[]): Promise<void> {
    const folder = join(this.root, "etc/systemd/system");
    const text = `[Unit]\nRequires=basic.target\nAfter=basic.target\nWants=${units.join(" ")}\nAllowIsolate=yes\n`;
    writeFileSync(join(folder, TARGET), text);
    // The machine's own services are none of this device.
    for (const name of readdirSync(folder).filter((name) => name.endsWith(".wants")))
      rmSync(join(folder, name), { recursive: true });
    for (const unit of NOT_NEEDED) this.mask(unit);
    // containerd's file systems cannot lie on an overlay.
    mkdirSync(join(this.root, "var/lib/containerd"), { recursive: true });
    demandTool("mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", join(this.root, "var/lib/containerd"));
    const child = spawn("sh", [BOOT, this.root, this.#name, TARGET], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const children = `/proc/${child.pid}/task/${child.pid}/children`;
    const first = () => (existsSync(children) ? readFileSync(children, "utf8").trim() : "");
    await until(
      () => first() !== "" && existsSync(join(this.root, "boot.log")),
      "the first process of the device",
      BOOT_LIMIT_MS,
    );
    this.#pid = Number(first());
    await until(
      () => /^(running|degraded)/.test(this.try("systemctl", "is-system-running").text),
      () => `the device is up:\n${this.file("boot.log").slice(-2000)}`,
      BOOT_LIMIT_MS,
    );
  }

  get bootLog(): string {
    return this.has("boot.log") ? this.file("boot.log") : "";
  }

  /** Everything that runs in it ends with its first process; mounts and groups go. */
  async end(): Promise<void> {
    if (this.#pid !== undefined) {
      const pid = this.#pid;
      process.kill(pid, "SIGKILL");
      const hasEnded = () => {
        // A process in a frozen group does not even end.
        thaw(join("/sys/fs/cgroup/freezer", this.#name));
        return !existsSync(`/proc/${pid}`);
      };
      await until(hasEnded, "the device has ended", BOOT_LIMIT_MS);
    }
    for (const path of [...this.#bound, "var/lib/containerd", "in", "run", "proc", ""])
      runTool("umount", "-l", join(this.root, path));
    runTool("umount", "-l", this.#place);
    rmSync(this.#place, { recursive: true, force: true });
    if (this.#debian !== undefined) rmSync(this.#debian, { recursive: true, force: true });
    for (const kind of readdirSync("/sys/fs/cgroup")) {
      const folder = join("/sys/fs/cgroup", kind, this.#name);
      // Who has started its first process ends a moment after it.
      await until(() => removeTree(folder), `the control groups in ${folder} can be removed`, BOOT_LIMIT_MS);
    }
  }
}

function thaw(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) {
      thaw(join(folder, entry.name));
      writeFileSync(join(folder, entry.name, "freezer.state"), "THAWED");
    }
}
