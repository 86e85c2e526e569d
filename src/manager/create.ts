/**
 * Makes a container from a wish: defaults, rules, image, snapshot, then the state. Everything made before the state is saved
 * carries the container's id, so what a killed daemon leaves has no owner and is swept at the next start (sweep.ts).
 */

import { LapTimes } from "../base/lap-times.ts";
import { hasCode, SupercargoError } from "../errors/error.ts";
import type { LocalImage } from "../images/images.ts";
import type { Container, DesiredContainer } from "../model/container.ts";
import { type ContainerWish, withDefaults } from "../model/defaults.ts";
import { creating, toCreated } from "../model/state.ts";
import { firstFault } from "../model/validate.ts";
import type { Context } from "./context.ts";
import { type Entry, snapshotKey } from "./entry.ts";
import { networkFolder } from "./folders.ts";
import { askImage } from "./image-needs.ts";
import type { ManagerParts } from "./parts.ts";
import { rememberImage } from "./stored-image.ts";
import { clearSnapshots } from "./task-clearing.ts";

/** A wish with its defaults, checked. SC_CONTAINER_INVALID with the peer's text. */
export function checkedWish(wish: ContainerWish, newId: () => string): DesiredContainer {
  if (wish.image === undefined || wish.image.name === "") {
    // Before the defaults: the peer crashes here (spec/grpc-api.md §8).
    throw new SupercargoError("SC_CONTAINER_INVALID", "the containers image configuration is invalid", {
      hint: "image.name must be the full reference of an image, host[:port]/path:tag",
    });
  }
  const desired = withDefaults(wish, newId);
  const fault = firstFault(desired);
  if (fault === undefined) return desired;
  throw new SupercargoError("SC_CONTAINER_INVALID", fault.message, {
    hint: fault.expected === "" ? "" : `${fault.path} must be: ${fault.expected}`,
    fields: { container: desired.name, key: fault.path },
  });
}

/** An id for a wish that has none. */
export function newId(parts: Pick<ManagerParts, "newId">): string {
  return parts.newId === undefined ? crypto.randomUUID() : parts.newId();
}

export function idInUse(id: string): SupercargoError {
  return new SupercargoError("SC_CONTAINER_EXISTS", `container with id = ${id} already exists`, {
    fields: { container: id },
  });
}

/** A container as it is when it has been made and was never started. */
export function freshContainer(ctx: Context, desired: DesiredContainer): Container {
  const folder = networkFolder(ctx, desired.id);
  return {
    ...desired,
    resolvConfPath: `${folder}/resolv.conf`,
    hostsPath: `${folder}/hosts`,
    hostnamePath: `${folder}/hostname`,
    state: toCreated(creating()),
    created: ctx.parts.clock.stamp(),
    manuallyStopped: false,
    restartCount: 0,
    startedSuccessfullyBefore: false,
  };
}

/** Sources whose containers have one name each; single requests may use a name twice, as the peer's clients do (DESIGN §5). */
const DEPLOYERS: ReadonlySet<string> = new Set(["folder", "init-dir", "desired-state"]);

export interface NameLocks {
  /** Runs `job` while no other deployer works on a container of this name. */
  withName<T>(name: string, signal: AbortSignal, job: () => Promise<T>): Promise<T>;
}

/**
 * As `requestCreate`. A deployer that names no id and comes second, because another one was faster since it looked, is
 * refused: SC_CONTAINER_EXISTS. With an id it may be replacing the other one by a second container (deploy/replace.ts).
 */
export async function requestNamed(
  ctx: Context,
  names: NameLocks,
  wish: ContainerWish,
  origin: string,
  signal: AbortSignal,
): Promise<Container> {
  const { id = "", name = "" } = wish;
  const make = () => requestCreate(ctx, wish, origin, signal);
  if (name === "" || !DEPLOYERS.has(origin)) return await make();
  return await names.withName(name, signal, async () => {
    const other = ctx.roster.containers().find((container) => container.name === name);
    if (id !== "" || other === undefined) return await make();
    throw new SupercargoError("SC_CONTAINER_EXISTS", `container with name = ${name} already exists`, {
      fields: { container: other.id },
    });
  });
}

