/**
 * Takes over what the engine really has for a stored container: status and pid come from the engine, never from the file
 * (spec/engine.md §22.11). Decides nothing about restarts.
 */

import type { Task } from "../engine/engine.ts";
import { describeError } from "../errors/error.ts";
import type { Output } from "../logs/logs.ts";
import type { Container } from "../model/container.ts";
import { isActive, toExited, toRunning, toStopped } from "../model/state.ts";
import type { Context } from "./context.ts";
import type { Entry, Run } from "./entry.ts";
import { logFolder } from "./folders.ts";
import { NoOutput } from "./no-output.ts";
import type { Starter } from "./starter.ts";
import { withoutNetwork } from "./starter.ts";
import { clearTask } from "./task-clearing.ts";
import { clearEnded, type EndFacts, factsOf, LOST_EXIT_CODE, lostError } from "./task-end.ts";
import { TaskWatch } from "./task-watch.ts";

/** `idle`: has no task and was not supposed to have one. */
export type Adopted =
  | { readonly kind: "running" }
  | { readonly kind: "ended"; readonly facts: EndFacts }
  | { readonly kind: "lost" }
  | { readonly kind: "idle" };

/**
 * Inside a job of the id.
 * @param hasRecord the engine has a record of it: without a task that is what a power cut or a cut-off start left.
 */
export async function adopt(
  ctx: Context,
  starter: Starter,
  entry: Entry,
  task: Task | undefined,
  hasRecord: boolean,
): Promise<Adopted> {
  if (task?.status === "running" || task?.status === "paused") {
    await adoptRunning(ctx, starter, entry, task);
    return { kind: "running" };
  }
  if (task?.status === "stopped") return { kind: "ended", facts: await takeEnded(ctx, entry, task) };
  // Created and never started, or unknown: a start that was cut off.
  if (task !== undefined || hasRecord) await clearTask(ctx, entry.id);
  if (!isActive(entry.container.state.status)) return { kind: "idle" };
  noteLost(ctx, entry);
  return { kind: "lost" };
}

async function reattach(ctx: Context, container: Container, task: Task): Promise<Output> {
  const request = {
    id: container.id,
    tty: container.ioConfig.tty,
    openStdin: container.ioConfig.openStdin,
    logConfig: container.hostConfig.logConfig,
    logDir: logFolder(ctx, container.id),
  };
  try {
    return await ctx.parts.logs.reattach(request, task.stdio);
  } catch (thrown) {
    // A container without output is still a container: it is watched, stopped and restarted like any other.
    ctx.parts.log.error("output of a running container cannot be read", {
      container: container.id,
      reason: describeError(thrown),
    });
    return new NoOutput(task.stdio);
  }
}

async function runOf(ctx: Context, entry: Entry, task: Task): Promise<Run> {
  const { clock, engine } = ctx.parts;
  const output = await reattach(ctx, entry.container, task);
  return {
    output,
    watch: new TaskWatch(engine, clock, entry.id),
    // The run began before this process; for the back-off it counts from now.
    startedAtMs: clock.nowMs(),
    oomSeen: false,
  };
}

async function adoptRunning(ctx: Context, starter: Starter, entry: Entry, task: Task): Promise<void> {
  const run = await runOf(ctx, entry, task);
  const { container } = entry;
  const status = task.status === "paused" ? "Paused" : "Running";
  const { state } = container;
  // Noted as stopped by hand and running all the same: that stop was cut off before it was done, so it holds nothing down.
  if (state.status !== status || state.pid !== task.pid || container.manuallyStopped) {
    const attached = ctx.parts.network.attached(entry.id);
    const wasActive = isActive(state.status);
    const running = wasActive
      ? { ...state, pid: task.pid }
      : toRunning(state, task.pid, ctx.parts.clock.stamp());
    ctx.roster.fact(entry, {
      container: {
        ...container,
        ...(attached === undefined ? {} : { networkSettings: attached.settings }),
        manuallyStopped: false,
        startedSuccessfullyBefore: true,
        state: { ...running, status },
      },
      ...(wasActive ? {} : { action: "running" as const }),
    });
  }
  starter.follow(entry, run);
}

/** It ended while nobody watched: the rest of its output is read, then it is cleared away like any other. */
async function takeEnded(ctx: Context, entry: Entry, task: Task): Promise<EndFacts> {
  const run = await runOf(ctx, entry, task);
  const end = task.exit === undefined ? await run.watch.ended : { kind: "exit" as const, exit: task.exit };
  const facts = { ...factsOf(ctx, entry.id, run, end), runMs: 0 };
  ctx.roster.foretell(entry, endedContainer(entry, facts));
  await clearEnded(ctx, entry, run);
  noteEnd(ctx, entry, facts);
  return facts;
}

function noteLost(ctx: Context, entry: Entry): void {
  const stamp = ctx.parts.clock.stamp();
  noteEnd(ctx, entry, { exitCode: LOST_EXIT_CODE, error: lostError(entry.id), stamp, oomKilled: false });
}

function noteEnd(ctx: Context, entry: Entry, facts: Omit<EndFacts, "runMs">): void {
  const container = endedContainer(entry, facts);
  ctx.roster.fact(entry, { container, action: container.manuallyStopped ? "stopped" : "exited" });
}

/** When it is noted as stopped by hand a stop was under way, which is finished by this. */
function endedContainer({ container }: Entry, facts: Omit<EndFacts, "runMs">): Container {
  const end = container.manuallyStopped ? toStopped : toExited;
  return withoutNetwork({ ...container, state: end(container.state, facts) });
}
