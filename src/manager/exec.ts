/**
 * Further processes in running containers. Such a process belongs to the one who asked: when the signal aborts it is killed.
 * It takes no turn of the container's worker: a stop ends it with the container.
 * Invariant: pipes exist as long as the engine may know the process, so that what a killed daemon leaves is found and ended.
 */

import type { ExecPipes } from "../engine/exec-pipes.ts";
import { execProcess } from "../engine/spec/exec-process.ts";
import type { OciProcess } from "../engine/spec/oci.ts";
import { resolveUserInRootfs } from "../engine/spec/rootfs-users.ts";
import { describeError, hasCode, SupercargoError } from "../errors/error.ts";
import type { ExecWish } from "../model/exec.ts";
import { SIGKILL } from "../model/stop-options.ts";
import type { Context } from "./context.ts";
import { ExecSession } from "./exec-session.ts";
import { untilAborted } from "./work.ts";

/** Per container; each costs a process, two pipes and some calls. */
const MAX_SESSIONS = 50;
/** For everything that the end of one process needs, after a kill. */
const SWEEP_LIMIT_MS = 30_000;
/** From SIGKILL to the end. */
const END_LIMIT_MS = 5_000;

export class Execs {
  readonly #sessions = new Map<string, ExecSession>();
  /** By container; counted from the first moment. */
  readonly #open = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(private readonly ctx: Context) {
    // A process of a paused container could not be ended.
    ctx.hub.subscribe((change) => {
      if (change !== "overflowed" && change.action === "resumed")
        ctx.work.background("taking away processes that were left", this.sweep());
    });
  }

  /** SC_CONTAINER_NOT_FOUND, SC_CONTAINER_STATE, SC_CONTAINER_INVALID, engine errors with runc's text. */
  async run(id: string, wish: ExecWish, signal: AbortSignal): Promise<ExecSession> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    either.throwIfAborted();
    const count = this.#open.get(id) ?? 0;
    if (count >= MAX_SESSIONS) {
      throw new SupercargoError("SC_INPUT_LIMIT", `too many processes are executed in container ${id}`, {
        hint: "end another one first",
        fields: { container: id, limit: MAX_SESSIONS },
      });
    }
    this.#open.set(id, count + 1);
    try {
      return await this.#start(id, wish, either);
    } catch (thrown) {
      this.#leave(id);
      throw thrown;
    }
  }

  /** What a killed daemon, or a connection that went, left: ended, forgotten, its pipes removed. Never throws. */
  async sweep(): Promise<void> {
    const { execPipes, log } = this.ctx.parts;
    for (const { id, execId } of execPipes.existing()) {
      if (this.#sessions.has(execId)) continue;
      try {
        await this.#takeAway(id, execId);
      } catch (thrown) {
        if (this.ctx.lifetime.aborted) return;
        log.warn("a process that was left in a container cannot be taken away, will be tried again", {
          container: id,
          reason: describeError(thrown),
        });
      }
    }
  }

  /** Kills all; resolves when they are gone or the signal aborts. */
  async close(signal: AbortSignal): Promise<void> {
    this.#closing.abort(new SupercargoError("SC_DAEMON_UNAVAILABLE", "the daemon is stopping"));
    const all = Promise.all([...this.#sessions.values()].map((session) => session.gone));
    await untilAborted(all, signal).catch((thrown) =>
      this.ctx.parts.log.warn("processes in containers were cut off by the end of the daemon", {
        reason: String(thrown),
      }),
    );
    await this.ctx.parts.execPipes.close();
  }

  async #start(id: string, wish: ExecWish, signal: AbortSignal): Promise<ExecSession> {
    const { execPipes, engine } = this.ctx.parts;
    const { lifetime } = this.ctx;
    this.#requireRunning(id);
    const process = await this.#process(id, wish, signal);
    signal.throwIfAborted();
    const execId = crypto.randomUUID();
    const pipes = execPipes.open(id, execId, wish);
    const session = new ExecSession(this.ctx, id, execId, pipes, () => this.#forget(id, execId));
    this.#sessions.set(execId, session);
    try {
      await engine.createExec({ id, execId, process, stdio: pipes.stdio }, lifetime);
      const exit = { wait: engine.waitExec(id, execId, lifetime) };
      // Whoever follows the session hears of its failure.
      exit.wait.catch(() => undefined);
      await engine.startExec(id, execId, lifetime);
      session.follow(exit.wait, signal);
      return session;
    } catch (thrown) {
      await this.#undo(id, execId, pipes);
      session.abandon();
      throw thrown;
    }
  }

  /** The command as the container's own process is, with what the wish changes. */
  async #process(id: string, wish: ExecWish, signal: AbortSignal): Promise<OciProcess> {
    const main = await this.ctx.parts.engine.taskProcess(id, signal);
    const { pid } = this.#requireRunning(id);
    if (main === undefined) throw notRunning(id, "its task is gone");
    // As the processes in it see it: mounts over /etc count.
    const user = wish.user === "" ? undefined : resolveUserInRootfs(`/proc/${pid}/root`, wish.user);
    const allCapabilities = wish.privileged ? this.ctx.parts.engine.capabilities() : [];
    return execProcess({ main, wish, user, allCapabilities });
  }

  #requireRunning(id: string): { readonly pid: number } {
    const { state } = this.ctx.roster.require(id).container;
    if (state.status === "Running") return state;
    throw notRunning(id, `its status is ${state.status}`);
  }

  async #undo(id: string, execId: string, pipes: ExecPipes): Promise<void> {
    pipes.close();
    this.#sessions.delete(execId);
    try {
      await this.#takeAway(id, execId);
    } catch (thrown) {
      this.ctx.parts.log.debug("a process that did not start is not taken away yet", {
        container: id,
        reason: describeError(thrown),
      });
    }
  }

  async #takeAway(id: string, execId: string): Promise<void> {
    const { engine, execPipes } = this.ctx.parts;
    const signal = AbortSignal.any([this.ctx.lifetime, AbortSignal.timeout(SWEEP_LIMIT_MS)]);
    try {
      // One that was never started, or has ended, goes at once.
      await engine.deleteExec(id, execId, signal);
    } catch (thrown) {
      if (!hasCode(thrown, "SC_ENGINE_FAILED")) throw thrown;
      await endExec(this.ctx, id, execId, signal);
      await engine.deleteExec(id, execId, signal);
    }
    execPipes.remove(id, execId);
  }

  #forget(id: string, execId: string): void {
    this.#sessions.delete(execId);
    this.#leave(id);
  }

  #leave(id: string): void {
    const left = (this.#open.get(id) ?? 1) - 1;
    if (left <= 0) this.#open.delete(id);
    else this.#open.set(id, left);
  }
}

/** Kills a running process and waits for its end; one that is not there is fine. */
async function endExec(ctx: Context, id: string, execId: string, signal: AbortSignal): Promise<void> {
  const { engine } = ctx.parts;
  const over = new AbortController();
  const waiting = { end: engine.waitExec(id, execId, AbortSignal.any([signal, over.signal])) };
  const settled = Promise.allSettled([waiting.end]);
  await engine.killExec(id, execId, SIGKILL, signal);
  const timer = ctx.parts.clock.after(END_LIMIT_MS, () => over.abort(new Error("not ended")));
  await settled;
  timer.cancel();
}

function notRunning(id: string, why: string): SupercargoError {
  return new SupercargoError("SC_CONTAINER_STATE", `cannot execute in container with id = ${id}: ${why}`, {
    hint: "a command can be executed in a running container only",
    fields: { container: id },
  });
}
