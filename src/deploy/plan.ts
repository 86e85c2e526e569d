/**
 * The planner: wishes, the containers that are there and what is remembered become typed steps. Pure; it asks nobody and
 * changes nothing, so that the runner can look again and plan again whenever something went differently.
 */

import { compareAsPeer, compareWhole } from "../model/compare.ts";
import type { Container, DesiredContainer } from "../model/container.ts";
import { isActive } from "../model/state.ts";
import { differingKeys, isUpdatable, manifestKey } from "./fingerprint.ts";
import { fingerprintNow, hasImageOf, isSuccessor } from "./interrupted.ts";
import { comparableTo } from "./log-size.ts";
import { trialId } from "./trial.ts";
import { NOT_MADE_YET, type PendingReplacement, type Remembered, type Wish } from "./wish.ts";

/** One change to do, with the reasons for people: the keys that differ, or a sentence. */
export type Step =
  | { readonly kind: "create"; readonly wish: Wish; readonly reasons: readonly string[] }
  | {
      readonly kind: "recreate" | "update" | "check" | "nothing";
      readonly wish: Wish;
      readonly present: Container;
      readonly reasons: readonly string[];
    }
  /** The old one comes back, from its record or from what was saved: its successor failed, and then the way back too. */
  | {
      readonly kind: "restore";
      readonly wish: Wish;
      readonly old: Container | DesiredContainer;
      readonly wasRunning: boolean;
      readonly reasons: readonly string[];
    }
  /** Cannot be done; tried again when the file changes. */
  | { readonly kind: "refuse"; readonly wish: Wish; readonly reasons: readonly string[] };

export interface Destruction {
  readonly kind: "destroy";
  readonly present: Container;
  readonly reasons: readonly string[];
}

export interface NamePlan {
  /** Leftovers of our own that go first. */
  readonly before: readonly Destruction[];
  readonly step: Step;
  /** The daemon may still be replacing the container, or taking its successor back: to be looked at again. */
  readonly isProvisional: boolean;
}

/** Plans one wish. `remembered` holds all entries of the memory, for wishes whose container had another name before. */
export function planWish(
  wish: Wish,
  containers: readonly Container[],
  remembered: ReadonlyMap<string, Remembered>,
): NamePlan {
  const memory = remembered.get(wish.name);
  const before = leftovers(wish, containers, memory);
  const gone = new Set(before.map((destruction) => destruction.present.id));
  const there = containers.filter((container) => !gone.has(container.id));
  const present = presentOf(wish, there, memory);
  const plan: MakePlan = (step, isProvisional = false) => ({ before, step, isProvisional });

  const holder = there.find((container) => wish.desired.id !== "" && container.id === wish.desired.id);
  if (holder !== undefined && holder.name !== wish.name) {
    if (present === undefined && isRenamed(wish, holder, remembered)) {
      return plan({ kind: "recreate", wish, present: holder, reasons: ["container_name"] });
    }
    return plan({ kind: "refuse", wish, reasons: [idTaken(wish, holder.name)] });
  }
  if (present === undefined) return plan(planAbsent(wish, memory));
  if (memory === undefined) return planStranger(wish, present, plan);
  const pending = memory.pending;
  if (pending === undefined) return planKnown(wish, present, memory, plan);
  if (!isSuccessor(present, pending)) return planInterrupted(wish, present, memory, pending, plan);
  // A replacement that came to its end without us: what runs is the version that was on its way, or one of several.
  const isSure = pending.earlierImages === undefined;
  const fingerprint = isSure ? pending.fingerprint : fingerprintNow(wish, present);
  const reached = { ...memory, fingerprint };
  if (differingKeys(pending.fingerprint, wish.fingerprint).length > 0) {
    return planKnown(wish, present, reached, plan);
  }
  const { verdict, differences } = compareAsPeer(comparableTo(present, wish), present);
  return verdict === "same"
    ? plan(
        { kind: "check", wish, present, reasons: ["its replacement went on meanwhile"] },
        pending.by === "daemon",
      )
    : plan({ kind: "recreate", wish, present, reasons: differences.map(manifestKey) });
}

type MakePlan = (step: Step, isProvisional?: boolean) => NamePlan;

