/** The single acts of which a replacement with the peer's API consists, each with what it says and what it forgives. */

import { isTransient } from "../errors/edges.ts";
import { describeError, hasCode, isKind, SupercargoError } from "../errors/error.ts";
import type { Container, DesiredContainer } from "../model/container.ts";
import { isActive } from "../model/state.ts";
import { StepFailure } from "./failure.ts";
import { type Glance, judge, type Verdict, watchProbation } from "./probation.ts";
import type { Work } from "./replace.ts";

/** Pause between two looks at a successor on probation. */
const LOOK_EVERY_MS = 250;
/** A forced stop, so that a container which ignores the signal does not hold up its successor. */
export function forcedStop(work: Work) {
  return { ...work.stop, force: true };
}

/** Finds one container now. */
export async function find(id: string, work: Work): Promise<Container | undefined> {
  return (await work.containers.list(work.abort)).find((container) => container.id === id);
}

/** Creates the successor; nothing has been taken away yet, so an interrupt ends it. */
export async function createSuccessor(desired: DesiredContainer, work: Work): Promise<Container> {
  work.say("creating");
  const signal = AbortSignal.any([work.interrupt, work.abort]);
  let created: Container;
  try {
    created = await work.containers.create(desired, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    // Without an answer nobody knows whether it was created: the notes stay, and the next look sees to it.
    const isAnswered = !hasCode(thrown, "SC_DAEMON_UNAVAILABLE", "SC_TIMEOUT", "SC_CANCELLED");
    throw new StepFailure("prepare", thrown, { isOldBack: isAnswered });
  }
  work.say("created");
  return created;
}

/** Stops a container that may have ended by itself meanwhile. A stop that fails while it still runs throws. */
export async function stopOld(old: Container, work: Work): Promise<void> {
  if (!isActive(old.state.status)) return;
  work.say("stopping");
  try {
    await work.containers.stop(old.id, forcedStop(work), work.abort);
  } catch (thrown) {
    // The peer answers so for a task that has ended unseen (spec/kad.md §6.6): only what is true now counts.
    const now = await find(old.id, work);
    if (now !== undefined && isActive(now.state.status)) throw thrown;
  }
}

/** Removes a container with force; one that is gone already is fine. */
export async function removeForced(id: string, work: Work): Promise<void> {
  try {
    await work.containers.remove(id, true, forcedStop(work), work.abort);
  } catch (thrown) {
    if (isKind(thrown, "not-found")) return;
    if ((await find(id, work)) !== undefined) throw thrown;
  }
}

/** Like removeForced, and answers the ids that could not be removed instead of throwing: they are tried again later. */
export async function removeOrLeave(id: string, work: Work): Promise<readonly string[]> {
  try {
    await removeForced(id, work);
    return [];
  } catch (thrown) {
    work.warn(`could not remove the container ${id}, trying again later: ${describeError(thrown)}`);
    return [id];
  }
}

/** Starts a successor. */
export async function startSuccessor(id: string, work: Work): Promise<void> {
  work.say("starting");
  await work.containers.start(id, work.abort);
}

/** Watches a started successor for the probation time. The verdict `failed` is returned, not thrown. */
export async function probation(started: Container, work: Work): Promise<Verdict> {
  const look = async (): Promise<Glance> => {
    try {
      return { container: await find(started.id, work) };
    } catch (thrown) {
      // A daemon that is away for a moment says nothing about the container; the watch goes on until its time is over.
      if (thrown instanceof SupercargoError && isTransient(thrown.kind)) return "unknown";
      throw thrown;
    }
  };
  const first = await look();
  const restartsBefore = started.restartCount;
  if (first !== "unknown") {
    const verdict = judge(restartsBefore, first.container);
    if (verdict.kind === "failed") return verdict;
  }
  work.say("started");
  if (first !== "unknown" && judge(restartsBefore, first.container).kind === "ended") {
    return { kind: "ended", exitedWithZero: true };
  }
  return watchProbation(look, {
    clock: work.clock,
    probationMs: work.probationMs,
    everyMs: LOOK_EVERY_MS,
    restartsBefore,
    signal: AbortSignal.any([work.interrupt, work.abort]),
  });
}
