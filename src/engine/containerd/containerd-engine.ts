/** The engine on containerd: wires its parts to the interface of `engine/engine.ts`. */

import { type Clock, systemClock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { hasCode, SupercargoError, toError } from "../../errors/error.ts";
import type { WrittenLayers } from "../../model/replace.ts";
import type { Content } from "../content.ts";
import type {
  Engine,
  EngineConnection,
  EngineInventory,
  LostRecord,
  OciResources,
  SnapshotUsage,
  Task,
  TaskExit,
  TaskRequest,
} from "../engine.ts";
import type { ExecRequest, TerminalSize } from "../exec.ts";
import type { OciProcess } from "../spec/oci.ts";
import { capabilitiesOf } from "./capabilities-of.ts";
import { Connection } from "./connection.ts";
import { ContainerdContent } from "./containerd-content.ts";
import { Execs } from "./execs.ts";
import { Exits } from "./exits.ts";
import { Leftovers } from "./leftovers.ts";
import { Records } from "./records.ts";
import { sweepMounts, withMounted } from "./rootfs-mount.ts";
import { usesSystemdCgroups } from "./runtime.ts";
import { Snapshots } from "./snapshots.ts";
import { findStorageRoots, type StorageRoots } from "./storage-root.ts";
import { TaskLifecycle } from "./task-lifecycle.ts";
import { Tasks } from "./tasks.ts";
import { countWritten } from "./written-layers.ts";

export interface ContainerdOptions {
  /** Path of containerd's socket. */
  readonly address: string;
  /** Namespace in containerd; `kanto-cm`. */
  readonly namespace: string;
  /** Id of the daemon's lease; `kanto-cm.lease`. */
  readonly leaseId: string;
  /** Runtime for all three runc names; `io.containerd.runc.v2`. */
  readonly runcRuntime: string;
  /** A folder of ours for mounts of a moment; made when needed. What a killed daemon left in it is taken away. */
  readonly scratchDir: string;
  /** Folder of runc's state; absent = the shim's own default, which all containerds of a machine share. */
  readonly runcRoot?: string;
  /** Absent: whether systemd runs this machine. */
  readonly systemdCgroup?: boolean;
  readonly log: Log;
  readonly clock?: Clock;
}

const SNAPSHOTTER = "overlayfs";

export class ContainerdEngine implements Engine {
  /** The content store of the same containerd. */
  readonly content: Content;
  readonly capabilities: () => readonly string[];
  readonly #connection: Connection;
  readonly #records: Records;
  readonly #tasks: Tasks;
  readonly #snapshots: Snapshots;
  readonly #exits: Exits;
  readonly #execs: Execs;
  readonly #leftovers: Leftovers;
  readonly #lifecycle: TaskLifecycle;
  readonly #scratchDir: string;
  readonly #log: Log;
  #sweep: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;

  constructor(options: ContainerdOptions) {
    const { address, namespace, leaseId, scratchDir } = options;
    const clock = options.clock ?? systemClock;
    const log = options.log.module("engine");
    const connection = new Connection({ address, namespace, leaseId, snapshotter: SNAPSHOTTER }, clock, log);
    const runtime = {
      runcRuntime: options.runcRuntime,
      systemdCgroup: options.systemdCgroup ?? usesSystemdCgroups(),
      runcRoot: options.runcRoot ?? "",
    };
    const records = new Records(connection, SNAPSHOTTER, leaseId, runtime);
    const tasks = new Tasks(connection, clock);
    const snapshots = new Snapshots(connection, SNAPSHOTTER, leaseId);
    const exits = new Exits(connection, tasks);
    const leftovers = new Leftovers({ namespace, address }, clock, log);
    this.#connection = connection;
    this.#records = records;
    this.#tasks = tasks;
    this.#snapshots = snapshots;
    this.#exits = exits;
    this.#execs = new Execs(connection);
    this.#leftovers = leftovers;
    this.#lifecycle = new TaskLifecycle({
      connection,
      records,
      tasks,
      snapshots,
      exits,
      leftovers,
      leaseId,
      log,
    });
    this.capabilities = () => capabilitiesOf(address);
    this.#scratchDir = scratchDir;
    this.#log = log;
    this.content = new ContainerdContent(connection, SNAPSHOTTER, clock, log);
    connection.onChange((state) => {
      if (state === "connected") this.#startSweep();
    });
  }

  async open(signal: AbortSignal): Promise<void> {
    try {
      sweepMounts(this.#scratchDir);
    } catch (thrown) {
      // A mount that cannot be taken away costs some memory, not the containers.
      this.#log.error("cannot take away mounts of an earlier run", { reason: toError(thrown).message });
    }
    await this.#connection.open(signal);
  }

  async close(): Promise<void> {
    this.#sweep?.stop.abort(new SupercargoError("SC_CANCELLED", "the engine is closed"));
    await this.#sweep?.done;
    this.#exits.close();
    await this.#connection.close();
  }

  get connection(): EngineConnection {
    return this.#connection.state;
  }

  /** Folders in which content and snapshots lie. */
  storageRoots(signal: AbortSignal): Promise<StorageRoots> {
    return findStorageRoots(this.#connection, SNAPSHOTTER, signal);
  }

  /** Version that containerd told at the last connection; empty before the first. */
  get version(): string {
    return this.#connection.version;
  }

  onConnection(listener: (connection: EngineConnection) => void): () => void {
    return this.#connection.onChange(listener);
  }

  onOom(listener: (id: string) => void): () => void {
    return this.#connection.onOom(listener);
  }

  onPause(listener: (id: string, isPaused: boolean) => void): () => void {
    return this.#connection.onPause(listener);
  }

  async inventory(signal: AbortSignal): Promise<EngineInventory> {
    const [tasks, records, snapshotKeys] = await Promise.all([
      this.#tasks.list(signal),
      this.#records.ids(signal),
      this.#snapshots.keys(signal),
    ]);
    return { tasks, records, snapshotKeys };
  }

  task(id: string, signal: AbortSignal): Promise<Task | undefined> {
    return this.#tasks.get(id, signal);
  }

  prepareSnapshot(key: string, chainId: string, signal: AbortSignal): Promise<void> {
    return this.#snapshots.prepare(key, chainId, signal);
  }

  async hasSnapshot(key: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#snapshots.stat(key, signal)) !== undefined;
  }

  snapshotUsage(key: string, signal: AbortSignal): Promise<SnapshotUsage> {
    return this.#snapshots.usage(key, signal);
  }

  async writtenLayers(key: string, count: number, signal: AbortSignal): Promise<WrittenLayers | undefined> {
    return await countWritten(await this.#snapshots.mounts(key, signal), count);
  }

  commitSnapshot(key: string, name: string, signal: AbortSignal): Promise<void> {
    return this.#snapshots.commit(key, name, signal);
  }

  async snapshotParent(key: string, signal: AbortSignal): Promise<string | undefined> {
    const parent = (await this.#snapshots.stat(key, signal))?.parent;
    return parent === "" ? undefined : parent;
  }

  removeSnapshot(key: string, signal: AbortSignal): Promise<void> {
    return this.#snapshots.remove(key, signal);
  }

  async withRootfs<T>(key: string, use: (path: string) => Promise<T>, signal: AbortSignal): Promise<T> {
    return await withMounted(this.#scratchDir, await this.#snapshots.mounts(key, signal), use);
  }

  createTask(request: TaskRequest, signal: AbortSignal): Promise<number> {
    return this.#lifecycle.create(request, signal);
  }

  startTask(id: string, signal: AbortSignal): Promise<void> {
    return this.#tasks.start(id, signal);
  }

  waitTask(id: string, signal: AbortSignal): Promise<TaskExit> {
    return this.#exits.wait(id, signal);
  }

  killTask(id: string, signalNumber: number, all: boolean, signal: AbortSignal): Promise<void> {
    return this.#lifecycle.kill(id, signalNumber, all, signal);
  }

  deleteTask(id: string, signal: AbortSignal): Promise<TaskExit | undefined> {
    return this.#lifecycle.delete(id, signal);
  }

  restoreRecord(id: string, request: LostRecord, signal: AbortSignal): Promise<void> {
    return this.#lifecycle.restoreRecord(id, request, signal);
  }

  pauseTask(id: string, signal: AbortSignal): Promise<void> {
    return this.#tasks.pause(id, signal);
  }

  resumeTask(id: string, signal: AbortSignal): Promise<void> {
    return this.#tasks.resume(id, signal);
  }

  /** The device rules that the task was made with are sent along: the runtime writes the whole set of limits. */
  async updateTask(id: string, resources: OciResources, signal: AbortSignal): Promise<void> {
    const made = (await this.#records.spec(id, signal))?.linux.resources?.devices;
    const devices = resources.devices ?? made;
    await this.#tasks.update(id, devices === undefined ? resources : { ...resources, devices }, signal);
  }

  closeStdin(id: string, signal: AbortSignal): Promise<void> {
    return this.#tasks.closeStdin(id, signal);
  }

  async taskProcess(id: string, signal: AbortSignal): Promise<OciProcess | undefined> {
    return (await this.#records.spec(id, signal))?.process;
  }

  createExec(request: ExecRequest, signal: AbortSignal): Promise<void> {
    return this.#execs.create(request, signal);
  }

  startExec(id: string, execId: string, signal: AbortSignal): Promise<number> {
    return this.#execs.start(id, execId, signal);
  }

  waitExec(id: string, execId: string, signal: AbortSignal): Promise<TaskExit> {
    return this.#execs.wait(id, execId, signal);
  }

  killExec(id: string, execId: string, signalNumber: number, signal: AbortSignal): Promise<void> {
    return this.#execs.kill(id, execId, signalNumber, signal);
  }

  resizeExec(id: string, execId: string, size: TerminalSize, signal: AbortSignal): Promise<void> {
    return this.#execs.resize(id, execId, size, signal);
  }

  closeExecStdin(id: string, execId: string, signal: AbortSignal): Promise<void> {
    return this.#execs.closeStdin(id, execId, signal);
  }

  deleteExec(id: string, execId: string, signal: AbortSignal): Promise<void> {
    return this.#execs.delete(id, execId, signal);
  }

  resizeTerminal(id: string, size: TerminalSize, signal: AbortSignal): Promise<void> {
    return this.#tasks.resizeTerminal(id, size, signal);
  }

  /** After each connection: shims that a cut-off Tasks/Create left. Runs beside everything else. */
  #startSweep(): void {
    this.#sweep?.stop.abort();
    const stop = new AbortController();
    const known = async () => {
      // Before and after the list: one that we make now may be in neither alone.
      const busy = [...this.#lifecycle.busy.keys()];
      const listed = (await this.#tasks.list(stop.signal)).map((task) => task.id);
      return new Set([...busy, ...listed, ...this.#lifecycle.busy.keys()]);
    };
    const done = this.#leftovers.sweep(known, stop.signal).catch((thrown: unknown) => {
      if (stop.signal.aborted || hasCode(thrown, "SC_ENGINE_UNAVAILABLE")) return;
      this.#log.error("cannot look for shims that were left", { reason: toError(thrown).message });
    });
    this.#sweep = { stop, done };
  }
}
