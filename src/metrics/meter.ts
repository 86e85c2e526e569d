/**
 * Measures running containers for one listener. Rates come from the look before, so each listener has a meter of its own; a
 * container that was started again (another pid) begins anew. Reads files only: no call to the engine, no entering of namespaces.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../base/libc.ts";
import { toError } from "../errors/error.ts";
import { readCgroup } from "./cgroup-files.ts";
import { type CgroupMounts, type CgroupPlace, cgroupMounts, cgroupPlace } from "./cgroup-places.ts";
import type { CgroupCounters, ContainerMetrics, MeteredContainer, NetworkCounters } from "./counters.ts";
import { machineMemoryBytes, networkCounters, systemCpuNanos } from "./proc-files.ts";

interface Known {
  readonly pid: number;
  readonly place: CgroupPlace;
  cpu: { readonly used: number; readonly total: number } | undefined;
}

type Half<T> = { readonly value: T } | { readonly fault: string } | "ended";

export class Meter {
  readonly #known = new Map<string, Known>();
  #mounts: CgroupMounts | undefined;
  #machineBytes: number | undefined;

  /** @param proc where proc is mounted; another folder in tests. */
  constructor(private readonly proc = "/proc") {}

  /**
   * One look at all of them; the first one of a container gives no CPU rate. One that has ended meanwhile is left out. When
   * only half of one can be read the other half is told, with a warning;
   * when nothing of it can be read only that.
   */
  measure(containers: readonly MeteredContainer[]): readonly ContainerMetrics[] {
    const ids = new Set(containers.map(({ id }) => id));
    for (const id of [...this.#known.keys()]) if (!ids.has(id)) this.#known.delete(id);
    if (containers.length === 0) return [];
    const totalNanos = systemCpuNanos(this.#read("stat"));
    return containers.flatMap((container) => this.#measureOne(container, totalNanos));
  }

  #measureOne(container: MeteredContainer, totalNanos: number): readonly ContainerMetrics[] {
    const usage = half(() => this.#usage(container));
    const network = half(() => this.#network(container));
    if (usage === "ended" || network === "ended") {
      this.#known.delete(container.id);
      return [];
    }
    const faults = [usage, network].flatMap((part) => ("fault" in part ? [part.fault] : []));
    // One that cannot be read must not hide the others.
    if (faults.length === 2) return [{ id: container.id, warnings: [compound(faults)] }];
    return [
      {
        id: container.id,
        ...("value" in usage ? this.#told(container.id, usage.value, totalNanos) : {}),
        ...("value" in network ? { network: network.value } : {}),
        warnings: faults,
      },
    ];
  }

  #usage({ id, pid }: MeteredContainer): CgroupCounters {
    const before = this.#known.get(id);
    if (before?.pid === pid) return readCgroup(before.place);
    this.#mounts ??= cgroupMounts(this.#read("self/mountinfo"));
    const place = cgroupPlace(this.#read(`${pid}/cgroup`), this.#mounts);
    if (place === undefined) throw new Error("no cgroup file system is mounted");
    const counters = readCgroup(place);
    this.#known.set(id, { pid, place, cpu: undefined });
    return counters;
  }

  #network({ pid, isHostNetwork }: MeteredContainer): NetworkCounters {
    if (isHostNetwork) return { readBytes: 0, writeBytes: 0 };
    return networkCounters(this.#read(`${pid}/net/dev`));
  }

  #told(id: string, counters: CgroupCounters, total: number): Omit<ContainerMetrics, "id" | "warnings"> {
    const {
      cpuUsedNanos: used,
      memoryUsedBytes,
      memoryLimitBytes,
      ioReadBytes,
      ioWriteBytes,
      pids,
    } = counters;
    const known = this.#known.get(id);
    const before = known?.cpu;
    if (known !== undefined) known.cpu = { used, total };
    this.#machineBytes ??= machineMemoryBytes(this.#read("meminfo"));
    const totalBytes = Math.min(memoryLimitBytes, this.#machineBytes);
    return {
      ...(before === undefined || total <= before.total
        ? {}
        : { cpuPercent: percent(used - before.used, total - before.total) }),
      memory: { usedBytes: memoryUsedBytes, totalBytes, percent: percent(memoryUsedBytes, totalBytes) },
      ...(ioReadBytes === undefined || ioWriteBytes === undefined
        ? {}
        : { io: { readBytes: ioReadBytes, writeBytes: ioWriteBytes } }),
      ...(pids === 0 ? {} : { pids }),
    };
  }

  #read(name: string): string {
    return readFileSync(join(this.proc, name), "utf8");
  }
}

function percent(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(100, Math.max(0, (part / whole) * 100));
}

function half<T>(read: () => T): Half<T> {
  try {
    return { value: read() };
  } catch (thrown) {
    // ENOENT and ESRCH: the process or its cgroup is gone; ENODEV: its cgroup is being taken away.
    if (["ENOENT", "ESRCH", "ENODEV"].includes(errnoName(thrown) ?? "")) return "ended";
    return { fault: toError(thrown).message };
  }
}

/** The peer's form of several errors in one. */
function compound(faults: readonly string[]): string {
  return `${faults.length} errors:\n\n${faults.map((fault) => `* ${fault}`).join("\n")}`;
}
