/** Reads the counters of a cgroup, version 1 or 2, from its files. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../base/libc.ts";
import type { CgroupPlace } from "./cgroup-places.ts";
import type { CgroupCounters } from "./counters.ts";

/** Throws when a file that is always there is not: the container has ended. */
export function readCgroup(place: CgroupPlace): CgroupCounters {
  return place.version === 2 ? readUnified(place.folder) : readSeparate(place);
}

function readUnified(folder: string): CgroupCounters {
  const stat = readFileSync(join(folder, "cpu.stat"), "utf8");
  const used = Number(readFileSync(join(folder, "memory.current"), "utf8"));
  const inactive = numberAfter(readFileSync(join(folder, "memory.stat"), "utf8"), "inactive_file");
  const io = sumOfIo(optional(join(folder, "io.stat")) ?? "");
  return {
    cpuUsedNanos: numberAfter(stat, "usage_usec") * 1000,
    memoryUsedBytes: Math.max(0, used - inactive),
    memoryLimitBytes: limitOf(optional(join(folder, "memory.max")) ?? "max"),
    ...io,
    pids: Number(optional(join(folder, "pids.current")) ?? 0),
  };
}

function readSeparate(place: Extract<CgroupPlace, { version: 1 }>): CgroupCounters {
  const { cpuacct, memory, blkio, pids } = place;
  const read = (folder: string | undefined, name: string) =>
    folder === undefined ? undefined : readFileSync(join(folder, name), "utf8");
  const used = Number(read(memory, "memory.usage_in_bytes") ?? 0);
  const inactive = numberAfter(read(memory, "memory.stat") ?? "", "total_inactive_file");
  const services =
    blkio === undefined
      ? undefined
      : (optional(join(blkio, "blkio.throttle.io_service_bytes_recursive")) ??
        optional(join(blkio, "blkio.io_service_bytes_recursive")));
  return {
    cpuUsedNanos: Number(read(cpuacct, "cpuacct.usage") ?? 0),
    memoryUsedBytes: Math.max(0, used - inactive),
    memoryLimitBytes: limitOf(read(memory, "memory.limit_in_bytes") ?? "max"),
    ...sumOfServices(services ?? ""),
    pids: Number((pids === undefined ? undefined : optional(join(pids, "pids.current"))) ?? 0),
  };
}

/** undefined when this kernel has no such file. */
function optional(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    // EOPNOTSUPP: the file is there and the controller is not.
    if (["ENOENT", "EOPNOTSUPP"].includes(errnoName(thrown) ?? "")) return undefined;
    throw thrown;
  }
}

function limitOf(text: string): number {
  return text.trim() === "max" ? Number.POSITIVE_INFINITY : Number(text);
}

/** Of lines `name value`; 0 without such a line. */
function numberAfter(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

type Io = Pick<CgroupCounters, "ioReadBytes" | "ioWriteBytes">;

/** Lines `8:0 rbytes=1 wbytes=2 …`; without any the kernel has seen no input or output. */
function sumOfIo(text: string): Io {
  return sumOf(text.matchAll(/\b([rw])bytes=(\d+)/g), "r");
}

/** Lines `8:0 Read 1`, and a total without a device. */
function sumOfServices(text: string): Io {
  return sumOf(text.matchAll(/^\d+:\d+ (Read|Write) (\d+)$/gm), "Read");
}

function sumOf(entries: Iterable<RegExpMatchArray>, readName: string): Io {
  const sums = { ioReadBytes: 0, ioWriteBytes: 0 };
  let isAny = false;
  for (const [, name, bytes] of entries) {
    isAny = true;
    sums[name === readName ? "ioReadBytes" : "ioWriteBytes"] += Number(bytes);
  }
  return isAny ? sums : {};
}
