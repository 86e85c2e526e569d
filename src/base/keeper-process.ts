/**
 * A small detached process that does nothing but keep descriptors open after we are gone (`sleep`, about 0.1 MiB of its
 * own memory), and what is needed to find such a process again without ever hitting another one.
 */

import { readdirSync, readFileSync } from "node:fs";
import { errnoName } from "./libc.ts";
import { childEnvironment } from "./process.ts";

/** A process that can be told from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start in clock ticks since boot, as /proc says; text because it is only compared. */
  readonly startTicks: string;
}

export interface Keeper {
  readonly identity: ProcessIdentity;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

const MARK = "SUPERCARGO_KEEPER";
/** A keeper that nobody comes back for ends by itself after this time; its owner replaces it before. */
export const KEEPER_LIFE_MS = 7 * 24 * 3600 * 1000;

/** Starts a keeper of exactly these descriptors; `mark` finds it again (`findKeepers`). Throws when sleep cannot be started. */
export function startKeeper(descriptors: readonly number[], mark: string): Keeper {
  const child = Bun.spawn(["sleep", String(KEEPER_LIFE_MS / 1000)], {
    stdio: ["ignore", "ignore", "ignore", ...descriptors],
    detached: true,
    cwd: "/",
    env: { PATH: childEnvironment()["PATH"] ?? "/usr/bin:/bin", [MARK]: mark },
  });
  child.unref();
  const identity = { pid: child.pid, startTicks: startTicksOf(child.pid) ?? "" };
  return { identity, ended: child.exited.then(() => undefined) };
}

/** Whether this very process is alive. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identity.startTicks !== "" && startTicksOf(identity.pid) === identity.startTicks;
}

/** Kills this very process; false when it was gone. */
export function endProcess(identity: ProcessIdentity): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, "SIGKILL");
    return true;
  } catch (thrown) {
    if (errnoName(thrown) === "ESRCH") return false;
    throw thrown;
  }
}

/** Looks through all processes for keepers with this mark. Costs a look into each process: not for every day. */
export function findKeepers(mark: string): ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const environment = readProc(`/proc/${name}/environ`);
    if (environment === undefined || !environment.split("\0").includes(`${MARK}=${mark}`)) continue;
    const pid = Number(name);
    const startTicks = startTicksOf(pid);
    if (startTicks !== undefined) found.push({ pid, startTicks });
  }
  return found;
}

/** Name of this boot, so that a record from before a reboot is not believed. */
export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

function startTicksOf(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // Fields after the name, which may hold anything, begin behind the last bracket: state is the first, start the 20th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    const name = errnoName(thrown);
    // Ended meanwhile, or not ours to read.
    if (name === "ENOENT" || name === "ESRCH" || name === "EACCES" || name === "EPERM") return undefined;
    throw thrown;
  }
}
