/** What the manager is made of: the rooms it leads and the figures it keeps to. Wired together in `bin/`. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Engine } from "../engine/engine.ts";
import type { ExecPipeKeeper } from "../engine/exec-pipes.ts";
import type { Images } from "../images/images.ts";
import type { Logs } from "../logs/logs.ts";
import type { Network } from "../network/network.ts";
import type { ContainerStore, Journal } from "../store/store.ts";
import type { SpecSource } from "./spec-source.ts";

export interface ManagerOptions {
  /** Home of the containers' logs; absent: where the states are. */
  readonly logHome?: string;
  /** Home of the files that the network writes for containers; absent: where the states are. */
  readonly networkHome?: string;
  /** For stops that name no timeout. */
  readonly defaultStopTimeoutMs: number;
  /** true: containers go on when the daemon ends. */
  readonly liveRestore: boolean;
  /** Runtime for all containers whose own is one of the runc names (spec/engine.md §6). */
  readonly runtime: string;
  /** Starts side by side; 4 to 6 is best (spec/pitfalls.md §4). */
  readonly maxParallelStarts: number;
  /** Requests wait so long for the end of the restore; less than our clients wait for an answer, so that they get the reason. */
  readonly startingLimitMs: number;
  /** Requests that may wait per container; more are refused. */
  readonly maxWaitingRequests: number;
  /** Events that may wait per listener; then it is told "overflowed". */
  readonly maxWaitingEvents: number;
  /** What must stay free beside a successor, see disk-check.ts. */
  readonly reserveBytes: number;
  readonly reserveInodes: number;
  /** What must stay free for states, notes and network files, without which neither a successor nor its predecessor can start. */
  readonly stateReserveBytes: number;
}

export const DEFAULT_OPTIONS: ManagerOptions = {
  defaultStopTimeoutMs: 30_000,
  liveRestore: true,
  runtime: "io.containerd.runc.v2",
  maxParallelStarts: 5,
  startingLimitMs: 25_000,
  maxWaitingRequests: 200,
  maxWaitingEvents: 1000,
  reserveBytes: 16 * 1024 * 1024,
  reserveInodes: 200,
  stateReserveBytes: 1024 * 1024,
};

export interface DiskSpace {
  readonly freeBytes: number;
  /** Infinity where the file system has no fixed number. */
  readonly freeInodes: number;
  /** Where states are kept. */
  readonly stateFreeBytes: number;
}

export interface ManagerParts {
  readonly engine: Engine;
  readonly images: Images;
  readonly network: Network;
  readonly logs: Logs;
  readonly execPipes: ExecPipeKeeper;
  readonly store: ContainerStore;
  readonly journal: Journal;
  readonly specs: SpecSource;
  /** Free space where snapshots and states lie. */
  readonly disk: () => DiskSpace;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: ManagerOptions;
  readonly newId?: () => string;
}
