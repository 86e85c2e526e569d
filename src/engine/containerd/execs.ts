/** Further processes of a task: single calls, with missing and ended ones taken as what they mean. */

import { hasCode, SupercargoError } from "../../errors/error.ts";
import type { TaskExit } from "../engine.ts";
import type { ExecRequest, TerminalSize } from "../exec.ts";
import type { Connection } from "./connection.ts";
import { unlessMissing } from "./engine-errors.ts";
import { TasksDefinition } from "./gen/containerd/services/tasks.ts";
import { stampOf } from "./stamps.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

const PROCESS_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Process";

export class Execs {
  constructor(private readonly connection: Connection) {}

  async create(request: ExecRequest, signal: AbortSignal): Promise<void> {
    const { id: containerId, execId, stdio } = request;
    const spec = { typeUrl: PROCESS_TYPE, value: Buffer.from(JSON.stringify(request.process), "utf8") };
    await this.#rpc.unary(
      TasksDefinition,
      "exec",
      { containerId, execId, ...stdio, spec },
      this.#quick(signal),
    );
  }

  async start(containerId: string, execId: string, signal: AbortSignal): Promise<number> {
    const options = { signal, limitMs: TIME_LIMITS_MS.startTask };
    return (await this.#rpc.unary(TasksDefinition, "start", { containerId, execId }, options)).pid;
  }

  async wait(containerId: string, execId: string, signal: AbortSignal): Promise<TaskExit> {
    try {
      const answer = await this.#rpc.unary(TasksDefinition, "wait", { containerId, execId }, { signal });
      return { exitCode: answer.exitStatus, exitedAt: stampOf(answer.exitedAt) };
    } catch (thrown) {
      if (!isOver(thrown)) throw thrown;
      const text = `the process ${execId} in ${containerId} is gone`;
      throw new SupercargoError("SC_ENGINE_NOT_FOUND", text, { cause: thrown });
    }
  }

  async kill(containerId: string, execId: string, signalNumber: number, signal: AbortSignal): Promise<void> {
    const request = { containerId, execId, signal: signalNumber, all: false };
    await this.#unlessOver(this.#rpc.unary(TasksDefinition, "kill", request, this.#quick(signal)));
  }

  async resize(
    containerId: string,
    execId: string,
    { columns, rows }: TerminalSize,
    signal: AbortSignal,
  ): Promise<void> {
    const request = { containerId, execId, width: columns, height: rows };
    await this.#unlessOver(this.#rpc.unary(TasksDefinition, "resizePty", request, this.#quick(signal)));
  }

  async closeStdin(containerId: string, execId: string, signal: AbortSignal): Promise<void> {
    const request = { containerId, execId, stdin: true };
    await this.#unlessOver(this.#rpc.unary(TasksDefinition, "closeIO", request, this.#quick(signal)));
  }

  async delete(containerId: string, execId: string, signal: AbortSignal): Promise<void> {
    const options = { signal, limitMs: TIME_LIMITS_MS.deleteTask };
    await this.#unlessOver(
      this.#rpc.unary(TasksDefinition, "deleteProcess", { containerId, execId }, options),
    );
  }

  get #rpc() {
    return this.connection.rpc;
  }

  /** A process whose task has ended meanwhile is over as well; its shim then answers nothing any more. */
  async #unlessOver(call: Promise<unknown>): Promise<void> {
    try {
      await unlessMissing(call);
    } catch (thrown) {
      if (!isOver(thrown)) throw thrown;
    }
  }

  #quick(signal: AbortSignal) {
    return { signal, limitMs: TIME_LIMITS_MS.signal };
  }
}

function isOver(thrown: unknown): boolean {
  return hasCode(thrown, "SC_ENGINE_FAILED") && /ttrpc: closed|process already finished/.test(thrown.message);
}
