/**
 * A container that shall run and whose file system is gone gets it anew: from what a replacement had set aside, else from its
 * image. It happens when somebody takes the snapshot away, and when containerd is killed while it commits one (its two
 * databases then disagree). A request to start says so instead (spec/grpc-api.md §8); what runs by itself must come back.
 */

import type { Context } from "./context.ts";
import { type Entry, snapshotKey } from "./entry.ts";
import { storedImage } from "./stored-image.ts";
import { savedNumber } from "./task-clearing.ts";

export async function repairFileSystem(ctx: Context, entry: Entry): Promise<void> {
  const { engine, log } = ctx.parts;
  const key = snapshotKey(entry.id);
  if (entry.run !== undefined || (await engine.hasSnapshot(key, ctx.lifetime))) return;
  const saved = await newestSaved(ctx, entry);
  const base = saved ?? (await imageChain(ctx, entry));
  await engine.removeSnapshot(key, ctx.lifetime);
  await engine.prepareSnapshot(key, base, ctx.lifetime);
  const what =
    saved === undefined
      ? "made anew from its image; what it had written is lost"
      : "taken from what a replacement set aside";
  log.error(`the file system of the container was gone: ${what}`, {
    container: entry.id,
    image: entry.container.image.name,
  });
}

async function newestSaved(ctx: Context, entry: Entry): Promise<string | undefined> {
  const names = [...entry.savedSnapshots].sort((a, b) => savedNumber(b) - savedNumber(a));
  for (const name of names) if (await ctx.parts.engine.hasSnapshot(name, ctx.lifetime)) return name;
  return undefined;
}

/** The layers that the container was made from; those that its image's name means today when they are gone. */
async function imageChain(ctx: Context, entry: Entry): Promise<string> {
  const { engine, images } = ctx.parts;
  const chainId = storedImage(entry.additions)?.chainId;
  if (chainId !== undefined && (await engine.hasSnapshot(chainId, ctx.lifetime))) return chainId;
  const { name, decryptConfig: keys } = entry.container.image;
  const image =
    (await images.find(name, ctx.lifetime)) ?? (await images.ensure(name, ctx.lifetime, { keys }));
  return image.chainId;
}
