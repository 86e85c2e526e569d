/**
 * Replacing with the peer's API when the manifest fixes the id: two containers cannot share it, so the old one has to go
 * first. A throw-away container proves image, space and configuration before; on failure the old one is made anew.
 */

import { describeError } from "../errors/error.ts";
import type { Container, DesiredContainer } from "../model/container.ts";
import { toWish } from "../model/defaults.ts";
import { classify, type FailurePhase, StepFailure } from "./failure.ts";
import type { Replaced, Replacement, Work } from "./replace.ts";
import { createSuccessor, probation, removeForced, startSuccessor, stopOld } from "./replace-steps.ts";
import { trialOf } from "./trial.ts";

/** Trial, stop, remove, create, start, watch. */
export async function replaceByItsId(replacement: Replacement, work: Work): Promise<Replaced> {
  const { old, wasRunning, desired } = replacement;
  await tryOut(desired, work);
  work.interrupt.throwIfAborted();
  const saved = toWish(old);
  replacement.begin("us", saved);
  try {
    await stopOld(old, work);
    work.say("removing");
    await removeForced(old.id, work);
  } catch (thrown) {
    await startAgain(replacement, thrown, work);
  }
  return putInPlace(desired, { saved, wasRunning }, work);
}

export interface SavedContainer {
  readonly saved: DesiredContainer;
  readonly wasRunning: boolean;
}

/**
 * The second half: the old one is gone, only what was saved of it is left. Also the way on for a deployer that finds
 * this state. From here on an interrupt waits until something runs.
 */
export async function putInPlace(
  desired: DesiredContainer,
  before: SavedContainer,
  work: Work,
): Promise<Replaced> {
  const pressing: Work = { ...work, interrupt: work.abort };
  let successor: Container;
  try {
    successor = await createSuccessor(desired, pressing);
    await startSuccessor(successor.id, pressing);
  } catch (thrown) {
    return restoreAfter("exchange", thrown, before, work);
  }
  const verdict = await probation(successor, work);
  if (verdict.kind === "failed") {
    const reason = new Error(`the new container did not stay up: ${verdict.reason}`);
    return restoreAfter("probation", reason, before, work);
  }
  return { container: successor, leftovers: [] };
}

/** Makes the saved container again, started if it ran. Throws what the daemon says. */
export async function restoreSaved(before: SavedContainer, work: Work): Promise<Container> {
  await removeForced(before.saved.id, work);
  const restored = await work.containers.create(before.saved, work.abort);
  if (before.wasRunning) await work.containers.start(restored.id, work.abort);
  work.warn(
    "the old container was made anew from its settings; what it had written into its own layer is lost",
  );
  return restored;
}

async function tryOut(desired: DesiredContainer, work: Work): Promise<void> {
  const trial = trialOf(desired);
  const signal = AbortSignal.any([work.interrupt, work.abort]);
  try {
    await work.containers.create(trial, signal);
    await removeForced(trial.id, work);
  } catch (thrown) {
    signal.throwIfAborted();
    throw new StepFailure("prepare", thrown);
  }
}

/** The old one is stopped and could not be removed. Always throws. */
async function startAgain({ old, wasRunning }: Replacement, thrown: unknown, work: Work): Promise<void> {
  work.abort.throwIfAborted();
  try {
    if (wasRunning) await work.containers.start(old.id, work.abort);
  } catch (cause) {
    const message = `${describeError(thrown)}; the old container did not start again: ${describeError(cause)}`;
    throw new StepFailure("prepare", new Error(message, { cause }), { retry: "soon", isOldBack: false });
  }
  throw new StepFailure("prepare", thrown);
}

/** Brings the saved container back because its successor failed. Always throws: the failure, or that this failed too. */
export async function restoreAfter(
  phase: FailurePhase,
  thrown: unknown,
  before: SavedContainer,
  work: Work,
): Promise<never> {
  work.abort.throwIfAborted();
  try {
    await restoreSaved(before, work);
  } catch (cause) {
    const message = `${describeError(thrown)}; the old container could not be made again: ${describeError(cause)}`;
    throw new StepFailure(phase, new Error(message, { cause }), {
      retry: "soon",
      isOldBack: false,
      isRefused: classify(phase, thrown) === "never",
    });
  }
  throw new StepFailure(phase, thrown);
}
