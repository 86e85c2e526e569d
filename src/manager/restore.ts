/**
 * The daemon's start: what is stored, what the engine really has, what a replacement left unfinished, and what follows from
 * it. Start-up is recovery; there is no other path for it (spec/engine.md §16, DESIGN §1.2).
 */

import type { EngineConnection, EngineInventory, Task } from "../engine/engine.ts";
import { SupercargoError } from "../errors/error.ts";
import { isActive } from "../model/state.ts";
import type { RunningContainer } from "../network/network.ts";
import type { LoadedState, StoredContainer } from "../store/store.ts";
import { type Adopted, adopt } from "./adopt.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./entry.ts";
import { clearFolders, networkFolder } from "./folders.ts";
import { persist } from "./persist.ts";
import type { UnreadableStates } from "./problems.ts";
import type { Recovery } from "./recovery.ts";
import { type ReplaceNote, readNotes } from "./replace-note.ts";
import { compareStamps } from "./stamps.ts";
import type { StartPolicy } from "./start-policy.ts";
import type { Starter } from "./starter.ts";
import { isRecord } from "./stored-image.ts";
import { assignSaved, idsOf, sweep } from "./sweep.ts";
import { networkRequest } from "./task-launch.ts";

/** Ids whose state could not be read, or is not there: the engine's part of them is kept until somebody says what becomes of it. */
const UNREADABLE = "unreadable.";

/** From the moment at which the engine answers. */
const RESTORE_LIMIT_MS = 240_000;

export interface RestoreCrew {
  readonly starter: Starter;
  readonly startPolicy: StartPolicy;
  readonly recovery: Recovery;
  readonly unreadable: UnreadableStates;
  /** Called when nothing that is still to be done can change what is listed. */
  readonly onKnown: () => void;
}

/** What a request is told that came too early. */
export function stillStarting(engine: EngineConnection): SupercargoError {
  const isAway = engine === "away";
  return new SupercargoError(
    "SC_DAEMON_UNAVAILABLE",
    `the daemon is starting: ${isAway ? "containerd does not answer" : "containers are being restored"}`,
    {
      hint: isAway
        ? "is containerd running? it is tried until it answers, and the log says why it does not"
        : "try again in a moment; the log says what it waits for",
    },
  );
}

/** Fills the roster from the store; nothing of the engine is known yet. */
export function loadRoster(ctx: Context, unreadable: UnreadableStates): Pick<LoadedState, "isNew"> {
  const { containers, problems, isNew } = ctx.parts.store.load();
  // Lists are in the order in which containers were made, before a restart and after it.
  const inOrder = [...containers].sort((a, b) => compareStamps(a.container.created, b.container.created));
  for (const stored of inOrder) takeOver(ctx, stored);
  for (const problem of problems) {
    unreadable.found(problem);
    if (problem.id !== "") ctx.parts.journal.write(`${UNREADABLE}${problem.id}`, { path: problem.path });
  }
  return { isNew };
}

function takeOver(ctx: Context, stored: StoredContainer): void {
  if (stored.editedElsewhere) {
    ctx.parts.log.info("state of a container was changed by another program, it is taken over", {
      container: stored.container.id,
    });
  }
  ctx.roster.adopt(stored.container, stored.additions);
}

/** Waits for the engine, then does everything up to the moment from which requests can be answered; restarts and unfinished replacements go on beside them. */
export async function restore(
  ctx: Context,
  crew: RestoreCrew,
  { isNew }: Pick<LoadedState, "isNew">,
  until: AbortSignal,
): Promise<void> {
  const { parts } = ctx;
  const { entries, problems } = parts.journal.entries();
  for (const problem of problems) crew.unreadable.foundNote(problem);
  const { notes, unknown } = readNotes(entries);
  for (const key of unknown) parts.log.error("a note is not understood and left as it is", { key });
  // However long it takes: a device on which containerd comes late must not lose its daemon over it.
  await persist(ctx, () => parts.engine.open(until), until);
  const signal = AbortSignal.any([until, AbortSignal.timeout(RESTORE_LIMIT_MS)]);
  const inventory = await persist(ctx, () => parts.engine.inventory(signal), signal);
  const unreadable = [...idsKept(ctx, crew.unreadable, entries), ...(isNew ? claimHome(ctx, inventory) : [])];
  const live = inventory.tasks.filter((task) => task.status === "running" || task.status === "paused");
  const isKept = (id: string) => ctx.roster.get(id) !== undefined || unreadable.includes(id);
  if (notes.length === 0 && ctx.roster.entries().every((entry) => isTrue(entry, inventory))) crew.onKnown();
  const liveIds = new Set(live.map((task) => task.id).filter(isKept));
  await parts.network.open(liveIds, signal, runningContainers(ctx, live));
  await parts.logs.open(signal);
  assignSaved(ctx, inventory);
  await removeDead(ctx);
  const adopted = await adoptAll(ctx, crew, inventory);
  const keep = new Set([...unreadable, ...notes.flatMap((note) => [note.id, note.nextId])]);
  await sweep(ctx, inventory, keep);
  await parts.logs.sweep(liveIds);
  for (const note of notes) crew.recovery.resume(note, adopted);
  followPolicies(ctx, crew, adopted, notes);
}

