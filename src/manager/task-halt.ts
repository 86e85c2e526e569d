/**
 * Ends a running task: signal, wait, and after the timeout the forced kill (spec/engine.md §9).
 * The end is remembered by the watch from before the signal, so a process that dies at once is never missed.
 */

import { delay } from "../base/clock.ts";
import { SupercargoError } from "../errors/error.ts";
import { SIGKILL, signalName } from "../model/stop-options.ts";
import type { Context } from "./context.ts";
import type { Run } from "./entry.ts";
import type { TaskEnd } from "./task-watch.ts";

export interface HaltOptions {
  readonly signalNumber: number;
  readonly timeoutMs: number;
  readonly force: boolean;
}

/** The end of the task. SC_STOP_TIMEOUT with the peer's text when it did not end; engine errors of the kill. */
export async function halt(ctx: Context, id: string, run: Run, options: HaltOptions): Promise<TaskEnd> {
  const { signalNumber, timeoutMs, force } = options;
  const ended = await killAndWait(ctx, id, run, signalNumber, timeoutMs);
  if (ended !== undefined) return ended;
  if (signalNumber !== SIGKILL && force) {
    ctx.parts.log.info("container does not end, it is killed", {
      container: id,
      after: `${timeoutMs} ms`,
    });
    const killed = await killAndWait(ctx, id, run, SIGKILL, timeoutMs);
    if (killed !== undefined) return killed;
    throw timedOut(id, SIGKILL);
  }
  throw timedOut(id, signalNumber);
}

async function killAndWait(
  ctx: Context,
  id: string,
  run: Run,
  signalNumber: number,
  timeoutMs: number,
): Promise<TaskEnd | undefined> {
  if (run.watch.end !== undefined) return run.watch.end;
  await ctx.parts.engine.killTask(id, signalNumber, signalNumber === SIGKILL, ctx.lifetime);
  const given = new AbortController();
  const tooLong = delay(ctx.parts.clock, timeoutMs, given.signal).then(
    () => undefined,
    () => undefined,
  );
  const end = await Promise.race([run.watch.ended, tooLong]);
  given.abort(new Error("no longer needed"));
  return end ?? run.watch.end ?? (await realEnd(ctx, id));
}

/** What the engine itself says after a time-out; undefined while it runs. */
async function realEnd(ctx: Context, id: string): Promise<TaskEnd | undefined> {
  const task = await ctx.parts.engine.task(id, ctx.lifetime);
  if (task === undefined) return { kind: "lost" };
  return task.status === "stopped" && task.exit !== undefined ? { kind: "exit", exit: task.exit } : undefined;
}

function timedOut(id: string, signalNumber: number): SupercargoError {
  return new SupercargoError(
    "SC_STOP_TIMEOUT",
    `could not stop container with ID = ${id} with ${signalName(signalNumber)}`,
    { fields: { container: id } },
  );
}
