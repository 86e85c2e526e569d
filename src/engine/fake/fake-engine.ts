/** The Engine over a world in memory, with faults at chosen calls: tests of everything that leads an engine run against it. */

import { delay } from "../../base/clock.ts";
import { SupercargoError } from "../../errors/error.ts";
import { CAPABILITY_NAMES } from "../../model/capabilities.ts";
import type { WrittenLayers } from "../../model/replace.ts";
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
import type { FakeTask } from "./fake-task.ts";
import type { FakeWorld } from "./world.ts";

/**
 * `error`: refused, nothing was done. `hang`: no answer until the call's own limit, nothing was done. `drop`: done, but the
 * connection goes before the answer. `drop-before`: the connection goes before it was done.
 */
export type FakeFault = "error" | "hang" | "drop" | "drop-before";

const CALL_LIMIT_MS = 10_000;
const RECONNECT_MS = 300;

export class FakeEngine implements Engine {
  connection: EngineConnection = "away";
  /** Number of calls so far, waits included. */
  calls = 0;
  /** Names of all calls with what they are about. */
  readonly history: string[] = [];
  /** Asked at each call with its number and name. */
  faultAt: (call: number, name: string) => FakeFault | undefined = () => undefined;
  /** Not there yet: `open` fails. */
  isAbsent = false;
  readonly #listeners = new Set<(connection: EngineConnection) => void>();
  readonly #oomListeners = new Set<(id: string) => void>();

