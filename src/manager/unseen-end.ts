/** The last look at a successor whose watch time is over: it may have ended without anybody having heard of it. */

import { describeError } from "../errors/error.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./entry.ts";

/**
 * Inside a job of its id, so that a stop or a removal that is under way is not taken for a failure. When the successor has
 * failed nobody else may touch it any more. Undefined: it lives, ended well, was stopped or is gone.
 */
export async function unseenEnd(ctx: Context, id: string): Promise<string | undefined> {
  const successor = ctx.roster.get(id);
  if (successor === undefined) return undefined;
  const code = await exitCodeOf(ctx, successor);
  if (code === 0) return undefined;
  successor.blocked = "its predecessor comes back";
  return `it ended with exit code ${code}`;
}

async function exitCodeOf(ctx: Context, { id, run, container }: Entry): Promise<number> {
  const { status, exitCode } = container.state;
  // It ended within its time, but clearing it away took longer. A user's stop is no failure.
  if (run === undefined) return status === "Exited" ? exitCode : 0;
  try {
    const known = run.watch.end ?? (await ctx.parts.engine.task(id, ctx.lifetime));
    return known !== undefined && "exit" in known ? (known.exit?.exitCode ?? 0) : 0;
  } catch (thrown) {
    ctx.lifetime.throwIfAborted();
    ctx.parts.log.warn("the engine does not say whether the successor runs; nothing was heard of an end", {
      container: id,
      reason: describeError(thrown),
    });
    return 0;
  }
}
