/** Single calls on tasks, with missing and ended ones taken as what they mean. */

import { Status as GrpcStatus } from "../../grpc/grpc-error.ts";
import type { OciResources, Task, TaskExit, TaskStatus, TaskStdio } from "../engine.ts";
import type { Connection } from "./connection.ts";
import { statusOf, unlessMissing } from "./engine-errors.ts";
import { TasksDefinition } from "./gen/containerd/services/tasks.ts";
import type { Mount } from "./gen/containerd/types/mount.ts";
import { type Process, Status } from "./gen/containerd/types/task.ts";
import type { Rpc } from "./rpc.ts";
import { stampOf } from "./stamps.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

const RESOURCES_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";

const STATUS_WORDS: Readonly<Record<number, TaskStatus>> = {
  [Status.CREATED]: "created",
  [Status.RUNNING]: "running",
  [Status.STOPPED]: "stopped",
  [Status.PAUSED]: "paused",
  [Status.PAUSING]: "paused",
};

export class Tasks {
  constructor(private readonly connection: Connection) {}

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

  /** An ended or missing task is success (code 5 means both). */
  async kill(id: string, signalNumber: number, all: boolean, signal: AbortSignal): Promise<void> {
    const request = { containerId: id, execId: "", signal: signalNumber, all };
    const options = { signal, limitMs: TIME_LIMITS_MS.signal };
    await unlessMissing(this.#rpc.unary(TasksDefinition, "kill", request, options));
  }

  /** undefined when there is no task. `exit` is undefined for a task that never ran. */
  async delete(id: string, signal: AbortSignal): Promise<{ exit: TaskExit | undefined } | undefined> {
    const options = { signal, limitMs: TIME_LIMITS_MS.deleteTask };
    const answer = await unlessMissing(
      this.#rpc.unary(TasksDefinition, "delete", { containerId: id }, options),
    );
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
