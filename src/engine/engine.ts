/**
 * What runs containers, seen from the manager and from the image room. `containerd/` is the real one, `fake/` keeps
 * everything in memory. All calls take an AbortSignal and have a limit of their own; all are safe to repeat.
 * Errors: SC_ENGINE_UNAVAILABLE (connection lost, trying again can help), SC_ENGINE_NOT_FOUND, SC_ENGINE_EXISTS,
 * SC_ENGINE_FAILED (message is the engine's text, e.g. runc's).
 */

import type { WrittenLayers } from "../model/replace.ts";
import type { ExecEngine, TerminalSize } from "./exec.ts";
import type { OciSpec } from "./spec/oci.ts";

export type TaskStatus = "created" | "running" | "stopped" | "paused" | "unknown";

/** A task as the engine lists it; `pid` 0 when it has none. */
export interface Task {
  readonly id: string;
  readonly pid: number;
  readonly status: TaskStatus;
  readonly exit?: TaskExit;
  /** FIFO paths as given at creation; empty text = none. */
  readonly stdio: TaskStdio;
}

export interface TaskExit {
  readonly exitCode: number;
  /** RFC 3339 with nanoseconds; empty when the engine knows no time. */
  readonly exitedAt: string;
}

export interface TaskStdio {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

export interface TaskRequest {
  /** Engine id; for a successor `<id>.next`. */
  readonly id: string;
  readonly snapshotKey: string;
  readonly spec: OciSpec;
  /** Runtime name such as `io.containerd.runc.v2`. */
  readonly runtime: string;
  readonly stdio: TaskStdio;
}

/** What a record says beside the specification that its task runs with. */
export type LostRecord = Pick<TaskRequest, "snapshotKey" | "runtime">;

export interface SnapshotUsage {
  readonly sizeBytes: number;
  readonly inodes: number;
}

/** Things of ours that the engine holds, for restore and clean-up. */
export interface EngineInventory {
  readonly tasks: readonly Task[];
  readonly records: readonly string[];
  readonly snapshotKeys: readonly string[];
}

export type EngineConnection = "connected" | "away";

export interface Engine extends ExecEngine {
  /** Connects and keeps connected until closed; resolves when it first is, rejects at the limit. */
  open(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
  readonly connection: EngineConnection;
  /** Called at each change of the connection, in order. After "connected" the caller takes the inventory anew. */
  onConnection(listener: (connection: EngineConnection) => void): () => void;
  /** Out-of-memory notices; one per killed process, no proof that the container ended (pitfalls §5). */
  onOom(listener: (id: string) => void): () => void;
  /** Somebody, perhaps not we, has paused or resumed a task; told after it happened, and lost while the connection is away. */
  onPause(listener: (id: string, isPaused: boolean) => void): () => void;

  inventory(signal: AbortSignal): Promise<EngineInventory>;
  task(id: string, signal: AbortSignal): Promise<Task | undefined>;

  /** Makes the writable snapshot `key` on `chainId` (an image's chain id, or a committed name), held by the daemon's lease. An existing one is kept. */
  prepareSnapshot(key: string, chainId: string, signal: AbortSignal): Promise<void>;
  hasSnapshot(key: string, signal: AbortSignal): Promise<boolean>;
  snapshotUsage(key: string, signal: AbortSignal): Promise<SnapshotUsage>;
  /**
   * What was written into the writable snapshot `key` and the `count - 1` that were set aside below it; undefined when the
   * snapshotter does not tell. Of a snapshot in use it may be out of date at once.
   */
  writtenLayers(key: string, count: number, signal: AbortSignal): Promise<WrittenLayers | undefined>;
  /**
   * Turns the writable snapshot `key` into the read-only one `name`, held by the daemon's lease; `key` is free afterwards and
   * `name` can be the parent in prepareSnapshot. Success when it was done before (`key` missing, `name` there).
   */
  commitSnapshot(key: string, name: string, signal: AbortSignal): Promise<void>;
  /** What a snapshot lies on: a chain id or a committed name; undefined when it has no parent or does not exist. */
  snapshotParent(key: string, signal: AbortSignal): Promise<string | undefined>;
  /** Missing is fine. SC_ENGINE_FAILED while another snapshot lies on it. */
  removeSnapshot(key: string, signal: AbortSignal): Promise<void>;
  /** Mounts the snapshot read-only at a private place while `use` runs (for looking up users in its passwd). */
  withRootfs<T>(key: string, use: (path: string) => Promise<T>, signal: AbortSignal): Promise<T>;

  /** Names of all capabilities that a privileged container can be given: what the engine itself has, not what we have. */
  capabilities(): readonly string[];
  /**
   * Container record and task, not yet started; answers its pid. The readers of its FIFOs must be open (pitfalls §2).
   * A record or task that an interrupted attempt left under this id is taken away first. On failure nothing is left.
   */
  createTask(request: TaskRequest, signal: AbortSignal): Promise<number>;
  startTask(id: string, signal: AbortSignal): Promise<void>;
  /** Waits for the end of the task; call before startTask and before kill. Rejects with SC_ENGINE_UNAVAILABLE when the connection goes. */
  waitTask(id: string, signal: AbortSignal): Promise<TaskExit>;
  /** Signal number; `all` = every process of the container. An ended or missing task is success. */
  killTask(id: string, signalNumber: number, all: boolean, signal: AbortSignal): Promise<void>;
  /** Deletes task and container record (task first); missing is fine; answers the exit if the task had one. */
  deleteTask(id: string, signal: AbortSignal): Promise<TaskExit | undefined>;
  /**
   * Puts the record of a task back that somebody else has deleted, as the task was made with it; one that is there is kept.
   * SC_ENGINE_NOT_FOUND when nothing tells any more how the task was made.
   */
  restoreRecord(id: string, request: LostRecord, signal: AbortSignal): Promise<void>;
  pauseTask(id: string, signal: AbortSignal): Promise<void>;
  resumeTask(id: string, signal: AbortSignal): Promise<void>;
  updateTask(id: string, resources: OciResources, signal: AbortSignal): Promise<void>;
  closeStdin(id: string, signal: AbortSignal): Promise<void>;
  /** A task that has ended is success, one without a terminal is not. */
  resizeTerminal(id: string, size: TerminalSize, signal: AbortSignal): Promise<void>;
}

export type OciResources = NonNullable<NonNullable<OciSpec["linux"]>["resources"]>;
