/** What this machine can do to hold containers in: filters for system calls, AppArmor profiles, counting of swap. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../../base/libc.ts";
import { runCommand } from "../../base/process.ts";
import { SupercargoError } from "../../errors/error.ts";

const RUNC_LIMIT_MS = 10_000;

/** Folders of the kernel; tests have their own. */
export interface KernelFolders {
  readonly proc: string;
  readonly sys: string;
}

const KERNEL: KernelFolders = { proc: "/proc", sys: "/sys" };

/** Why no filter for system calls can be set here; undefined when it can. Asks kernel and runc once. */
export class SeccompSupport {
  #answer: Promise<string | undefined> | undefined;

  constructor(
    private readonly folders: KernelFolders = KERNEL,
    private readonly runcVersion: () => Promise<string> = askRunc,
  ) {}

  obstacle(): Promise<string | undefined> {
    this.#answer ??= this.#find();
    return this.#answer;
  }

  async #find(): Promise<string | undefined> {
    if (!existsSync(join(this.folders.proc, "sys/kernel/seccomp"))) {
      return "this kernel filters no system calls (CONFIG_SECCOMP_FILTER)";
    }
    const version = await this.runcVersion();
    return version === "" || version.includes("libseccomp:") ? undefined : "runc was built without seccomp";
  }
}

/** What `runc --version` says; empty when it cannot be asked: then starts tell. */
async function askRunc(): Promise<string> {
  try {
    const { exitCode, stdout } = await runCommand(["runc", "--version"], { timeoutMs: RUNC_LIMIT_MS });
    return exitCode === 0 ? stdout : "";
  } catch (thrown) {
    if (thrown instanceof SupercargoError && (thrown.code === "SC_IO" || thrown.code === "SC_TIMEOUT"))
      return "";
    throw thrown;
  }
}

/** SC_CONTAINER_INVALID when this machine has no such profile, so that nobody believes a container to be confined. */
export function requireAppArmorProfile(name: string, folders: KernelFolders = KERNEL): void {
  if (readIfThere(join(folders.sys, "module/apparmor/parameters/enabled"))?.trim() !== "Y") {
    throw refused(name, "this kernel has no AppArmor");
  }
  const loaded = readIfThere(join(folders.sys, "kernel/security/apparmor/profiles"));
  // Without the file (securityfs is not mounted) the runtime tells at start.
  if (loaded === undefined) return;
  const names = loaded.split("\n").map((line) => line.replace(/ \([^()]*\)$/, ""));
  if (!names.includes(name)) throw refused(name, "no profile of this name is loaded");
}

function refused(name: string, reason: string): SupercargoError {
  return new SupercargoError("SC_CONTAINER_INVALID", `AppArmor profile ${name} cannot be used: ${reason}`, {
    hint: "load the profile with apparmor_parser, or leave host_config.apparmor_profile out",
    fields: { key: "hostConfig.apparmorProfile" },
  });
}

/** Whether the kernel can limit swap; where it cannot, a limit makes every start fail. */
export function hasSwapLimits(folders: KernelFolders = KERNEL): boolean {
  const root = join(folders.sys, "fs/cgroup");
  if (existsSync(join(root, "memory"))) return existsSync(join(root, "memory/memory.memsw.limit_in_bytes"));
  if (!existsSync(join(root, "cgroup.controllers"))) return true;
  // The topmost group has no limits; our own tells, unless we are in the topmost.
  const own = /^0::(.*)$/m.exec(readIfThere(join(folders.proc, "self/cgroup")) ?? "")?.[1] ?? "/";
  if (own === "/" || !existsSync(join(root, own, "memory.max"))) return true;
  return existsSync(join(root, own, "memory.swap.max"));
}

function readIfThere(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path, "utf8") : undefined;
  } catch (thrown) {
    if (["ENOENT", "ENOTDIR", "EACCES", "EPERM"].includes(errnoName(thrown) ?? "")) return undefined;
    throw thrown;
  }
}
