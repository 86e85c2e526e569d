/**
 * Takes away what nobody owns: tasks, records and snapshots that a killed daemon left. Runs once, at the start, before any
 * request: nothing is under way then, so what has no owner has none for good. What is not ours is left alone.
 */

import type { EngineInventory } from "../engine/engine.ts";
import type { Context } from "./context.ts";
import { snapshotKey } from "./entry.ts";
import { persist } from "./persist.ts";
import { destroyTask, inRemovalOrder } from "./task-clearing.ts";

const LIVE = /^(.+?)-snapshot$/;
const PROOF = /^(.+)\.next$/;
const SAVED = /^(.+)\.old\.\d+$/;

/** The id that a snapshot key of ours belongs to, or undefined for layers and what others made. */
export function ownerOf(
  key: string,
): { readonly id: string; readonly kind: "live" | "proof" | "saved" } | undefined {
  const proof = PROOF.exec(key)?.[1];
  if (proof !== undefined) return { id: proof, kind: "proof" };
  const saved = SAVED.exec(key)?.[1];
  if (saved !== undefined) return { id: saved, kind: "saved" };
  const live = LIVE.exec(key)?.[1];
  return live === undefined ? undefined : { id: live, kind: "live" };
}

/** Ids of all that has one of our snapshots, except mere proofs of room. */
export function idsOf(inventory: EngineInventory): readonly string[] {
  const owners = inventory.snapshotKeys.map(ownerOf).filter((owner) => owner?.kind !== "proof");
  return [...new Set(owners.flatMap((owner) => (owner === undefined ? [] : [owner.id])))];
}

/** What the engine has set aside for an id, also when no container has it any more. */
export async function savedOf(ctx: Context, id: string): Promise<readonly string[]> {
  const { snapshotKeys } = await ctx.parts.engine.inventory(ctx.lifetime);
  return snapshotKeys.filter((key) => {
    const owner = ownerOf(key);
    return owner?.kind === "saved" && owner.id === id;
  });
}

/** Hands every `<id>.old.<n>` to its container. */
export function assignSaved(ctx: Context, inventory: EngineInventory): void {
  for (const key of inventory.snapshotKeys) {
    const owner = ownerOf(key);
    if (owner?.kind === "saved") ctx.roster.get(owner.id)?.savedSnapshots.add(key);
  }
}

/**
 * @param keep ids whose things stay although the roster does not know them (state could not be read, replacement under way).
 */
export async function sweep(
  ctx: Context,
  inventory: EngineInventory,
  keep: ReadonlySet<string>,
): Promise<void> {
  const isOwned = (id: string) => ctx.roster.get(id) !== undefined || keep.has(id);
  const keys = new Set(inventory.snapshotKeys);
  const ids = new Set([...inventory.tasks.map((task) => task.id), ...inventory.records]);
  for (const id of ids) {
    if (isOwned(id)) continue;
    if (keys.has(snapshotKey(id))) {
      ctx.parts.log.info("a task without a container is taken away", { container: id });
      await ctx.leftovers.clear(id, "task", () => destroyTask(ctx, id));
    } else {
      ctx.parts.log.warn("a task that is not ours runs beside our containers and is left alone", {
        container: id,
      });
    }
  }
  const orphans = inventory.snapshotKeys.filter((key) => {
    const owner = ownerOf(key);
    return owner !== undefined && (owner.kind === "proof" || !isOwned(owner.id));
  });
  await removeOrphans(ctx, orphans);
  await removeUnused(ctx, keep);
}

/** Writable ones first, then what they lie on. */
async function removeOrphans(ctx: Context, orphans: readonly string[]): Promise<void> {
  const saved = orphans.filter((key) => ownerOf(key)?.kind === "saved");
  const others = orphans.filter((key) => ownerOf(key)?.kind !== "saved");
  for (const key of [...others, ...inRemovalOrder(saved)]) {
    const id = ownerOf(key)?.id ?? key;
    ctx.parts.log.info("a file system without a container is taken away", { container: id, snapshot: key });
    await ctx.leftovers.clear(id, `snapshot ${key}`, () =>
      ctx.parts.engine.removeSnapshot(key, ctx.lifetime),
    );
  }
}

/** Set-aside snapshots that their container no longer lies on: a replacement was settled, and the daemon killed before it cleared up. */
async function removeUnused(ctx: Context, keep: ReadonlySet<string>): Promise<void> {
  for (const entry of ctx.roster.entries()) {
    if (entry.savedSnapshots.size === 0 || keep.has(entry.id)) continue;
    const used = new Set<string>();
    const parentOf = (key: string) =>
      persist(ctx, () => ctx.parts.engine.snapshotParent(key, ctx.lifetime), ctx.lifetime);
    let parent = await parentOf(snapshotKey(entry.id));
    while (parent !== undefined && entry.savedSnapshots.has(parent)) {
      used.add(parent);
      parent = await parentOf(parent);
    }
    for (const name of inRemovalOrder(entry.savedSnapshots)) {
      if (used.has(name)) continue;
      await ctx.leftovers.clear(entry.id, `snapshot ${name}`, async () => {
        await ctx.parts.engine.removeSnapshot(name, ctx.lifetime);
        entry.savedSnapshots.delete(name);
      });
    }
  }
}
