/**
 * Where a container's files lie that are no state: its log below containers.home_dir, hosts, hostname and resolv.conf below
 * network.home_dir (spec/engine.md §3). All three homes are one unless the configuration parts them.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "./context.ts";

export function logFolder(ctx: Context, id: string): string {
  return inHome(ctx, ctx.parts.options.logHome, id);
}

export function networkFolder(ctx: Context, id: string): string {
  return inHome(ctx, ctx.parts.options.networkHome, id);
}

/**
 * Takes away the folders outside the home of the states; those in it go with the state. Before the state, so that nothing is
 * left without an owner when the daemon is killed in between. What cannot be taken away is tried again.
 */
export async function clearFolders(ctx: Context, id: string): Promise<void> {
  const own = ctx.parts.store.containerDir(id);
  const others = new Set([logFolder(ctx, id), networkFolder(ctx, id)].filter((folder) => folder !== own));
  for (const folder of others) {
    await ctx.leftovers.clear(id, `folder ${folder}`, async () =>
      rmSync(folder, { recursive: true, force: true }),
    );
  }
}

/** The store's own folder also checks the id. */
function inHome(ctx: Context, home: string | undefined, id: string): string {
  const own = ctx.parts.store.containerDir(id);
  return home === undefined ? own : join(home, "containers", id);
}
