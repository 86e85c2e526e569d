/** What a process uses, as the kernel counts it. */

import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ: the same on every Linux that we run on. */
const TICKS_PER_SECOND = 100;
const KIB_PER_MIB = 1024;

/** Processor time of all its threads, without children, in ms; steps of 10 ms. */
export function cpuMs(pid: number): number {
  // The second field, a name in brackets, may hold anything; utime and stime are fields 14 and 15.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** A program that has just started has not yet given back what its start needed. */
export const SETTLE_MS = 3_000;

export interface Memory {
  /** What cannot be read back from a file. */
  readonly anonymousMiB: number;
  /** With the pages of files, which other processes may share. */
  readonly rssMiB: number;
}

/** What an empty program of the same runtime holds. */
export async function memoryOfEmpty(helloPath: string): Promise<Memory> {
  const child = Bun.spawn([helloPath, "wait"], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  try {
    // Its line is the last that it does.
    await child.stdout.getReader().read();
    await Bun.sleep(SETTLE_MS);
    return memoryOf(child.pid);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const mib = (key: string) => Number(new RegExp(`^${key}:\\s*(\\d+) kB`, "m").exec(text)?.[1]) / KIB_PER_MIB;
  return { anonymousMiB: mib("Anonymous"), rssMiB: mib("Rss") };
}

/** How often its threads have slept and been woken. */
export function wakeups(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    return sum + Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1]);
  }, 0);
}

/** What it has caused to be written to a disk. */
export function writtenBytes(pid: number): number {
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
