/** The size of a container's terminal: what a client asked for last holds for this run and those that follow. */

import { toError } from "../errors/error.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./entry.ts";

/**
 * Gives the task, made or running, the size that was asked for last. Never throws: output is worth more. One at a time: the
 * start's own call and a client's would overtake each other in the engine, and the older size would stay.
 */
export function applyTerminalSize(ctx: Context, entry: Entry): Promise<void> {
  if (entry.terminalSize === undefined || !entry.container.ioConfig.tty) return Promise.resolve();
  entry.resizing = entry.resizing.then(() => applyNow(ctx, entry));
  return entry.resizing;
}

async function applyNow(ctx: Context, entry: Entry): Promise<void> {
  const { id, run, terminalSize } = entry;
  if (terminalSize === undefined) return;
  try {
    await ctx.parts.engine.resizeTerminal(id, terminalSize, ctx.lifetime);
  } catch (thrown) {
    // There may be no task yet; one that is being started may run already.
    if (ctx.lifetime.aborted || run === undefined || entry.run !== run) return;
    ctx.parts.log.warn("the size of a container's terminal could not be set", {
      container: id,
      reason: toError(thrown).message,
    });
  }
}