/** Which of several wishes for one name or id counts; the others are refused, and say which file has it already. */
export function settleRivals(
  wishes: readonly Wish[],
  remembered: ReadonlyMap<string, Remembered>,
): { readonly accepted: readonly Wish[]; readonly refused: readonly Step[] } {
  const owners = new Map<string, Wish>();
  const accepted = new Set<Wish>();
  const refused: Step[] = [];
  // Who had the name before keeps it; then the order given (by file name).
  const isOwner = (wish: Wish) => remembered.get(wish.name)?.source === wish.source;
  for (const wish of [...wishes.filter(isOwner), ...wishes.filter((other) => !isOwner(other))]) {
    const keys = [`name ${wish.name}`, ...(wish.desired.id === "" ? [] : [`id ${wish.desired.id}`])];
    const rivalKey = keys.find((key) => owners.has(key));
    const rival = rivalKey === undefined ? undefined : owners.get(rivalKey);
    if (rivalKey === undefined || rival === undefined) {
      for (const key of keys) owners.set(key, wish);
      accepted.add(wish);
      continue;
    }
    const [what, ...value] = rivalKey.split(" ");
    const reason = `container ${what} "${value.join(" ")}" is already given by ${rival.source}; ${wish.source} is not deployed`;
    refused.push({ kind: "refuse", wish, reasons: [reason] });
  }
  return { accepted: wishes.filter((wish) => accepted.has(wish)), refused };
}

/** Containers that were made for files, and that no wish names any more: what pruning takes away. */
export function planPrune(
  wishes: readonly Wish[],
  containers: readonly Container[],
  remembered: ReadonlyMap<string, Remembered>,
): readonly Destruction[] {
  const wanted = new Set(wishes.map((wish) => wish.name));
  return [...remembered]
    .filter(([name]) => !wanted.has(name))
    .flatMap(([name, memory]) =>
      containers
        .filter((container) => isMadeFor(memory, name, container))
        .map((present) => ({ kind: "destroy" as const, present, reasons: [`${memory.source} is gone`] })),
    );
}

/** Whether a container was made for a file, and was not there before it; also one whose making was cut off. */
function isMadeFor(memory: Remembered, name: string, container: Container): boolean {
  const { containerId, isAdopted, leftovers, pending } = memory;
  // The id is known from one of them: of a container that was just being made, what was to be replaced tells it.
  const trials = [containerId, pending?.oldId ?? NOT_MADE_YET]
    .filter((id) => id !== NOT_MADE_YET)
    .map(trialId);
  if (leftovers?.includes(container.id) === true || trials.includes(container.id)) return true;
  if (container.name !== name) return false;
  if (pending !== undefined && isSuccessor(container, pending) && hasImageOf(container, pending)) return true;
  if (pending?.madeOld !== undefined && container.id === pending.oldId) return true;
  return isAdopted !== true && (containerId === NOT_MADE_YET || container.id === containerId);
}

function planAbsent(wish: Wish, memory: Remembered | undefined): Step {
  const saved = memory?.pending?.saved;
  if (memory?.refused !== undefined && saved !== undefined && isRefused(wish, memory)) {
    const wasRunning = memory.pending?.wasRunning ?? true;
    return { kind: "restore", wish, old: saved, wasRunning, reasons: [memory.refused.reason] };
  }
  return { kind: "create", wish, reasons: ["no container of this name"] };
}

/** A container that was there before us keeps running as it is; a file that appears while we watch is a wish to have it so. */
function planStranger(wish: Wish, present: Container, plan: MakePlan): NamePlan {
  const { verdict, differences } = compareAsPeer(comparableTo(present, wish), present);
  if (wish.occasion === "start" || verdict === "same") {
    return plan({ kind: "check", wish, present, reasons: ["was there before"] });
  }
  return plan({ kind: verdict, wish, present, reasons: differences.map(manifestKey) });
}

