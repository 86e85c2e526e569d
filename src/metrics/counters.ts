/** What the kernel counts for a container, and what is told of it (spec/engine.md §20, spec/digital-twin.md §5.4). */

/** A running container whose counters are read. */
export interface MeteredContainer {
  readonly id: string;
  /** Its main process. */
  readonly pid: number;
  /** It has the host's network: what passes there is not its own. */
  readonly isHostNetwork: boolean;
}

/** Cumulative since the start of the container, but `memory*` and `pids`. Absent: the kernel does not tell. */
export interface CgroupCounters {
  readonly cpuUsedNanos: number;
  /** Without the file cache that can be given back at once. */
  readonly memoryUsedBytes: number;
  /** Infinity without a limit. */
  readonly memoryLimitBytes: number;
  readonly ioReadBytes?: number;
  readonly ioWriteBytes?: number;
  readonly pids: number;
}

export interface NetworkCounters {
  readonly readBytes: number;
  readonly writeBytes: number;
}

/** What a container uses now. */
export interface ContainerMetrics {
  readonly id: string;
  /** 0 to 100; 100 = all CPUs of the machine busy. Absent before the second look. */
  readonly cpuPercent?: number;
  readonly memory?: {
    readonly usedBytes: number;
    /** The limit, or the machine's memory when that is less. */
    readonly totalBytes: number;
    /** 0 to 100. */
    readonly percent: number;
  };
  readonly io?: { readonly readBytes: number; readonly writeBytes: number };
  readonly network?: NetworkCounters;
  readonly pids?: number;
  /** One half could not be read: why. */
  readonly warnings: readonly string[];
}
