/** Further processes of the fake engine's tasks, and their pipes in memory. */

import type { Clock } from "../../base/clock.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { TaskStdio } from "../engine.ts";
import type { ExecRequest } from "../exec.ts";
import type { ExecChunk, ExecPipeKeeper, ExecPipes, ExecStreams } from "../exec-pipes.ts";
import { FakeTask } from "./fake-task.ts";
import type { TaskBehaviour } from "./task-behaviour.ts";

export interface ExecBehaviour extends TaskBehaviour {
  /** Written to stdout at the start. */
  readonly writes?: string;
  /** A child holds its output open after its end, until the engine forgets the process. */
  readonly leavesChild?: boolean;
}

/** Pipes of further processes; they outlive managers, as FIFOs outlive our daemon. */
export class FakeExecPipes implements ExecPipeKeeper {
  readonly pipes = new Map<string, FakePipes>();

  open(id: string, execId: string, { tty, openStdin }: ExecStreams): ExecPipes {
    const path = (name: string, wanted: boolean) => (wanted ? `/exec/${id}/${execId}/${name}` : "");
    const pipes = new FakePipes({
      stdin: path("stdin", openStdin),
      stdout: path("stdout", true),
      stderr: path("stderr", !tty),
      terminal: tty,
    });
    this.pipes.set(`${id}/${execId}`, pipes);
    return pipes;
  }

  existing() {
    return [...this.pipes.keys()].map((key) => {
      const [id = "", execId = ""] = key.split("/");
      return { id, execId };
    });
  }

  remove(id: string, execId: string): void {
    this.pipes.delete(`${id}/${execId}`);
  }

  async close(): Promise<void> {}
}

export class FakePipes implements ExecPipes {
  readonly #ended = Promise.withResolvers<void>();
  readonly written: string[] = [];
  takenBytes = 0;
  readonly isReaderBehind = false;
  readonly #chunks: ExecChunk[] = [];

  constructor(readonly stdio: TaskStdio) {}

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get output(): AsyncIterable<ExecChunk> {
    return this.#read();
  }

  async write(data: Uint8Array): Promise<void> {
    this.written.push(Buffer.from(data).toString("utf8"));
  }

  endInput(): void {}

  /** The process writes. */
  push(text: string): void {
    this.#chunks.push({ stream: "stdout", data: Buffer.from(text, "utf8") });
    this.takenBytes += text.length;
  }

  close(): void {
    this.#ended.resolve();
  }

  async *#read(): AsyncGenerator<ExecChunk, void, undefined> {
    await this.#ended.promise;
    yield* this.#chunks;
  }
}

export class FakeExecs {
  /** How a process behaves; asked when it is made. */
  behaviour: (request: ExecRequest) => ExecBehaviour = () => ({});
  readonly keeper = new FakeExecPipes();
  /** Commands that were started, with the id of their container. */
  readonly started: string[] = [];
  #nextPid = 50_000;

  constructor(private readonly clock: Clock) {}

  create(task: FakeTask, request: ExecRequest): void {
    if (task.execs.has(request.execId)) {
      throw new SupercargoError("SC_ENGINE_EXISTS", `id ${request.execId} already exists`);
    }
    const behaviour = this.behaviour(request);
    const pipes = this.#pipes(request);
    const onEnd = () => {
      if (behaviour.leavesChild !== true) pipes?.close();
    };
    const exec = new FakeTask(request, this.#nextPid++, behaviour, this.clock, () => {}, onEnd);
    task.execs.set(request.execId, exec);
  }

  start(task: FakeTask, execId: string): number {
    const exec = this.require(task, execId);
    exec.start();
    this.started.push(`${exec.request.id} ${exec.request.process.args.join(" ")}`);
    const { writes } = this.behaviour(exec.request);
    if (writes !== undefined) this.#pipes(exec.request)?.push(writes);
    return exec.pid;
  }

  delete(task: FakeTask, execId: string): void {
    const exec = task.execs.get(execId);
    if (exec === undefined) return;
    if (exec.status === "running")
      throw new SupercargoError("SC_ENGINE_FAILED", "cannot delete a running process");
    exec.dispose();
    this.#pipes(exec.request)?.close();
    task.execs.delete(execId);
  }

  require(task: FakeTask, execId: string): FakeTask<ExecRequest> {
    const exec = task.execs.get(execId);
    if (exec !== undefined) return exec;
    throw new SupercargoError("SC_ENGINE_NOT_FOUND", `exec ${execId} not found`);
  }

  #pipes({ id, execId }: ExecRequest): FakePipes | undefined {
    return this.keeper.pipes.get(`${id}/${execId}`);
  }
}
