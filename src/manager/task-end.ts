/** What follows the end of a task, whoever brought it about: everything of it is cleared away, then the facts are known. */

import type { Context } from "./context.ts";
import type { Entry, Run } from "./entry.ts";
import { clearNetwork, clearOutput } from "./task-clearing.ts";
import type { TaskEnd } from "./task-watch.ts";

/** What a container that was lost is said to have ended with: neither success nor a code of its own. */
export const LOST_EXIT_CODE = 255;
const KILLED = 137;

export interface EndFacts {
  readonly exitCode: number;
  readonly stamp: string;
  /** The container's main process was killed for want of memory. */
  readonly oomKilled: boolean;
  /** Empty unless it was lost. */
  readonly error: string;
  readonly runMs: number;
}

/** The peer's text for a task that is gone. */
export function lostError(id: string): string {
  return `task for containerd container id = ${id} not found - container is also deleted`;
}

export function factsOf(ctx: Context, id: string, run: Run, end: TaskEnd): EndFacts {
  const runMs = ctx.parts.clock.nowMs() - run.startedAtMs;
  if (end.kind === "lost") {
    const stamp = ctx.parts.clock.stamp();
    return { exitCode: LOST_EXIT_CODE, stamp, oomKilled: false, error: lostError(id), runMs };
  }
  const { exitCode, exitedAt } = end.exit;
  return {
    exitCode,
    stamp: exitedAt === "" ? ctx.parts.clock.stamp() : exitedAt,
    oomKilled: wasOomKilled(run, exitCode),
    error: "",
    runMs,
  };
}

/** A notice alone proves nothing: it also comes when only a child was hit (spec/pitfalls.md §5). */
export function wasOomKilled(run: Run, exitCode: number): boolean {
  return run.oomSeen && exitCode === KILLED;
}

/** Clears task, output and network of an ended run away; the entry has no run afterwards. Never throws: see leftovers.ts. */
export async function clearEnded(ctx: Context, entry: Entry, run: Run): Promise<void> {
  const { id } = entry;
  run.watch.close();
  // The readers stay open while the engine deletes the task: it first passes on what the pipes hold.
  await Promise.all([
    ctx.leftovers.clear(id, "task", async () => {
      await ctx.parts.engine.deleteTask(id, ctx.lifetime);
    }),
    clearNetwork(ctx, id),
  ]);
  await clearOutput(ctx, id, run.output);
  entry.run = undefined;
}