function planKnown(wish: Wish, present: Container, memory: Remembered, plan: MakePlan): NamePlan {
  const keys = differingKeys(memory.fingerprint, wish.fingerprint);
  const isNewer = wish.modifiedNanos > memory.modifiedNanos;
  // After an absence content alone decides (DESIGN §5): only a file written while we watch is redeployed for its date.
  const isTouched = wish.occasion !== "start" && isNewer;
  if (keys.length > 0) {
    // Our own way of comparing can change from one version of us to the next: that alone recreates nothing.
    if (wish.occasion === "start" && compareWhole(comparableTo(present, wish), present).verdict === "same") {
      return plan({ kind: "check", wish, present, reasons: ["is as wished already"] });
    }
  }
  if (keys.length > 0 || isTouched) {
    if (isRefused(wish, memory) && memory.refused !== undefined) {
      const reason = `this version is not tried again until its file changes: ${memory.refused.reason}`;
      const { pending } = memory;
      if (pending?.wasRunning === true && pending.oldId === present.id && !isActive(present.state.status)) {
        return plan({ kind: "restore", wish, old: present, wasRunning: true, reasons: [reason] });
      }
      return plan({ kind: "refuse", wish, reasons: [reason] });
    }
    if (keys.length === 0) {
      return plan({ kind: "recreate", wish, present, reasons: ["the file was written anew"] });
    }
    return plan({ kind: isUpdatable(keys) ? "update" : "recreate", wish, present, reasons: keys });
  }
  const kind = wish.occasion === "modified" ? "nothing" : "check";
  return plan({ kind, wish, present, reasons: ["no difference"] });
}

/**
 * A replacement of this container was begun, and it is still in its place. The daemon may be at it all the same: a wish that
 * is fulfilled as things stand is looked at again before it counts as fulfilled.
 */
function planInterrupted(
  wish: Wish,
  present: Container,
  memory: Remembered,
  pending: PendingReplacement,
  plan: MakePlan,
): NamePlan {
  const planned = planKnown(
    wish,
    present,
    { ...memory, fingerprint: pending.madeOld ?? memory.fingerprint },
    plan,
  );
  const isFulfilled = planned.step.kind === "check" || planned.step.kind === "nothing";
  if (pending.by !== "daemon" || !isFulfilled) return planned;
  return plan({ kind: "check", wish, present, reasons: ["its replacement was begun"] }, true);
}

function isRefused(wish: Wish, memory: Remembered): boolean {
  const refused = memory.refused;
  return (
    refused !== undefined &&
    differingKeys(refused.fingerprint, wish.fingerprint).length === 0 &&
    wish.modifiedNanos <= refused.modifiedNanos
  );
}

/** Of several containers of one name: the successor that our daemon has put in place, the remembered one, else one that runs, else the oldest. */
function presentOf(
  wish: Wish,
  containers: readonly Container[],
  memory: Remembered | undefined,
): Container | undefined {
  const named = containers.filter((container) => container.name === wish.name);
  const pending = memory?.pending;
  const rank = (container: Container) => {
    const isMade = pending?.madeOld !== undefined && container.id === pending.oldId;
    if (pending?.by === "daemon" && (isMade || isOnItsWay(container, pending))) return 0;
    if (container.id === memory?.containerId) return 1;
    return container.state.status === "Running" ? 2 : 3;
  };
  return [...named].sort((a, b) => rank(a) - rank(b) || (a.created < b.created ? -1 : 1))[0];
}

function isRenamed(wish: Wish, holder: Container, remembered: ReadonlyMap<string, Remembered>): boolean {
  const former = remembered.get(holder.name);
  return former !== undefined && former.containerId === holder.id && former.source === wish.source;
}

function idTaken(wish: Wish, owner: string): string {
  return `container_id "${wish.desired.id}" belongs to the container "${owner}" already`;
}

/** Whether it is the successor of a cut-off replacement, and no container that somebody else has made. */
function isOnItsWay(container: Container, pending: PendingReplacement): boolean {
  return container.id !== pending.oldId && hasImageOf(container, pending);
}

function leftovers(
  wish: Wish,
  containers: readonly Container[],
  memory: Remembered | undefined,
): readonly Destruction[] {
  const found: Destruction[] = [];
  const destroy = (present: Container, reason: string) =>
    found.push({ kind: "destroy", present, reasons: [reason] });
  const pending = memory?.pending;
  const trial = wish.desired.id === "" ? undefined : trialId(wish.desired.id);
  const hasOld = pending?.by === "us" && containers.some((container) => container.id === pending.oldId);
  for (const container of containers) {
    if (container.id === trial) {
      destroy(container, "left over from the trial of a replacement");
    } else if (memory?.leftovers?.includes(container.id) === true) {
      destroy(container, "was replaced");
    } else if (hasOld && container.name === wish.name && isOnItsWay(container, pending)) {
      destroy(container, "left over from a replacement that was cut off");
    }
  }
  return found;
}
