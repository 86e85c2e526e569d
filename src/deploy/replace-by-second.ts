/** Replacing with the peer's API when the successor has an id of its own: both exist for a moment (DESIGN §2). */

import { describeError } from "../errors/error.ts";
import type { Container } from "../model/container.ts";
import { classify, type FailurePhase, StepFailure } from "./failure.ts";
import type { Replaced, Replacement, Work } from "./replace.ts";
import { createSuccessor, probation, removeOrLeave, startSuccessor, stopOld } from "./replace-steps.ts";

/** Create new, stop old, start new, watch it, remove old; on failure start old again, remove new. */
export async function replaceBySecond(replacement: Replacement, work: Work): Promise<Replaced> {
  const { old } = replacement;
  replacement.begin("us");
  const successor = await createSuccessor(replacement.desired, work);
  try {
    work.interrupt.throwIfAborted();
    await stopOld(old, work);
  } catch (thrown) {
    await goBack("prepare", thrown, replacement, successor, work);
  }
  try {
    await startSuccessor(successor.id, work);
  } catch (thrown) {
    await goBack("exchange", thrown, replacement, successor, work);
  }
  const verdict = await probation(successor, work);
  if (verdict.kind === "failed") {
    const reason = new Error(`the new container did not stay up: ${verdict.reason}`);
    await goBack("probation", reason, replacement, successor, work);
  }
  work.say("removing");
  return { container: successor, leftovers: await removeOrLeave(old.id, work) };
}

/** The successor frees ports and devices first, then the old one starts again if it ran. Always throws the failure. */
async function goBack(
  phase: FailurePhase,
  thrown: unknown,
  { old, wasRunning }: Replacement,
  successor: Container,
  work: Work,
): Promise<never> {
  work.abort.throwIfAborted();
  const leftovers = await removeOrLeave(successor.id, work);
  try {
    const now = (await work.containers.list(work.abort)).find((container) => container.id === old.id);
    if (wasRunning && now?.state.status !== "Running" && now?.state.status !== "Paused") {
      await work.containers.start(old.id, work.abort);
    }
  } catch (cause) {
    const message = `${describeError(thrown)}; the old container did not start again: ${describeError(cause)}`;
    throw new StepFailure(phase, new Error(message, { cause }), {
      retry: "soon",
      isOldBack: false,
      isRefused: phase !== "prepare" && classify(phase, thrown) === "never",
      leftovers,
    });
  }
  if (work.interrupt.aborted && thrown === work.interrupt.reason) throw thrown;
  throw new StepFailure(phase, thrown, { leftovers });
}
