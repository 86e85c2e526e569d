/** Takes away what a task leaves behind: the task itself, its output, its network. What does not succeed is tried again later. */

import { delay } from "../base/clock.ts";
import type { Engine } from "../engine/engine.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import type { Output } from "../logs/logs.ts";
import { SIGKILL } from "../model/stop-options.ts";
import type { Context } from "./context.ts";
import { snapshotKey } from "./entry.ts";

const KILL_LIMIT_MS = 10_000;

/** Ends and deletes whatever task the engine has under this id. */
export function clearTask(ctx: Context, id: string): Promise<boolean> {
  return ctx.leftovers.clear(id, "task", () => destroyTask(ctx, id));
}

export function clearNetwork(ctx: Context, id: string): Promise<boolean> {
  return ctx.leftovers.clear(id, "network", () => ctx.parts.network.release(id));
}

/** Each run has an output of its own: what is left of one is not settled by the end of the next. */
export function clearOutput(ctx: Context, id: string, output: Output): Promise<boolean> {
  return ctx.leftovers.clear(id, `output ${output.stdio.stdout}`, () => output.close(false));
}

/** The writable snapshot, then those that were set aside, newest first, since each can lie on the one before. */
export async function clearSnapshots(ctx: Context, id: string, saved: Iterable<string>): Promise<boolean> {
  const keys = [snapshotKey(id), ...inRemovalOrder(saved)];
  return await ctx.leftovers.clear(id, "snapshots", async () => {
    for (const key of keys) await ctx.parts.engine.removeSnapshot(key, ctx.lifetime);
  });
}

/** Names `<id>.old.<n>`, highest n first. */
export function inRemovalOrder(saved: Iterable<string>): readonly string[] {
  return [...saved].sort((a, b) => savedNumber(b) - savedNumber(a));
}

/** n of `<id>.old.<n>`. */
export function savedNumber(name: string): number {
  return Number(name.slice(name.lastIndexOf(".") + 1));
}

/** Kills with SIGKILL if it runs, waits for the end, deletes. Missing is fine. */
export async function destroyTask(ctx: Context, id: string): Promise<void> {
  const { engine } = ctx.parts;
  const task = await engine.task(id, ctx.lifetime);
  if (task?.status === "running" || task?.status === "paused") await killAndWait(ctx, engine, id);
  await engine.deleteTask(id, ctx.lifetime);
}

async function killAndWait(ctx: Context, engine: Engine, id: string): Promise<void> {
  const limit = new AbortController();
  // Asked before the kill, so that the end cannot be missed. Neither of the two ever rejects unheard.
  const ended = engine.waitTask(id, limit.signal).then(() => undefined, toError);
  const tooLong = delay(ctx.parts.clock, KILL_LIMIT_MS, limit.signal).then(() => stillThere(id), toError);
  try {
    await engine.killTask(id, SIGKILL, true, ctx.lifetime);
    const fault = await Promise.race([ended, tooLong]);
    if (fault !== undefined) throw fault;
  } finally {
    limit.abort(new Error("no longer needed"));
    await Promise.all([ended, tooLong]);
  }
}

function stillThere(id: string): SupercargoError {
  return new SupercargoError("SC_STOP_TIMEOUT", `could not stop container with ID = ${id} with SIGKILL`, {
    fields: { container: id },
  });
}
