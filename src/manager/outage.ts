/**
 * What follows when the engine goes away and comes back. The ends of tasks are found by their watches (task-watch.ts); here
 * waiting work is hurried on and what others changed meanwhile is looked at.
 */

import type { Task } from "../engine/engine.ts";
import { isActive, toPaused, toUnpaused } from "../model/state.ts";
import type { Context } from "./context.ts";
import { DriftWatch } from "./drift-watch.ts";
import type { Entry } from "./entry.ts";
import type { Execs } from "./exec.ts";
import { persist } from "./persist.ts";
import type { Restarter } from "./restarter.ts";

/** Listens until the returned function is called. */
export function watchConnection(ctx: Context, restarter: Restarter, execs: Execs): () => void {
  const forgetConnection = ctx.parts.engine.onConnection((connection) => {
    if (connection === "away") {
      ctx.parts.log.warn(
        "connection to the engine is lost; containers go on, their last known states are kept",
      );
      return;
    }
    ctx.parts.log.info("connection to the engine is there");
    ctx.leftovers.hurry();
    restarter.hurry();
    ctx.work.background("taking away processes that were left", execs.sweep());
    ctx.work.background("look at the engine after an outage", compareWithEngine(ctx));
  });
  const forgetOom = ctx.parts.engine.onOom((id) => {
    const run = ctx.roster.get(id)?.run;
    if (run !== undefined) run.oomSeen = true;
  });
  const forgetPause = ctx.parts.engine.onPause((id, isPaused) => {
    ctx.work.background(
      `pause of container ${id}`,
      ctx.work.follow(id, () => followPause(ctx, id, isPaused)),
    );
  });
  const drift = new DriftWatch(ctx);
  drift.open();
  return () => {
    drift.close();
    forgetConnection();
    forgetOom();
    forgetPause();
  };
}

/** Takes over pauses and resumes that somebody else made. */
async function compareWithEngine(ctx: Context): Promise<void> {
  const inventory = await persist(ctx, () => ctx.parts.engine.inventory(ctx.lifetime), ctx.lifetime);
  const tasks = new Map<string, Task>(inventory.tasks.map((task) => [task.id, task]));
  for (const entry of ctx.roster.entries()) {
    if (entry.run === undefined || !isActive(entry.container.state.status)) continue;
    const listed = tasks.get(entry.id);
    if (listed !== undefined && differs(entry, listed)) {
      await ctx.work.follow(entry.id, () => compareOne(ctx, entry));
    }
  }
}

/** Of our own pauses the state has been noted by now. */
async function followPause(ctx: Context, id: string, isPaused: boolean): Promise<void> {
  const entry = ctx.roster.get(id);
  const stale = isPaused ? "Running" : "Paused";
  if (entry?.container.state.status === stale) await compareOne(ctx, entry);
}

function differs(entry: Entry, task: Task): boolean {
  const { status } = entry.container.state;
  return (
    (status === "Running" && task.status === "paused") || (status === "Paused" && task.status === "running")
  );
}

async function compareOne(ctx: Context, entry: Entry): Promise<void> {
  const task = await ctx.parts.engine.task(entry.id, ctx.lifetime);
  if (task === undefined || entry.run === undefined || !differs(entry, task)) return;
  const { container } = entry;
  const isPaused = task.status === "paused";
  ctx.roster.fact(entry, {
    container: { ...container, state: isPaused ? toPaused(container.state) : toUnpaused(container.state) },
    action: isPaused ? "paused" : "resumed",
  });
}