/** What the network has to know of them when somebody else has connected them. */
function runningContainers(ctx: Context, live: readonly Task[]): readonly RunningContainer[] {
  return live.flatMap(({ id, pid }) => {
    const container = ctx.roster.get(id)?.container;
    if (container === undefined) return [];
    const request = networkRequest(container, networkFolder(ctx, id));
    return { request, pid, settings: container.networkSettings };
  });
}

/** Whether what is stored of a container is what the engine says, so that taking it over changes nothing that is told. */
function isTrue({ id, container }: Entry, { tasks }: EngineInventory): boolean {
  const { state, manuallyStopped } = container;
  const task = tasks.find((one) => one.id === id);
  if (task === undefined) return !isActive(state.status) && state.status !== "Dead";
  const status = task.status === "running" ? "Running" : "Paused";
  const isLive = task.status === "running" || task.status === "paused";
  return isLive && state.status === status && state.pid === task.pid && !manuallyStopped;
}

/** Ids of unreadable states; a note of one that has a container again is dropped. */
function idsKept(
  ctx: Context,
  unreadable: UnreadableStates,
  entries: ReadonlyMap<string, unknown>,
): readonly string[] {
  const ids: string[] = [];
  for (const [key, note] of entries) {
    if (!key.startsWith(UNREADABLE)) continue;
    const id = key.slice(UNREADABLE.length);
    if (ctx.roster.get(id) === undefined) {
      ids.push(id);
      const path = isRecord(note) ? note["path"] : undefined;
      if (typeof path === "string") unreadable.stillMissing(id, path);
    } else ctx.parts.journal.remove(key);
  }
  return ids;
}

/**
 * An empty home beside an engine that holds containers: most likely the partition of the home is not mounted. Nothing of them
 * is taken away, now or later. Answers their ids.
 */
function claimHome(ctx: Context, inventory: EngineInventory): readonly string[] {
  const ids = idsOf(inventory);
  for (const id of ids) ctx.parts.journal.write(`${UNREADABLE}${id}`, { reason: "the home was empty" });
  ctx.parts.store.claim();
  if (ids.length > 0) {
    ctx.parts.log.error("the home is empty but the engine holds containers, which are left alone", {
      containers: ids.join(", "),
      hint: "is the partition of the home mounted, and home_dir the right one?",
    });
  }
  return ids;
}

/** A removal of the peer that was cut off. */
async function removeDead(ctx: Context): Promise<void> {
  for (const entry of ctx.roster.entries()) {
    if (entry.container.state.status !== "Dead") continue;
    await clearFolders(ctx, entry.id);
    ctx.roster.remove(entry);
  }
}

async function adoptAll(
  ctx: Context,
  crew: RestoreCrew,
  inventory: EngineInventory,
): Promise<ReadonlyMap<string, Adopted>> {
  const tasks = new Map<string, Task>(inventory.tasks.map((task) => [task.id, task]));
  const records = new Set(inventory.records);
  const adopted = new Map<string, Adopted>();
  await Promise.all(
    ctx.roster.entries().map((entry) =>
      ctx.work.follow(entry.id, async () => {
        const { id } = entry;
        adopted.set(id, await adopt(ctx, crew.starter, entry, tasks.get(id), records.has(id)));
      }),
    ),
  );
  return adopted;
}

/** Those that are meant to run start again, in the order in which they were started before. */
function followPolicies(
  ctx: Context,
  crew: RestoreCrew,
  adopted: ReadonlyMap<string, Adopted>,
  notes: readonly ReplaceNote[],
): void {
  const replaced = new Set(notes.flatMap((note) => [note.id, note.nextId]));
  const others = ctx.roster.entries().filter((entry) => !replaced.has(entry.id));
  others.sort((a, b) => compareStamps(a.container.state.startedAt, b.container.state.startedAt));
  for (const entry of others) crew.startPolicy.apply(entry, adopted.get(entry.id) ?? { kind: "idle" });
}
