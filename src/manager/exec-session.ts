/** One further process in a container, from its start until nothing of it is left. */

import { delay } from "../base/clock.ts";
import type { TaskExit } from "../engine/engine.ts";
import type { TerminalSize } from "../engine/exec.ts";
import type { ExecChunk, ExecPipes } from "../engine/exec-pipes.ts";
import { describeError, hasCode, SupercargoError } from "../errors/error.ts";
import { SIGKILL } from "../model/stop-options.ts";
import type { Context } from "./context.ts";
import { whenConnected } from "./task-watch.ts";

/** A process that has ended and whose children hold its output open: so long without a byte, then it is over. */
const QUIET_MS = 300;
/** From SIGKILL to the end. */
const KILL_LIMIT_MS = 10_000;
/** For the rest of the output after the engine has forgotten the process. */
const REST_LIMIT_MS = 1_000;

export class ExecSession {
  readonly #end = Promise.withResolvers<number>();
  readonly #gone = Promise.withResolvers<void>();

  /** @param onGone called once, when nothing of it is left or no more can be done. */
  constructor(
    private readonly ctx: Context,
    readonly id: string,
    readonly execId: string,
    private readonly pipes: ExecPipes,
    private readonly onGone: () => void,
  ) {
    // A caller that has left does not ask.
    this.#end.promise.catch(() => undefined);
  }

  /** What it writes, until its end; to be iterated once. A reader that does not read makes the process wait. */
  get output(): AsyncIterable<ExecChunk> {
    return this.pipes.output;
  }

  /** Exit code; rejects with the reason when it was given up. */
  get exitCode(): Promise<number> {
    return this.#end.promise;
  }

  /** Resolves when nothing of it is left. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  write(data: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.pipes.write(data, signal);
  }

  /** Our side first, then the shim's: only that reaches the process (spec/pitfalls.md §2). */
  async endInput(signal: AbortSignal): Promise<void> {
    this.pipes.endInput();
    await this.ctx.parts.engine.closeExecStdin(this.id, this.execId, signal);
  }

  async resize(size: TerminalSize, signal: AbortSignal): Promise<void> {
    await this.ctx.parts.engine.resizeExec(this.id, this.execId, size, signal);
  }

  async kill(signalNumber: number, signal: AbortSignal): Promise<void> {
    await this.ctx.parts.engine.killExec(this.id, this.execId, signalNumber, signal);
  }

  /** It never ran. */
  abandon(): void {
    this.#gone.resolve();
  }

  /** It runs: sees to its end. @param wait asked for before the start */
  follow(wait: Promise<TaskExit>, signal: AbortSignal): void {
    this.ctx.work.background(`process in container ${this.id}`, this.#follow(wait, signal));
  }

  async #follow(wait: Promise<TaskExit>, signal: AbortSignal): Promise<void> {
    const exit = this.#untilEnd(wait);
    exit.catch(() => undefined);
    try {
      const { exitCode } = await this.#unlessAborted(exit, signal);
      await this.#untilQuiet(signal);
      await this.#clear();
      this.#end.resolve(exitCode);
    } catch (thrown) {
      this.#end.reject(thrown);
      // With the reader gone nothing may hold the process up.
      this.pipes.close();
      await this.#giveUp(exit);
    } finally {
      this.pipes.close();
      this.onGone();
      this.#gone.resolve();
    }
  }

  /** A lost connection only delays it. */
  async #untilEnd(wait: Promise<TaskExit>): Promise<TaskExit> {
    const { engine } = this.ctx.parts;
    let waiting = wait;
    for (;;) {
      try {
        return await waiting;
      } catch (thrown) {
        if (!hasCode(thrown, "SC_ENGINE_UNAVAILABLE")) throw lost(this.id, thrown);
        await whenConnected(engine, this.ctx.lifetime);
        waiting = engine.waitExec(this.id, this.execId, this.ctx.lifetime);
      }
    }
  }

  async #unlessAborted(exit: Promise<TaskExit>, signal: AbortSignal): Promise<TaskExit> {
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([exit, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** The rest of the output is on its way; a slow reader is waited for, a child that keeps the pipe open is not. */
  async #untilQuiet(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const stop = AbortSignal.any([signal, over.signal]);
    let hasEnded = false;
    const ended = this.pipes.ended.then(() => {
      hasEnded = true;
    });
    for (let before = -1; !hasEnded; ) {
      const { takenBytes, isReaderBehind } = this.pipes;
      if (before === takenBytes && !isReaderBehind) break;
      before = takenBytes;
      const pause = delay(this.ctx.parts.clock, QUIET_MS, stop);
      // Also rejected when nobody waits for it any more.
      pause.catch(() => undefined);
      await Promise.race([ended, pause]);
    }
    over.abort(new Error("no longer needed"));
  }

  /** The engine passes the rest on and forgets the process; then its pipes go. */
  async #clear(): Promise<void> {
    const { engine, execPipes, clock } = this.ctx.parts;
    await engine.deleteExec(this.id, this.execId, this.ctx.lifetime);
    const over = new AbortController();
    const rest = delay(clock, REST_LIMIT_MS, over.signal).catch(() => undefined);
    await Promise.race([this.pipes.ended, rest]);
    over.abort(new Error("no longer needed"));
    this.pipes.close();
    execPipes.remove(this.id, this.execId);
  }

  /** Kills and clears; what cannot be done now is left to the sweep, which finds it by its pipes. */
  async #giveUp(exit: Promise<TaskExit>): Promise<void> {
    const { engine, clock, log } = this.ctx.parts;
    try {
      await engine.killExec(this.id, this.execId, SIGKILL, this.ctx.lifetime);
      const over = new AbortController();
      const limit = delay(clock, KILL_LIMIT_MS, over.signal).catch(() => undefined);
      await Promise.race([exit.catch(() => undefined), limit]);
      over.abort(new Error("no longer needed"));
      await this.#clear();
    } catch (thrown) {
      log.debug("a process in a container is not taken away yet", {
        container: this.id,
        reason: describeError(thrown),
      });
    }
  }
}

function lost(id: string, thrown: unknown): unknown {
  if (!hasCode(thrown, "SC_ENGINE_NOT_FOUND")) return thrown;
  return new SupercargoError("SC_ENGINE_NOT_FOUND", `the process in container ${id} is gone`, {
    hint: "its container ended",
    cause: thrown,
    fields: { container: id },
  });
}
