/**
 * Pipes of further processes as FIFOs: `<root>/<container id>/<exec id>/stdin|stdout|stderr`. The folder is made before the
 * engine hears of the process and removed after it has forgotten it, so what a killed daemon leaves can be found.
 */

import { mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FifoReader } from "../base/fifo.ts";
import { FifoBell } from "../base/fifo-bell.ts";
import { FifoPeek } from "../base/fifo-peek.ts";
import { FifoWriter } from "../base/fifo-writer.ts";
import { errnoName, makeFifo } from "../base/libc.ts";
import type { Log } from "../base/log.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import type { TaskStdio } from "./engine.ts";
import type { ExecChunk, ExecPipeKeeper, ExecPipes, ExecStreams } from "./exec-pipes.ts";

const MODE = 0o700;
const PIPE_BYTES = 64 * 1024;
/** Unread output of one process that is kept; then its pipe fills and it waits. */
const WAITING_LIMIT_BYTES = 256 * 1024;

export class FifoExecPipes implements ExecPipeKeeper {
  readonly #bell: FifoBell;
  readonly #peek = new FifoPeek();

  constructor(
    private readonly root: string,
    private readonly log: Log,
  ) {
    this.#bell = new FifoBell((thrown) =>
      log.warn("the kernel gives no watch on output of processes, it is looked at every 20 ms", {
        error: String(thrown),
      }),
    );
  }

  open(id: string, execId: string, streams: ExecStreams): ExecPipes {
    const folder = this.#folder(id, execId);
    mkdirSync(folder, { recursive: true, mode: MODE });
    const path = (name: string, wanted: boolean) => (wanted ? join(folder, name) : "");
    const stdio: TaskStdio = {
      stdin: path("stdin", streams.openStdin),
      stdout: path("stdout", true),
      stderr: path("stderr", !streams.tty),
      terminal: streams.tty,
    };
    try {
      for (const fifo of [stdio.stdin, stdio.stdout, stdio.stderr]) if (fifo !== "") makeFifo(fifo, MODE);
      return new OpenPipes(stdio, this.#bell, this.#peek, this.log);
    } catch (thrown) {
      this.remove(id, execId);
      throw thrown;
    }
  }

  existing(): readonly { readonly id: string; readonly execId: string }[] {
    return foldersIn(this.root).flatMap((id) =>
      foldersIn(join(this.root, id)).map((execId) => ({ id, execId })),
    );
  }

  remove(id: string, execId: string): void {
    rmSync(this.#folder(id, execId), { recursive: true, force: true });
    try {
      rmdirSync(join(this.root, id));
    } catch (thrown) {
      const name = errnoName(thrown);
      // Other processes of the container have theirs in it, or it is gone already.
      if (name !== "ENOTEMPTY" && name !== "ENOENT") throw thrown;
    }
  }

  async close(): Promise<void> {
    await this.#bell.close();
    this.#peek.close();
  }

  #folder(id: string, execId: string): string {
    for (const part of [id, execId]) {
      if (part === "" || part.startsWith(".") || /[/\0]/.test(part))
        throw new SupercargoError("SC_CONTAINER_INVALID", `invalid container id : ${id}`);
    }
    return join(this.root, id, execId);
  }
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return [];
    throw thrown;
  }
}

class OpenPipes implements ExecPipes {
  readonly ended: Promise<void>;
  takenBytes = 0;
  readonly #input: FifoWriter | undefined;
  readonly #readers: FifoReader[] = [];
  readonly #waiting: ExecChunk[] = [];
  #waitingBytes = 0;
  #isOver = false;
  #isClosed = false;
  #wakeReader: () => void = () => {};
  #room = Promise.withResolvers<void>();

  constructor(
    readonly stdio: TaskStdio,
    bell: FifoBell,
    peek: FifoPeek,
    private readonly log: Log,
  ) {
    const jobs: Promise<void>[] = [];
    try {
      this.#input = stdio.stdin === "" ? undefined : new FifoWriter(stdio.stdin);
      for (const stream of ["stdout", "stderr"] as const) {
        if (stdio[stream] === "") continue;
        const reader = new FifoReader(stdio[stream], { pipeBytes: PIPE_BYTES, bell, peek });
        this.#readers.push(reader);
        jobs.push(reader.each((chunk, release) => this.#take(stream, chunk, release)));
      }
    } catch (thrown) {
      this.close();
      throw thrown;
    }
    this.ended = Promise.all(jobs).then(
      () => this.#finish(),
      (thrown) => {
        this.log.error("output of a process cannot be read", { reason: toError(thrown).message });
        this.#finish();
      },
    );
  }

  get isReaderBehind(): boolean {
    return this.#waiting.length > 0;
  }

  get output(): AsyncIterable<ExecChunk> {
    return this.#chunks();
  }

  async write(data: Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.#input === undefined) throw new SupercargoError("SC_INPUT_CLOSED", "the process has no input");
    await this.#input.write(data, signal);
  }

  endInput(): void {
    this.#input?.close(false);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#input?.close(true);
    this.#room.resolve();
    for (const reader of this.#readers) reader.close();
    this.#finish();
  }

  async *#chunks(): AsyncGenerator<ExecChunk, void, undefined> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        this.#waitingBytes -= next.data.length;
        if (this.#waitingBytes < WAITING_LIMIT_BYTES) this.#room.resolve();
        yield next;
      } else if (this.#isOver) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
          if (this.#waiting.length > 0 || this.#isOver) resolve();
        });
      }
    }
  }

  #take(stream: ExecChunk["stream"], chunk: Uint8Array, release: () => void): Promise<void> | undefined {
    // Not `slice`: the bytes are ours only during this call, and that of a Buffer is only a view.
    this.#waiting.push({ stream, data: new Uint8Array(chunk) });
    this.#waitingBytes += chunk.length;
    this.takenBytes += chunk.length;
    release();
    this.#wakeReader();
    if (this.#waitingBytes < WAITING_LIMIT_BYTES || this.#isClosed) return undefined;
    this.#room = Promise.withResolvers<void>();
    return this.#room.promise;
  }

  #finish(): void {
    this.#isOver = true;
    this.#wakeReader();
  }
}
