/**
 * Everything about a successor that can be done and checked while the old one goes on undisturbed: rules, image, ports, space,
 * snapshot, spec (DESIGN §2). Nothing lasting but the image is left when it fails, and nothing that List or the twin show.
 */

import { SupercargoError, toError } from "../errors/error.ts";
import type { LocalImage } from "../images/images.ts";
import type { Container } from "../model/container.ts";
import type { ContainerWish } from "../model/defaults.ts";
import type { ReplaceOptions } from "../model/replace.ts";
import type { Context } from "./context.ts";
import { checkedWish, freshContainer, newId, prepareFresh } from "./create.ts";
import { checkSpace } from "./disk-check.ts";
import { haltOptions } from "./ending.ts";
import { type Entry, snapshotKey } from "./entry.ts";
import { networkFolder } from "./folders.ts";
import { askImage } from "./image-needs.ts";
import { NOTE_VERSION, type ReplaceNote } from "./replace-note.ts";
import { rememberImage } from "./stored-image.ts";
import { clearSnapshots, savedNumber } from "./task-clearing.ts";
import { networkRequest } from "./task-launch.ts";

/** Failed replacements stack snapshots; overlayfs ends at 500 of them, image layers included. */
const MAX_SAVED = 100;

/** What stopped a replacement before anything of the old one was touched. */
export class PrepareFailure {
  constructor(readonly error: Error) {}
}

/** The note of a replacement that can begin; nothing of it is written yet. Throws a PrepareFailure. */
export async function prepareReplacement(
  ctx: Context,
  entry: Entry,
  wish: ContainerWish,
  origin: string,
  options: ReplaceOptions,
  signal: AbortSignal,
): Promise<ReplaceNote> {
  try {
    return await prepare(ctx, entry, wish, origin, options, signal);
  } catch (thrown) {
    throw new PrepareFailure(toError(thrown));
  }
}

/** Takes back what was prepared; nothing of the old one was touched. A successor with an id of its own has a file system already. */
export async function dropPrepared(ctx: Context, { id, nextId }: ReplaceNote): Promise<void> {
  if (id === nextId) return;
  await ctx.work.follow(nextId, async () => {
    if (ctx.roster.get(nextId) === undefined) await clearSnapshots(ctx, nextId, []);
  });
}

async function prepare(
  ctx: Context,
  entry: Entry,
  wish: ContainerWish,
  origin: string,
  options: ReplaceOptions,
  signal: AbortSignal,
): Promise<ReplaceNote> {
  haltOptions(ctx, options.stop);
  const desired = checkedWish(wish, () => newId(ctx.parts));
  const { id } = entry;
  const isSameId = desired.id === id;
  const next = freshContainer(ctx, desired);
  const image = await askImage(ctx, desired, signal);
  await ctx.parts.network.check(networkRequest(next, networkFolder(ctx, desired.id)), id, signal);
  await checkSpace(ctx, id);
  if (isSameId) await proveApart(ctx, next, image, signal);
  else await proveInPlace(ctx, next, image, signal);
  return {
    version: NOTE_VERSION,
    step: "swap",
    id,
    nextId: desired.id,
    old: entry.container,
    oldAdditions: entry.additions,
    oldRan: false,
    next,
    nextAdditions: rememberImage({ origin, values: keptValues(entry) }, image),
    chainId: image.chainId,
    savedSnapshot: isSameId ? nextSavedName(entry) : "",
    stop: options.stop,
    probationMs: options.probationMs,
    probationEndsAtMs: 0,
    reason: "",
    phase: "start",
    isTransient: false,
  };
}

/** Values that belong to the task or image of before are left out; the others (labels, fingerprints) are the next deployer's to change. */
function keptValues(entry: Entry): Readonly<Record<string, unknown>> {
  const { image: _, published: __, restart: ___, ...kept } = entry.additions.values;
  return kept;
}

/** Same id: a snapshot under another key shows that image and configuration go together, then it goes. */
async function proveApart(
  ctx: Context,
  next: Container,
  image: LocalImage,
  signal: AbortSignal,
): Promise<void> {
  const { engine } = ctx.parts;
  // No container's own key can be this one: those end in `-snapshot`.
  const key = `${next.id}.next`;
  try {
    await engine.prepareSnapshot(key, image.chainId, signal);
    await proveSpec(ctx, next, image, key, signal);
  } finally {
    await ctx.leftovers.clear(next.id, "proof", () => engine.removeSnapshot(key, ctx.lifetime));
  }
}

/** New id: the snapshot is the successor's own. */
async function proveInPlace(
  ctx: Context,
  next: Container,
  image: LocalImage,
  signal: AbortSignal,
): Promise<void> {
  await prepareFresh(ctx, next.id, image);
  try {
    await proveSpec(ctx, next, image, snapshotKey(next.id), signal);
  } catch (thrown) {
    await clearSnapshots(ctx, next.id, []);
    throw thrown;
  }
}

/** Builds the spec as the start will: command, user, devices, sizes. */
async function proveSpec(ctx: Context, next: Container, image: LocalImage, key: string, signal: AbortSignal) {
  const files = { hostname: next.hostnamePath, hosts: next.hostsPath, resolvConf: next.resolvConfPath };
  await ctx.parts.specs.build(
    {
      container: next,
      engineId: next.id,
      snapshotKey: key,
      image: image.config,
      network: { namespacePath: undefined, hostName: next.hostName, files },
    },
    signal,
  );
}

/** The next free name for what is set aside. */
function nextSavedName(entry: Entry): string {
  const saved = [...entry.savedSnapshots];
  if (saved.length >= MAX_SAVED) {
    throw new SupercargoError(
      "SC_REPLACE_FAILED",
      `container ${entry.id} has come back from ${saved.length} failed replacements and cannot be set aside once more`,
      { hint: "remove the container, then create it anew", fields: { container: entry.id } },
    );
  }
  return `${entry.id}.old.${Math.max(0, ...saved.map(savedNumber)) + 1}`;
}