  constructor(readonly world: FakeWorld) {}

  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.isAbsent) throw away();
    this.connection = "connected";
  }

  async close(): Promise<void> {
    this.connection = "away";
    for (const listener of this.#oomListeners) this.world.oomListeners.delete(listener);
  }

  onConnection(listener: (connection: EngineConnection) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  onOom(listener: (id: string) => void): () => void {
    this.#oomListeners.add(listener);
    this.world.oomListeners.add(listener);
    return () => {
      this.#oomListeners.delete(listener);
      this.world.oomListeners.delete(listener);
    };
  }

  onPause(listener: (id: string, isPaused: boolean) => void): () => void {
    this.world.pauseListeners.add(listener);
    return () => {
      this.world.pauseListeners.delete(listener);
    };
  }

  /** The engine goes away; everybody who waits is told. */
  disconnect(): void {
    if (this.connection === "away") return;
    this.connection = "away";
    for (const task of this.world.tasks.values()) task.failWaiters(away());
    for (const listener of [...this.#listeners]) listener("away");
  }

  reconnect(): void {
    if (this.connection === "connected") return;
    this.connection = "connected";
    for (const listener of [...this.#listeners]) listener("connected");
  }

  inventory(signal: AbortSignal): Promise<EngineInventory> {
    return this.#call("inventory", "", signal, () => this.world.inventory());
  }

  task(id: string, signal: AbortSignal): Promise<Task | undefined> {
    return this.#call("task", id, signal, () => this.world.tasks.get(id)?.view());
  }

  prepareSnapshot(key: string, chainId: string, signal: AbortSignal): Promise<void> {
    return this.#call("prepareSnapshot", key, signal, () => this.world.prepareSnapshot(key, chainId));
  }

  hasSnapshot(key: string, signal: AbortSignal): Promise<boolean> {
    return this.#call("hasSnapshot", key, signal, () => this.world.snapshots.has(key));
  }

  snapshotUsage(key: string, signal: AbortSignal): Promise<SnapshotUsage> {
    return this.#call("snapshotUsage", key, signal, () => this.world.usage(key));
  }

  writtenLayers(key: string, count: number, signal: AbortSignal): Promise<WrittenLayers | undefined> {
    return this.#call("writtenLayers", key, signal, () => this.world.written(key, count));
  }

  commitSnapshot(key: string, name: string, signal: AbortSignal): Promise<void> {
    return this.#call("commitSnapshot", key, signal, () => this.world.commitSnapshot(key, name));
  }

  snapshotParent(key: string, signal: AbortSignal): Promise<string | undefined> {
    return this.#call("snapshotParent", key, signal, () => this.world.snapshots.get(key)?.parent);
  }

  removeSnapshot(key: string, signal: AbortSignal): Promise<void> {
    return this.#call("removeSnapshot", key, signal, () => this.world.removeSnapshot(key));
  }

  async withRootfs<T>(key: string, use: (path: string) => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#call("withRootfs", key, signal, () => this.world.usage(key));
    return await use("/nonexistent");
  }

  createTask(request: TaskRequest, signal: AbortSignal): Promise<number> {
    return this.#call("createTask", request.id, signal, () => this.world.createTask(request));
  }

  startTask(id: string, signal: AbortSignal): Promise<void> {
    return this.#call("startTask", id, signal, () => this.#require(id).start());
  }

  async waitTask(id: string, signal: AbortSignal): Promise<TaskExit> {
    const waiting = await this.#call("waitTask", id, signal, () => {
      const exit = this.#require(id).wait(signal);
      // When the answer to the question itself is lost nobody hears how the waiting ends.
      exit.catch(() => undefined);
      return { exit };
    });
    return await waiting.exit;
  }

  killTask(id: string, signalNumber: number, _all: boolean, signal: AbortSignal): Promise<void> {
    return this.#call("killTask", id, signal, () => this.world.tasks.get(id)?.kill(signalNumber));
  }

  deleteTask(id: string, signal: AbortSignal): Promise<TaskExit | undefined> {
    return this.#call("deleteTask", id, signal, () => this.world.deleteTask(id));
  }

  restoreRecord(id: string, _request: LostRecord, signal: AbortSignal): Promise<void> {
    return this.#call("restoreRecord", id, signal, () => void this.world.records.add(id));
  }

  pauseTask(id: string, signal: AbortSignal): Promise<void> {
    return this.#call("pauseTask", id, signal, () => this.#require(id).pause());
  }

  resumeTask(id: string, signal: AbortSignal): Promise<void> {
    return this.#call("resumeTask", id, signal, () => this.#require(id).resume());
  }

  updateTask(id: string, _resources: OciResources, signal: AbortSignal): Promise<void> {
    return this.#call("updateTask", id, signal, () => {
      this.#require(id);
    });
  }

  closeStdin(id: string, signal: AbortSignal): Promise<void> {
    return this.#call("closeStdin", id, signal, () => {
      this.#require(id);
    });
  }

  taskProcess(id: string, signal: AbortSignal): Promise<OciProcess | undefined> {
    return this.#call("taskProcess", id, signal, () => this.world.tasks.get(id)?.request.spec.process);
  }

  createExec(request: ExecRequest, signal: AbortSignal): Promise<void> {
    return this.#call("createExec", request.id, signal, () =>
      this.world.execs.create(this.#require(request.id), request),
    );
  }

  startExec(id: string, execId: string, signal: AbortSignal): Promise<number> {
    return this.#call("startExec", id, signal, () => this.world.execs.start(this.#require(id), execId));
  }

  async waitExec(id: string, execId: string, signal: AbortSignal): Promise<TaskExit> {
    const waiting = await this.#call("waitExec", id, signal, () => {
      const exit = this.world.execs.require(this.#require(id), execId).wait(signal);
      exit.catch(() => undefined);
      return { exit };
    });
    return await waiting.exit;
  }

  killExec(id: string, execId: string, signalNumber: number, signal: AbortSignal): Promise<void> {
    return this.#call("killExec", id, signal, () =>
      this.world.tasks.get(id)?.execs.get(execId)?.kill(signalNumber),
    );
  }

  resizeExec(id: string, _execId: string, _size: TerminalSize, signal: AbortSignal): Promise<void> {
    return this.#call("resizeExec", id, signal, () => {});
  }

  closeExecStdin(id: string, _execId: string, signal: AbortSignal): Promise<void> {
    return this.#call("closeExecStdin", id, signal, () => {});
  }

  deleteExec(id: string, execId: string, signal: AbortSignal): Promise<void> {
    return this.#call("deleteExec", id, signal, () => {
      const task = this.world.tasks.get(id);
      if (task !== undefined) this.world.execs.delete(task, execId);
    });
  }

  capabilities(): readonly string[] {
    return CAPABILITY_NAMES;
  }

  resizeTerminal(id: string, { columns, rows }: TerminalSize, signal: AbortSignal): Promise<void> {
    return this.#call("resizeTerminal", `${id} ${columns}x${rows}`, signal, () => {
      this.#require(id);
    });
  }

  #require(id: string): FakeTask {
    const task = this.world.tasks.get(id);
    if (task === undefined) throw new SupercargoError("SC_ENGINE_NOT_FOUND", `task ${id} not found`);
    return task;
  }

  async #call<T>(name: string, subject: string, signal: AbortSignal, effect: () => T): Promise<T> {
    signal.throwIfAborted();
    this.calls++;
    this.history.push(`${name} ${subject}`);
    const fault = this.faultAt(this.calls, name);
    await Promise.resolve();
    signal.throwIfAborted();
    if (this.connection === "away") throw away();
    if (fault === "error") throw new SupercargoError("SC_ENGINE_FAILED", `planned fault in ${name}`);
    if (fault === "hang") {
      await delay(this.world.clock, CALL_LIMIT_MS, signal);
      throw new SupercargoError("SC_TIMEOUT", `${name} did not answer`);
    }
    if (fault === "drop-before") throw this.#drop();
    const result = effect();
    if (fault === "drop") throw this.#drop();
    return result;
  }

  #drop(): SupercargoError {
    this.disconnect();
    this.world.clock.after(RECONNECT_MS, () => this.reconnect());
    return away();
  }
}

function away(): SupercargoError {
  return new SupercargoError("SC_ENGINE_UNAVAILABLE", "the connection to the engine is lost");
}
