/** Single calls on tasks, with missing and ended ones taken as what they mean. */

import { type Clock, delay } from "../../base/clock.ts";
import { hasCode } from "../../errors/error.ts";
import { Status as GrpcStatus } from "../../grpc/grpc-error.ts";
import type { OciResources, Task, TaskExit, TaskStatus, TaskStdio } from "../engine.ts";
import type { TerminalSize } from "../exec.ts";
import type { Connection } from "./connection.ts";
import { statusOf, unlessMissing } from "./engine-errors.ts";
import { type DeleteResponse, TasksDefinition } from "./gen/containerd/services/tasks.ts";
import type { Mount } from "./gen/containerd/types/mount.ts";
import { type Process, Status } from "./gen/containerd/types/task.ts";
import type { Rpc } from "./rpc.ts";
import { stampOf } from "./stamps.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

const RESOURCES_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";

const LOST_SHIM_PAUSE_MS = 20;

const STATUS_WORDS: Readonly<Record<number, TaskStatus>> = {
  [Status.CREATED]: "created",
  [Status.RUNNING]: "running",
  [Status.STOPPED]: "stopped",
  [Status.PAUSED]: "paused",
  [Status.PAUSING]: "paused",
};

export class Tasks {
  constructor(
    private readonly connection: Connection,
    private readonly clock: Clock,
  ) {}

  get #rpc(): Rpc {
    return this.connection.rpc;
  }

  async get(id: string, signal: AbortSignal): Promise<Task | undefined> {
    const options = { signal, limitMs: TIME_LIMITS_MS.record };
    const request = { containerId: id, execId: "" };
    const answer = await unlessMissing(this.#rpc.unary(TasksDefinition, "get", request, options));
    return answer?.process === undefined ? undefined : taskOf(answer.process);
  }

  async list(signal: AbortSignal): Promise<Task[]> {
    const options = { signal, limitMs: TIME_LIMITS_MS.list };
    const { tasks } = await this.#rpc.unary(TasksDefinition, "list", { filter: "" }, options);
    return tasks.map(taskOf);
  }

  /** Answers the pid of the process that waits to be started. */
  async create(
    id: string,
    rootfs: readonly Mount[],
    stdio: TaskStdio,
    lease: string,
    signal: AbortSignal,
  ): Promise<number> {
    const request = { containerId: id, rootfs: [...rootfs], ...stdio, options: undefined };
    const options = { signal, limitMs: TIME_LIMITS_MS.createTask, lease };
    const { pid } = await this.#rpc.unary(TasksDefinition, "create", request, options);
    return pid;
  }

  async start(id: string, signal: AbortSignal): Promise<void> {
    const options = { signal, limitMs: TIME_LIMITS_MS.startTask };
    await this.#rpc.unary(TasksDefinition, "start", { containerId: id, execId: "" }, options);
  }

  /** Whether it was told to a task; an ended or missing one is no failure (code 5 means both). */
  async kill(id: string, signalNumber: number, all: boolean, signal: AbortSignal): Promise<boolean> {
    const request = { containerId: id, execId: "", signal: signalNumber, all };
    try {
      const answer = await unlessMissing(
        this.#rpc.unary(TasksDefinition, "kill", request, this.#quick(signal)),
      );
      return answer !== undefined;
    } catch (thrown) {
      await this.afterLostShim(id, thrown, signal);
      return false;
    }
  }

  /** undefined when there is no task. `exit` is undefined for a task that never ran. */
  async delete(id: string, signal: AbortSignal): Promise<{ exit: TaskExit | undefined } | undefined> {
    const options = { signal, limitMs: TIME_LIMITS_MS.deleteTask };
    const request = { containerId: id };
    let answer: DeleteResponse | undefined;
    try {
      answer = await unlessMissing(this.#rpc.unary(TasksDefinition, "delete", request, options));
    } catch (thrown) {
      await this.afterLostShim(id, thrown, signal);
    }
    if (answer === undefined) return undefined;
    const exitedAt = stampOf(answer.exitedAt);
    return { exit: exitedAt === "" ? undefined : { exitCode: answer.exitStatus, exitedAt } };
  }

  async pause(id: string, signal: AbortSignal): Promise<void> {
    await this.#rpc.unary(TasksDefinition, "pause", { containerId: id }, this.#quick(signal));
  }

  async resume(id: string, signal: AbortSignal): Promise<void> {
    await this.#rpc.unary(TasksDefinition, "resume", { containerId: id }, this.#quick(signal));
  }

  async update(id: string, resources: OciResources, signal: AbortSignal): Promise<void> {
    const value = Buffer.from(JSON.stringify(resources), "utf8");
    const request = { containerId: id, resources: { typeUrl: RESOURCES_TYPE, value } };
    await this.#rpc.unary(TasksDefinition, "update", request, this.#quick(signal));
  }

  /** A task that has ended has no input any more. */
  async closeStdin(id: string, signal: AbortSignal): Promise<void> {
    const request = { containerId: id, execId: "", stdin: true };
    try {
      await this.#rpc.unary(TasksDefinition, "closeIO", request, this.#quick(signal));
    } catch (thrown) {
      if (statusOf(thrown) !== GrpcStatus.NOT_FOUND) throw thrown;
    }
  }

  /** A task that has ended has no terminal any more. */
  async resizeTerminal(id: string, { columns, rows }: TerminalSize, signal: AbortSignal): Promise<void> {
    const request = { containerId: id, execId: "", width: columns, height: rows };
    await unlessMissing(this.#rpc.unary(TasksDefinition, "resizePty", request, this.#quick(signal)));
  }

  /**
   * A call failed because the task's shim was killed (by a person, or for memory): containerd then ends the container and
   * forgets the task, which takes some ms; waits for that. Throws `thrown` when that is not what happened.
   */
  async afterLostShim(id: string, thrown: unknown, signal: AbortSignal): Promise<void> {
    if (!hasCode(thrown, "SC_ENGINE_FAILED") || !thrown.message.includes("ttrpc: closed")) throw thrown;
    const deadlineMs = this.clock.nowMs() + TIME_LIMITS_MS.endTask;
    while (await this.#isListed(id, signal)) {
      if (this.clock.nowMs() > deadlineMs) throw thrown;
      await delay(this.clock, LOST_SHIM_PAUSE_MS, signal);
    }
  }

  /** Get of a task whose shim is gone can answer "missing" or fail; List shows it until containerd has cleaned up. */
  async #isListed(id: string, signal: AbortSignal): Promise<boolean> {
    return (await this.list(signal)).some((task) => task.id === id);
  }

  #quick(signal: AbortSignal) {
    return { signal, limitMs: TIME_LIMITS_MS.signal };
  }
}

/** Get and List leave container_id empty and set id (pitfalls §5). */
function taskOf(process: Process): Task {
  const status = STATUS_WORDS[process.status] ?? "unknown";
  const { stdin, stdout, stderr, terminal } = process;
  return {
    id: process.id === "" ? process.containerId : process.id,
    pid: status === "stopped" ? 0 : process.pid,
    status,
    ...(status === "stopped"
      ? { exit: { exitCode: process.exitStatus, exitedAt: stampOf(process.exitedAt) } }
      : {}),
    stdio: { stdin, stdout, stderr, terminal },
  };
}
