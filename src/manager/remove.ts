/**
 * Removes a container: task first, then its state, then what the engine and the network hold for it. Once the state is gone
 * the rest has no owner any more: what cannot be cleared at once is tried again, and swept at the next start.
 */

import { SupercargoError } from "../errors/error.ts";
import type { StopOptions } from "../model/container.ts";
import { isActive } from "../model/state.ts";
import type { Context } from "./context.ts";
import type { Endings } from "./ending.ts";
import { haltOptions, withoutRestart } from "./ending.ts";
import type { Entry } from "./entry.ts";
import { clearFolders } from "./folders.ts";
import type { Restarter } from "./restarter.ts";
import { clearNetwork, clearSnapshots, clearTask } from "./task-clearing.ts";

/**
 * Inside a job of the id.
 * @param stop undefined: the daemon's timeout, SIGTERM, and force as the request says (spec/engine.md §14).
 */
export async function removeContainer(
  ctx: Context,
  endings: Endings,
  restarter: Restarter,
  entry: Entry,
  force: boolean,
  stop: StopOptions | undefined,
): Promise<void> {
  const how = haltOptions(ctx, stop ?? { timeoutSeconds: 0, signal: "", force });
  if (isActive(entry.container.state.status) && !force) {
    throw new SupercargoError(
      "SC_CONTAINER_STATE",
      `container with id = ${entry.id} is not stopped - must set the force flag to true to remove it`,
      { fields: { container: entry.id, status: entry.container.state.status } },
    );
  }
  restarter.cancel(entry);
  const { run } = entry;
  // Its end is part of the removal: no news of its own (spec/digital-twin.md §6), unless the container has to stay.
  if (run !== undefined) await endings.halt(entry, run, how, withoutRestart(entry.additions), false);
  const isTaskGone = run !== undefined && !ctx.leftovers.has(entry.id, "task");
  try {
    await forgetContainer(ctx, entry, isTaskGone);
  } catch (thrown) {
    if (run !== undefined && ctx.roster.get(entry.id) === entry)
      ctx.roster.fact(entry, { action: "stopped" });
    throw thrown;
  }
}

/**
 * Takes away everything of a container that has no run any more. Throws only when its folder cannot be removed.
 * @param isTaskGone its task has just been taken away, so that the engine need not be asked
 */
export async function forgetContainer(ctx: Context, entry: Entry, isTaskGone = false): Promise<void> {
  const { id } = entry;
  await clearFolders(ctx, id);
  ctx.roster.remove(entry);
  if (!isTaskGone) await clearTask(ctx, id);
  await Promise.all([clearSnapshots(ctx, id, entry.savedSnapshots), clearNetwork(ctx, id)]);
  entry.savedSnapshots.clear();
}
