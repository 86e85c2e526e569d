/**
 * The shim processes of one containerd, found by their command lines. Needed for what no list of containerd's shows: a
 * daemon that was killed inside Tasks/Create can leave a shim whose bundle folder is gone (spec/pitfalls.md §6).
 */

import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { errnoName } from "../../base/libc.ts";

export interface Shim {
  readonly pid: number;
  /** Engine id of its container. */
  readonly id: string;
  /** Its bundle folder: where a shim is started; undefined when the process went away meanwhile. */
  readonly bundle: string | undefined;
  readonly hasBundle: boolean;
}

/** All shims that containerd at `address` started for `namespace`; a scan of /proc takes some ms. */
export function findShims(namespace: string, address: string, proc = "/proc"): Shim[] {
  const shims: Shim[] = [];
  for (const entry of readdirSync(proc)) {
    if (!/^\d+$/.test(entry)) continue;
    const id = shimId(commandLine(proc, entry), namespace, address);
    if (id === undefined) continue;
    const link = readOrMissing(() => readlinkSync(`${proc}/${entry}/cwd`));
    const bundle = link?.replace(/ \(deleted\)$/, "");
    shims.push({ pid: Number(entry), id, bundle, hasBundle: bundle !== undefined && existsSync(bundle) });
  }
  return shims;
}

/** Ends one shim, if the process still is that shim. */
export function endShim(shim: Shim, namespace: string, address: string): void {
  if (shimId(commandLine("/proc", String(shim.pid)), namespace, address) !== shim.id) return;
  try {
    process.kill(shim.pid, "SIGKILL");
  } catch (thrown) {
    if (errnoName(thrown) !== "ESRCH") throw thrown; // ended by itself
  }
}

/** The container id in a shim's command line; undefined for any other process, or a shim of somebody else. */
export function shimId(args: readonly string[], namespace: string, address: string): string | undefined {
  const [program = "", ...flags] = args;
  if (!basename(program).startsWith("containerd-shim")) return undefined;
  // The short-lived calls `containerd-shim ... start` and `... delete` are not shims.
  if (flags.includes("start") || flags.includes("delete")) return undefined;
  if (flagValue(flags, "-namespace") !== namespace) return undefined;
  const theirs = flagValue(flags, "-address");
  if (theirs === undefined || resolved(theirs) !== resolved(address)) return undefined;
  return flagValue(flags, "-id");
}

function flagValue(flags: readonly string[], name: string): string | undefined {
  const at = flags.indexOf(name);
  return at < 0 ? undefined : flags[at + 1];
}

function resolved(path: string): string {
  return readOrMissing(() => realpathSync(path)) ?? path;
}

function commandLine(proc: string, pid: string): string[] {
  return readOrMissing(() => readFileSync(`${proc}/${pid}/cmdline`, "utf8"))?.split("\0") ?? [];
}

function readOrMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    // Processes come and go while we look; of a zombie or a foreign one we may not see everything.
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(errnoName(thrown) ?? "")) return undefined;
    throw thrown;
  }
}
