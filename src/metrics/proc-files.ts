/** Counters of the machine and of a process's network, from the texts of /proc; pure. */

import type { NetworkCounters } from "./counters.ts";

/** Ticks per second of /proc/stat; the same on every Linux that we run on. */
const NANOS_PER_TICK = 10_000_000;

/**
 * CPU time of the whole machine in ns, idle included: user, nice, system, idle, iowait, irq, softirq, steal. Guests are counted
 * in user already. Finer than the peer's, which is cut to whole seconds.
 */
export function systemCpuNanos(stat: string): number {
  const fields = /^cpu\s+(.*)$/m.exec(stat)?.[1]?.trim().split(/\s+/).slice(0, 8) ?? [];
  return fields.reduce((sum, field) => sum + Number(field), 0) * NANOS_PER_TICK;
}

/** Infinity when the text does not tell. */
export function machineMemoryBytes(meminfo: string): number {
  const kilobytes = /^MemTotal:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kilobytes === undefined ? Number.POSITIVE_INFINITY : Number(kilobytes) * 1024;
}

/** Sum over all interfaces but the loopback, of a text like /proc/<pid>/net/dev. */
export function networkCounters(dev: string): NetworkCounters {
  let readBytes = 0;
  let writeBytes = 0;
  for (const line of dev.split("\n")) {
    const [, name, rest] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined || name === "lo") continue;
    const fields = rest.split(/\s+/);
    readBytes += Number(fields[0] ?? 0);
    writeBytes += Number(fields[8] ?? 0);
  }
  return { readBytes, writeBytes };
}