/** A request for a container, in its turn. An id that is taken comes before every other fault (spec/grpc-api.md §7). */
async function requestCreate(
  ctx: Context,
  wish: ContainerWish,
  origin: string,
  signal: AbortSignal,
): Promise<Container> {
  if (wish.id !== undefined && (ctx.roster.get(wish.id) !== undefined || ctx.reserved.has(wish.id)))
    throw idInUse(wish.id);
  const desired = checkedWish(wish, () => newId(ctx.parts));
  const entry = await ctx.work.request(desired.id, signal, () =>
    createContainer(ctx, desired, origin, signal),
  );
  return entry.container;
}

/** Inside a job of the id. The signal is the caller's: who gives up before the end gets nothing, and nothing is left. */
export async function createContainer(
  ctx: Context,
  desired: DesiredContainer,
  origin: string,
  signal: AbortSignal,
): Promise<Entry> {
  const { roster, reserved } = ctx;
  const { id } = desired;
  if (roster.get(id) !== undefined || reserved.has(id)) throw idInUse(id);
  reserved.add(id);
  try {
    return await ctx.asked.during([desired], () => make(ctx, desired, origin, signal));
  } finally {
    reserved.delete(id);
  }
}

const IMAGE_TRIES = 3;

async function make(
  ctx: Context,
  desired: DesiredContainer,
  origin: string,
  signal: AbortSignal,
): Promise<Entry> {
  const laps = new LapTimes(ctx.parts.clock);
  const image = await imageWithSnapshot(ctx, desired, signal, laps);
  try {
    signal.throwIfAborted();
    const additions = rememberImage({ origin, values: {} }, image);
    const entry = ctx.roster.add(freshContainer(ctx, desired), additions);
    laps.done("save");
    ctx.parts.log.debug("container created", { container: entry.id, ...laps.fields });
    return entry;
  } catch (thrown) {
    await clearSnapshots(ctx, desired.id, []);
    removeHalfSaved(ctx, desired.id);
    throw thrown;
  }
}

/** The image with a new snapshot on it. Its layers can go before the snapshot lies on them, when the tag moves at that moment. */
async function imageWithSnapshot(
  ctx: Context,
  desired: DesiredContainer,
  signal: AbortSignal,
  laps: LapTimes,
): Promise<LocalImage> {
  for (let attempt = 1; ; attempt++) {
    const image = await askImage(ctx, desired, signal);
    laps.done("image");
    try {
      await prepareFresh(ctx, desired.id, image);
      laps.done("snapshot");
      return image;
    } catch (thrown) {
      if (attempt >= IMAGE_TRIES || !hasCode(thrown, "SC_ENGINE_NOT_FOUND")) throw thrown;
      const fields = { container: desired.id, image: image.name, digest: image.digest };
      ctx.parts.log.debug("the image has moved, it is asked for once more", fields);
    }
  }
}

/** A new writable snapshot on the image, never one that something before us left under this id. */
export async function prepareFresh(ctx: Context, id: string, image: LocalImage): Promise<void> {
  const { engine } = ctx.parts;
  await ctx.leftovers.settle(id);
  const key = snapshotKey(id);
  if (await engine.hasSnapshot(key, ctx.lifetime)) await engine.removeSnapshot(key, ctx.lifetime);
  try {
    await engine.prepareSnapshot(key, image.chainId, ctx.lifetime);
  } catch (thrown) {
    // The answer can be lost although it was made.
    await clearSnapshots(ctx, id, []);
    throw thrown;
  }
}

function removeHalfSaved(ctx: Context, id: string): void {
  try {
    ctx.parts.store.remove(id);
  } catch (thrown) {
    // The disk that refused the save can refuse this too; a folder without a state is taken away by the next load.
    ctx.parts.log.debug("folder of a container that was not made stays", {
      container: id,
      reason: String(thrown),
    });
  }
}
