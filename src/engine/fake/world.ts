/**
 * What the fake engine holds: tasks, records, snapshots. It outlives the engines and managers that use it, as containerd
 * outlives our daemon, and refuses what containerd refuses.
 */

import type { Clock } from "../../base/clock.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { WrittenLayers } from "../../model/replace.ts";
import type { EngineInventory, SnapshotUsage, TaskRequest } from "../engine.ts";
import { FakeExecs } from "./fake-execs.ts";
import { FakeTask, failed } from "./fake-task.ts";
import type { TaskBehaviour } from "./task-behaviour.ts";

interface Snapshot {
  readonly parent: string;
  readonly isCommitted: boolean;
  inodes: number;
  sizeBytes: number;
}

export class FakeWorld {
  readonly tasks = new Map<string, FakeTask>();
  readonly records = new Set<string>();
  readonly snapshots = new Map<string, Snapshot>();
  /** How a task behaves; asked when it is created. */
  behaviour: (request: TaskRequest) => TaskBehaviour = () => ({});
  /** All tasks that were ever created under an id, for "not twice". */
  readonly createdTasks: string[] = [];
  readonly execs: FakeExecs;
  readonly oomListeners = new Set<(id: string) => void>();
  readonly pauseListeners = new Set<(id: string, isPaused: boolean) => void>();
  #nextPid = 1000;

  constructor(readonly clock: Clock) {
    this.execs = new FakeExecs(clock);
  }

  inventory(): EngineInventory {
    return {
      tasks: [...this.tasks.values()].map((task) => task.view()),
      records: [...this.records],
      snapshotKeys: [...this.snapshots.keys()],
    };
  }

  prepareSnapshot(key: string, parent: string): void {
    if (this.snapshots.has(key)) return;
    const isLayer = parent.startsWith("sha256:");
    if (!isLayer && this.snapshots.get(parent)?.isCommitted !== true) {
      throw new SupercargoError("SC_ENGINE_NOT_FOUND", `parent snapshot ${parent} does not exist`);
    }
    this.snapshots.set(key, { parent, isCommitted: false, inodes: 1, sizeBytes: 4096 });
  }

  commitSnapshot(key: string, name: string): void {
    const snapshot = this.snapshots.get(key);
    if (snapshot === undefined) {
      if (this.snapshots.has(name)) return;
      throw new SupercargoError("SC_ENGINE_NOT_FOUND", `snapshot ${key} does not exist`);
    }
    if (this.snapshots.has(name)) throw new SupercargoError("SC_ENGINE_EXISTS", `snapshot ${name} exists`);
    this.#refuseBusy(key);
    this.snapshots.delete(key);
    this.snapshots.set(name, { ...snapshot, isCommitted: true });
  }

  removeSnapshot(key: string): void {
    this.#refuseBusy(key);
    for (const [other, { parent }] of this.snapshots) {
      if (parent === key) throw failed(`cannot remove snapshot ${key}: ${other} lies on it`);
    }
    this.snapshots.delete(key);
  }

  usage(key: string): SnapshotUsage {
    const snapshot = this.snapshots.get(key);
    if (snapshot === undefined) {
      throw new SupercargoError("SC_ENGINE_NOT_FOUND", `snapshot ${key} does not exist`);
    }
    return { sizeBytes: snapshot.sizeBytes, inodes: snapshot.inodes };
  }

  /** All but the folder itself counts as files. */
  written(key: string, count: number): WrittenLayers {
    const { sizeBytes, inodes } = this.usage(key);
    const own = { bytes: inodes > 1 ? sizeBytes : 0, files: inodes - 1, isAll: true };
    const parent = this.snapshots.get(key)?.parent ?? "";
    if (count <= 1 || !this.snapshots.has(parent)) return own;
    const below = this.written(parent, count - 1);
    return { ...own, bytes: own.bytes + below.bytes, files: own.files + below.files };
  }

  /** Somebody else pauses or resumes a task. */
  pauseByStranger(id: string, isPaused: boolean): void {
    const task = this.tasks.get(id);
    if (isPaused) task?.pause();
    else task?.resume();
    for (const listener of this.pauseListeners) listener(id, isPaused);
  }

  createTask(request: TaskRequest): number {
    const behaviour = this.behaviour(request);
    this.tasks.get(request.id)?.end(137);
    this.deleteTask(request.id);
    if (!this.snapshots.has(request.snapshotKey)) {
      throw failed(`snapshot ${request.snapshotKey} does not exist`);
    }
    if (behaviour.failsToCreate !== undefined) throw failed(behaviour.failsToCreate);
    const notify = (id: string) => {
      for (const listener of this.oomListeners) listener(id);
    };
    const task = new FakeTask(request, this.#nextPid++, behaviour, this.clock, notify);
    this.records.add(request.id);
    this.tasks.set(request.id, task);
    this.createdTasks.push(request.id);
    const snapshot = this.snapshots.get(request.snapshotKey);
    if (snapshot !== undefined && behaviour.writesNothing !== true) {
      snapshot.inodes += 4;
      snapshot.sizeBytes += 16_384;
    }
    return task.pid;
  }

  deleteTask(id: string): FakeTask["exit"] {
    const task = this.tasks.get(id);
    if (task?.status === "running" || task?.status === "paused") {
      throw failed("cannot delete a running process");
    }
    task?.dispose();
    this.tasks.delete(id);
    this.records.delete(id);
    return task?.exit;
  }

  /** A power cut: tasks are gone, what is on the disk stays. */
  loseTasks(): void {
    for (const task of this.tasks.values()) task.dispose();
    this.tasks.clear();
  }

  /** Ids of tasks that run. */
  running(): readonly string[] {
    return [...this.tasks.values()]
      .filter((task) => task.status === "running")
      .map((task) => task.request.id)
      .sort();
  }

  #refuseBusy(key: string): void {
    for (const task of this.tasks.values()) {
      if (task.request.snapshotKey === key)
        throw failed(`snapshot ${key} is used by task ${task.request.id}`);
    }
  }
}
