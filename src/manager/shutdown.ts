/** The daemon's end: containers go on (live restore), or are stopped in reverse order of their starts. */

import { delay } from "../base/clock.ts";
import { describeError } from "../errors/error.ts";
import { toUnpaused } from "../model/state.ts";
import { SIGTERM } from "../model/stop-options.ts";
import type { Context } from "./context.ts";
import { endedWithDaemon } from "./end-note.ts";
import type { Endings } from "./ending.ts";
import type { Entry } from "./entry.ts";
import type { Restarter } from "./restarter.ts";
import { compareStamps } from "./stamps.ts";
import { untilAborted } from "./work.ts";

/** The next one is asked to end when the one before has ended, or after so long: one that resists must not take the time of all others. */
const LEAD_MS = 1_000;
/**
 * Stops all; they count as running for the next start, whoever stopped them by hand excepted.
 * One that does not end within its time is killed; what fails is logged and left to the next start.
 */
export async function stopAll(
  ctx: Context,
  endings: Endings,
  restarter: Restarter,
  signal: AbortSignal,
): Promise<void> {
  restarter.close();
  endings.endAll();
  const running = ctx.roster.entries().filter((entry) => entry.run !== undefined);
  running.sort((a, b) => compareStamps(b.container.state.startedAt, a.container.state.startedAt));
  const stops: Promise<void>[] = [];
  for (const entry of running) {
    const stop = stopOne(ctx, endings, entry);
    stops.push(stop);
    await untilAborted(orAfterLead(ctx, stop), signal);
  }
  await untilAborted(Promise.all(stops), signal);
}

async function orAfterLead(ctx: Context, stop: Promise<void>): Promise<void> {
  const isOver = new AbortController();
  const lead = delay(ctx.parts.clock, LEAD_MS, isOver.signal).catch((thrown: unknown) => {
    if (!isOver.signal.aborted) throw thrown;
  });
  await Promise.race([stop, lead]);
  isOver.abort();
}

/** Never rejects. */
async function stopOne(ctx: Context, endings: Endings, entry: Entry): Promise<void> {
  const timeoutMs = ctx.parts.options.defaultStopTimeoutMs;
  try {
    await ctx.work.follow(entry.id, async () => {
      entry.probation?.suspend();
      if (entry.run === undefined) return;
      await wake(ctx, entry);
      const how = { signalNumber: SIGTERM, timeoutMs, force: true };
      await endings.halt(entry, entry.run, how, endedWithDaemon(entry.additions));
    });
  } catch (thrown) {
    ctx.parts.log.error("container could not be stopped", {
      container: entry.id,
      reason: describeError(thrown),
    });
  }
}

/** A paused container cannot end in order; it would cost the whole stop timeout and then be killed. */
async function wake(ctx: Context, entry: Entry): Promise<void> {
  const { container } = entry;
  if (container.state.status !== "Paused") return;
  await ctx.parts.engine.resumeTask(entry.id, ctx.lifetime);
  ctx.roster.fact(entry, {
    container: { ...container, state: toUnpaused(container.state) },
    action: "resumed",
  });
}

/** Live restore: nothing is ended; readers, timers and watches are let go. */
export async function letGo(ctx: Context): Promise<void> {
  await Promise.all(
    ctx.roster.entries().map(async (entry) => {
      entry.probation?.suspend();
      const { run } = entry;
      if (run === undefined) return;
      run.watch.close();
      await run.output.close(true);
    }),
  );
}
