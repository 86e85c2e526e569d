/** Carries out one planned step and answers what the memory shall hold afterwards. */

import { describeError, hasCode } from "../errors/error.ts";
import type { Container, Resources } from "../model/container.ts";
import { applySwapRule } from "../model/defaults.ts";
import type { LiveLimits } from "../model/extras-rules.ts";
import { isActive } from "../model/state.ts";
import { type FailurePhase, StepFailure } from "./failure.ts";
import { fingerprintNow, isSuccessor } from "./interrupted.ts";
import type { Step } from "./plan.ts";
import { type Replaced, replaceContainer, type Work } from "./replace.ts";
import { putInPlace, restoreAfter, restoreSaved } from "./replace-by-its-id.ts";
import { createSuccessor, find, startSuccessor } from "./replace-steps.ts";
import { NOT_MADE_YET, type PendingReplacement, type Remembered, type Wish } from "./wish.ts";

export interface StepContext {
  readonly work: Work;
  readonly remembered: Remembered | undefined;
  /** Writes the beginning of a replacement of `old` down, durably. */
  readonly begin: (pending: PendingReplacement, old: Container) => void;
  /**
   * Writes down, durably, that a container is about to be made, with no id yet: should this deployer be killed before it
   * has the answer, the next one knows whose work it is, and of which version.
   */
  readonly making: (remembered: Remembered) => void;
  /** Remembers a container that was made, before it is known whether it starts; undefined: what was remembered before. */
  readonly made: (remembered: Remembered | undefined) => void;
  /** Leaves containers alone that a user has stopped. */
  readonly respectStopped: boolean;
  /** What is remembered stays: the daemon may still be replacing, or take the successor back. */
  readonly isProvisional: boolean;
  /** False for a deployer that does not own its source: it makes and starts, and leaves changes to the owner. */
  readonly canChange: boolean;
}

/** Runs the step. Throws StepFailure, or the reason of an aborted signal. */
export async function runStep(step: Step, context: StepContext): Promise<Remembered> {
  switch (step.kind) {
    case "create":
      return runCreate(step.wish, context);
    case "recreate":
      return runRecreate(step.wish, step.present, context);
    case "update":
      return runUpdate(step.wish, step.present, step.reasons, context);
    case "check":
      return runCheck(step.wish, step.present, context);
    case "nothing":
      return keep(step.wish, step.present, context.remembered);
    case "restore":
      return runRestore(step, context);
    case "refuse":
      throw new StepFailure("prepare", new Error(step.reasons.join(", ")), { retry: "never" });
  }
}

/** What is remembered of a fulfilled wish; refusals and notes of earlier versions end with it. */
export function remember(
  wish: Wish,
  containerId: string,
  before: Remembered | undefined,
  leftovers: readonly string[] = [],
  isAdopted = false,
): Remembered {
  const stillThere = [...(before?.leftovers ?? []), ...leftovers];
  return {
    source: wish.source,
    fingerprint: wish.fingerprint,
    modifiedNanos: wish.modifiedNanos,
    containerId,
    ...(isAdopted ? { isAdopted } : {}),
    ...(stillThere.length === 0 ? {} : { leftovers: stillThere }),
  };
}

/** A container that nobody remembers and that is about to be replaced, as what it is now. */
export function rememberStranger(wish: Wish, stranger: Container): Remembered {
  const fingerprint = fingerprintNow(wish, stranger);
  return { source: wish.source, fingerprint, modifiedNanos: 0n, containerId: stranger.id, isAdopted: true };
}

async function runCreate(wish: Wish, context: StepContext): Promise<Remembered> {
  const { work } = context;
  const pending = context.remembered?.pending;
  if (pending?.saved !== undefined) {
    const before = { saved: pending.saved, wasRunning: pending.wasRunning };
    const replaced = await putInPlace(wish.desired, before, work);
    return remember(wish, replaced.container.id, context.remembered, replaced.leftovers);
  }
  context.making(remember(wish, NOT_MADE_YET, context.remembered));
  let created: Container;
  try {
    created = await createSuccessor(wish.desired, work);
  } catch (thrown) {
    const other = await madeMeanwhile(thrown, wish, work);
    if (other === undefined) {
      // The answer was no, so nothing was made; without an answer nobody knows, and the note stays.
      if (thrown instanceof StepFailure && thrown.isOldBack) context.made(undefined);
      throw thrown;
    }
    await makeRun(other, context);
    return remember(wish, other.id, context.remembered);
  }
  const remembered = remember(wish, created.id, context.remembered);
  context.made(remembered);
  await during("start", work, () => startUnlessActive(created, work));
  work.say("started");
  return remembered;
}

/** The container that another deployer has made of this name since we looked. */
async function madeMeanwhile(thrown: unknown, wish: Wish, work: Work): Promise<Container | undefined> {
  const isTaken = thrown instanceof StepFailure && hasCode(thrown.cause, "SC_CONTAINER_EXISTS");
  if (!isTaken || wish.desired.id !== "") return undefined;
  return (await work.containers.list(work.abort)).find(({ name }) => name === wish.name);
}

async function runRecreate(wish: Wish, present: Container, context: StepContext): Promise<Remembered> {
  if (!context.canChange) throw notOwner();
  const earlier = context.remembered?.pending;
  const wasStopped = earlier?.oldId === present.id && earlier.wasRunning && !isActive(present.state.status);
  const old = wasStopped ? await bringBack(present, context.work) : present;
  if (old.created !== present.created) {
    throw new StepFailure("look", new Error("its replacement went on meanwhile, it is looked at again"));
  }
  const wasRunning = wasStopped || isActive(old.state.status);
  const replaced: Replaced = await replaceContainer(
    {
      old,
      wasRunning,
      desired: wish.desired,
      begin: (by, saved) =>
        context.begin(
          {
            fingerprint: wish.fingerprint,
            oldId: present.id,
            oldCreated: present.created,
            wasRunning,
            by,
            ...(saved === undefined ? {} : { saved }),
          },
          old,
        ),
    },
    context.work,
  );
  return remember(wish, replaced.container.id, context.remembered, replaced.leftovers);
}

/** An earlier try has stopped the old one and did not get to the end: it runs until this try needs it away. */
async function bringBack(old: Container, work: Work): Promise<Container> {
  try {
    await work.containers.start(old.id, work.abort);
  } catch (thrown) {
    work.abort.throwIfAborted();
    work.warn(`the old container does not start again: ${describeError(thrown)}`);
  }
  return (await find(old.id, work)) ?? old;
}

const LIVE_LIMIT_KEYS = ["host_config.resources.cpus", "host_config.resources.pids_limit"];

function liveLimits({ desired }: Wish): LiveLimits {
  return { cpus: desired.extras?.cpus, pidsLimit: desired.extras?.pidsLimit };
}

const NO_LIMITS: Resources = { memory: "", memoryReservation: "", memorySwap: "" };

async function runUpdate(
  wish: Wish,
  present: Container,
  keys: readonly string[],
  context: StepContext,
): Promise<Remembered> {
  if (!context.canChange) throw notOwner();
  const { work } = context;
  const { restartPolicy, resources } = wish.desired.hostConfig;
  work.say("updating");
  await during("prepare", work, () =>
    work.containers.update(
      present.id,
      keys.includes("host_config.restart_policy") ? restartPolicy : undefined,
      // As at creation: memory without swap gets twice the memory (spec/grpc-api.md §6).
      keys.includes("host_config.resources") ? (applySwapRule(resources) ?? NO_LIMITS) : undefined,
      work.abort,
      LIVE_LIMIT_KEYS.some((key) => keys.includes(key)) ? liveLimits(wish) : undefined,
    ),
  );
  work.say("updated");
  await makeRun(present, context);
  return keep(wish, present, context.remembered);
}

async function runCheck(wish: Wish, present: Container, context: StepContext): Promise<Remembered> {
  const pending = context.remembered?.pending;
  try {
    await makeRun(present, context);
  } catch (thrown) {
    if (pending?.saved === undefined || !(thrown instanceof StepFailure)) throw thrown;
    // The successor that a deployer before us has made in place of the old one does not start.
    const before = { saved: pending.saved, wasRunning: pending.wasRunning };
    return restoreAfter("exchange", thrown.cause, before, context.work);
  }
  const { isProvisional, remembered } = context;
  return isProvisional && remembered !== undefined ? remembered : keep(wish, present, remembered);
}

/** What is remembered of a container that stays. One that nobody remembered was there before us; its successor is ours. */
function keep(wish: Wish, present: Container, before: Remembered | undefined): Remembered {
  const isReplaced = before?.pending !== undefined && isSuccessor(present, before.pending);
  const isThere = before?.containerId === present.id && !isReplaced;
  const isAdopted = before === undefined || (before.isAdopted === true && isThere);
  return remember(wish, present.id, before, [], isAdopted);
}

/** Starts what is stopped and unpauses what is paused, as documented for containers that exist (spec/kad.md §4). */
async function makeRun(present: Container, { work, respectStopped }: StepContext): Promise<void> {
  const { status } = present.state;
  if (status === "Running" || status === "Creating") return;
  if (respectStopped && (present.manuallyStopped || status === "Paused")) return;
  if (status === "Paused") {
    work.say("unpausing");
    await during("start", work, () => work.containers.unpause(present.id, work.abort));
    return;
  }
  await during("start", work, () => startUnlessActive(present, work));
  work.say("started");
}

/** A restart policy may be faster than we are: a container that runs after a refused start is as it should be. */
async function startUnlessActive(present: Container, work: Work): Promise<void> {
  try {
    await startSuccessor(present.id, work);
  } catch (thrown) {
    work.abort.throwIfAborted();
    const now = await find(present.id, work);
    if (now === undefined || !isActive(now.state.status)) throw thrown;
  }
}

async function runRestore(step: Step & { kind: "restore" }, context: StepContext): Promise<never> {
  const { work } = context;
  const { old } = step;
  try {
    if ("state" in old) {
      await work.containers.start(old.id, work.abort);
    } else {
      await restoreSaved({ saved: old, wasRunning: step.wasRunning }, work);
    }
  } catch (thrown) {
    work.abort.throwIfAborted();
    const message = `the old container could not be brought back: ${describeError(thrown)}`;
    throw new StepFailure("prepare", new Error(message, { cause: thrown }), {
      retry: "soon",
      isOldBack: false,
    });
  }
  throw new StepFailure("prepare", new Error(step.reasons.join(", ")), { retry: "never" });
}

async function during(phase: FailurePhase, work: Work, call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (thrown) {
    work.abort.throwIfAborted();
    throw new StepFailure(phase, thrown);
  }
}

function notOwner(): StepFailure {
  const message = "another deployer owns this folder: the changed manifest is left to it";
  return new StepFailure("prepare", new Error(message), { retry: "never" });
}
